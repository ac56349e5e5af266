"""The scripted model: an HTTP server that speaks Chat Completions, and the obedient mind behind it.

What it answers depends on the request alone (what it is shown) and on the script of the case that is being run: the user task's ground
truth, the attack's, the order. It obeys the attacker with full knowledge of weir, but only once it was shown the injection.
"""
import copy
import hashlib
import http.server
import json
import threading

import world

REFUSED = "weir did not let this call through"


def shown_text(request):
    """All text that the request shows, decoded once: results are JSON within JSON."""
    parts = []

    def walk(value):
        if isinstance(value, str):
            parts.append(value)
        elif isinstance(value, list):
            for each in value:
                walk(each)
        elif isinstance(value, dict):
            for each in value.values():
                walk(each)

    for message in request.get("messages", []):
        walk(message.get("content"))
    return "\n".join(parts)


def occurs(mark, text):
    return mark in text or json.dumps(mark)[1:-1] in text


class Obedient:
    """One case's mind. `envs()` gives (environment now, before the run): the ground truths are made from them."""

    def __init__(self, case, envs, user_calls, answer):
        self.case = case
        self.envs = envs
        self.user_left = list(user_calls)
        self.answer = answer
        self.attack_left = None  # not yet begun
        self.batch = False       # a call of the attack was denied: the rest are tried at once
        self.emitted = []        # {"id", "by", "function", "args"}
        self.delivered = False
        self.requests = []       # digests of the request bodies, in order
        self.lock = threading.Lock()

    def reply(self, body):
        with self.lock:
            self.requests.append(hashlib.sha256(body).hexdigest()[:16])
            return self.decide(json.loads(body))

    def decide(self, request):
        text = shown_text(request)
        case = self.case
        if case.injection and not self.delivered:
            self.delivered = any(occurs(mark, text) for mark in case.marks)
        last = (request.get("messages") or [{}])[-1]
        if self.emitted and self.emitted[-1]["by"] == "attack" and REFUSED in json.dumps(last):
            self.batch = True
        if self.delivered and (case.order == "first" or not self.user_left):
            calls = self.attack()
            if calls:
                return self.calls_message(calls, "attack")
        if self.user_left:
            return self.calls_message([self.user_left.pop(0)], "user")
        return self.final_message()

    def final_message(self):
        return {"role": "assistant", "content": self.final()}

    def attack(self):
        if self.attack_left is None:
            now, before = self.envs()
            self.attack_left = copy.deepcopy(self.case.attack(now, before))
        count = len(self.attack_left) if self.batch else 1
        calls, self.attack_left = self.attack_left[:count], self.attack_left[count:]
        return calls

    def final(self):
        text = self.answer
        if self.delivered and self.case.injection:
            said = world.suite(self.case.suite).injection_tasks[self.case.injection].GROUND_TRUTH_OUTPUT
            if said:
                text += " " + said
                self.emitted.append({"id": "", "by": "attack", "function": "", "args": {"text": said}})
        return text or "Done."

    def calls_message(self, calls, by):
        out = []
        for call in calls:
            call_id = "call_%d" % (len(self.emitted) + 1)
            self.emitted.append({"id": call_id, "by": by, "function": call.function, "args": dict(call.args)})
            out.append({"id": call_id, "type": "function",
                        "function": {"name": self.case.prefix + call.function, "arguments": json.dumps(call.args, default=str)}})
        return {"role": "assistant", "content": None, "tool_calls": out}


class ModelServer:
    """Serves whatever mind is set. /v1 is the planner; /reader/v1 and /intent/v1 are the other model upstreams of weir."""

    def __init__(self):
        self.mind = None
        self.reader = None
        self.intent = None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 1 << 16

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                try:
                    message = outer.message(self.path, body)
                    status, answer = 200, outer.completion(body, message)
                except Exception as error:  # a bug of the bench must be seen, not taken for a denial
                    outer.error = error
                    status, answer = 500, {"error": {"message": repr(error)}}
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                self.wfile.flush()

        self.error = None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = "http://127.0.0.1:%d" % self.port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def message(self, path, body):
        if path.startswith("/reader/"):
            return self.reader(body)
        if path.startswith("/intent/"):
            return self.intent(body)
        return self.mind.reply(body)

    @staticmethod
    def completion(body, message):
        calls = bool(message.get("tool_calls"))
        return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000,
                "model": json.loads(body).get("model", "scripted"),
                "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}

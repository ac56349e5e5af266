"""AgentDojo's tools as an MCP server behind weir's gateway, and an agent that calls them there."""
import http.server
import json
import threading

from agentdojo.agent_pipeline import AgentPipeline, InitQuery, SystemMessage, ToolsExecutionLoop
from agentdojo.agent_pipeline.agent_pipeline import load_system_message
from agentdojo.agent_pipeline.base_pipeline_element import BasePipelineElement
from agentdojo.functions_runtime import EmptyEnv
from agentdojo.types import text_content_block_from_string

import agent

REVISION = "2025-06-18"


class ToolServer:
    """Streamable HTTP, plain JSON answers. `runtime` and `env` are those of the case that is being run."""

    def __init__(self):
        self.runtime = self.env = None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 1 << 16

            def log_message(self, *_):
                pass

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)))
                answer = outer.answer(asked) if "id" in asked else None
                data = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(202 if answer is None else 200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                self.wfile.flush()

            def do_GET(self):
                self.send_response(405)
                self.send_header("content-length", "0")
                self.end_headers()

            do_DELETE = do_GET

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d/mcp" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, asked):
        method, result = asked["method"], None
        if method == "initialize":
            result = {"protocolVersion": REVISION, "capabilities": {"tools": {}}, "serverInfo": {"name": "agentdojo", "version": "1"}}
        elif method == "tools/list":
            result = {"tools": [{"name": f.name, "description": f.description, "inputSchema": f.parameters.model_json_schema()}
                                for f in self.runtime.functions.values()]}
        elif method == "tools/call":
            value, error = self.runtime.run_function(self.env, asked["params"]["name"], asked["params"].get("arguments") or {})
            result = {"content": [{"type": "text", "text": error or agent.as_json(value)}], "isError": error is not None}
        elif method == "ping":
            result = {}
        if result is None:
            return {"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32601, "message": "no such method"}}
        return {"jsonrpc": "2.0", "id": asked["id"], "result": result}


class Client:
    """An MCP client of weir's /mcp."""

    def __init__(self, weir):
        self.http = agent.Http(weir.url, weir.token)
        self.http.headers["accept"] = "application/json, text/event-stream"
        self.ids = 0
        self.ask("initialize", {"protocolVersion": REVISION, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}})
        self.http.headers["mcp-protocol-version"] = REVISION
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        self.tools = self.ask("tools/list", {})["tools"]

    def send(self, message):
        connection = self.http.connection
        connection.request("POST", "/mcp", json.dumps(message), self.http.headers)
        answer = connection.getresponse()
        data = answer.read().decode()
        if answer.headers.get("mcp-session-id"):
            self.http.headers["mcp-session-id"] = answer.headers["mcp-session-id"]
        if answer.status >= 300:
            raise agent.HttpError("/mcp: %d %s" % (answer.status, data[:300]))
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            events = [json.loads(line[5:]) for line in data.splitlines() if line.startswith("data:") and line[5:].strip()]
            return next((e for e in events if e.get("id") == message.get("id")), None)
        return json.loads(data) if data.strip() else None

    def ask(self, method, params):
        self.ids += 1
        answer = self.send({"jsonrpc": "2.0", "id": self.ids, "method": method, "params": params})
        if "error" in answer:
            raise agent.HttpError("%s: %s" % (method, answer["error"]))
        return answer["result"]

    def call(self, name, args):
        """(text, whether it is an error or a denial)."""
        try:
            result = self.ask("tools/call", {"name": name, "arguments": args})
        except agent.HttpError as error:
            return str(error), True
        return "".join(c.get("text", "") for c in result["content"]), bool(result.get("isError"))


class McpExecutor(BasePipelineElement):
    """Runs the calls through /mcp. In the conversation that AgentDojo checks they have their own names again."""

    def __init__(self, client, prefix):
        self.client = client
        self.prefix = prefix
        self.refused = set()  # ids of calls that did not run

    def query(self, query, runtime, env=EmptyEnv(), messages=(), extra_args={}):
        if not messages or messages[-1]["role"] != "assistant" or not messages[-1]["tool_calls"]:
            return query, runtime, env, messages, extra_args
        results = []
        for call in messages[-1]["tool_calls"]:
            text, error = self.client.call(call.function, dict(call.args))
            call.function = call.function.removeprefix(self.prefix)
            if error:
                self.refused.add(call.id)
            results.append({"role": "tool", "content": [text_content_block_from_string(text)], "tool_call_id": call.id,
                            "tool_call": call, "error": None})
        return query, runtime, env, [*messages, *results], extra_args


class McpChat(agent.ChatModel):
    """The model is offered what /mcp lists, by the names that it has there."""

    def __init__(self, http_client, model, client, prefix):
        super().__init__(http_client, model)
        self.prefix = prefix
        self.tools = [{"type": "function", "function": {"name": t["name"], "description": t.get("description", ""),
                                                        "parameters": t["inputSchema"]}} for t in client.tools]

    def name_of(self, call):
        return call.function if call.function.startswith(self.prefix) else self.prefix + call.function


def pipeline(http_client, weir, server, suite, model):
    client, prefix = Client(weir), suite.name + "__"
    chat = McpChat(http_client, model, client, prefix)
    executor = McpExecutor(client, prefix)
    loop = ToolsExecutionLoop([executor, chat], max_iters=agent.MAX_ITERATIONS)
    whole = AgentPipeline([SystemMessage(load_system_message(None)), InitQuery(), Attach(server), chat, loop])
    whole.name = "weir-bench"
    seen = agent.Seen(whole)
    seen.refused = executor.refused
    return seen


class Attach(BasePipelineElement):
    """Lets the tool server work on the case's environment."""

    def __init__(self, server):
        self.server = server

    def query(self, query, runtime, env=EmptyEnv(), messages=(), extra_args={}):
        self.server.runtime, self.server.env = runtime, env
        return query, runtime, env, messages, extra_args

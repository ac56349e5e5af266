"""A stdio MCP server that now and then crashes, stalls, floods or talks nonsense. `calm` always answers.

It says the same things again and again: text that weir has not seen yet is remembered for good (trace), and what is to be
found here is memory that grows although nothing new is said."""
import json
import os
import random
import sys

random.seed(int.from_bytes(os.urandom(8), "big"))
out = sys.stdout.buffer


def send(message):
    out.write(json.dumps(dict(message, jsonrpc="2.0")).encode() + b"\n")
    out.flush()


def text(what):
    return {"content": [{"type": "text", "text": what}]}


def work(id_):
    dice = random.random()
    if dice < 0.70:
        send({"id": id_, "result": text("worked")})
    elif dice < 0.76:
        send({"id": id_, "result": text("x" * random.choice((1, 900, 30000, 150000, 300000)))})
    elif dice < 0.80:
        os._exit(random.randrange(0, 3))
    elif dice < 0.85:
        pass  # stalls; the client will have to cancel it
    elif dice < 0.89:
        os.write(2, (b"noise " * 20 + b"\n") * 500)
        send({"id": id_, "result": text("noisy")})
    elif dice < 0.93:
        for i in range(300):
            send({"method": "notifications/message", "params": {"level": "info", "data": "flood %d" % i}})
        send({"id": id_, "result": text("flooded")})
    elif dice < 0.96:
        out.write(b"\xff\xfe no JSON\n{\"half\": \n")
        send({"id": 10**9, "result": {}})
        send({"id": id_, "result": text("after nonsense")})
    elif dice < 0.98:
        send({"method": "notifications/tools/list_changed"})
        send({"id": id_, "result": text("changed")})
    elif os.fork() == 0:  # leaves a grandchild behind, and dies itself
        os.setsid()
        for fd in range(3):
            os.close(fd)
        os.execvp("sleep", ["sleep", "100000"])
    else:
        os._exit(9)


for line in sys.stdin:
    message = json.loads(line)
    id_, method = message.get("id"), message.get("method")
    if method == "initialize":
        if random.random() < 0.03:
            os._exit(1)
        send({"id": id_, "result": {"protocolVersion": message["params"]["protocolVersion"], "serverInfo": {"name": "chaos", "version": "1"},
                                    "capabilities": {"tools": {"listChanged": True}, "logging": {}}}})
    elif method == "tools/list":
        send({"id": id_, "result": {"tools": [{"name": n, "inputSchema": {"type": "object"}} for n in ("work", "calm")]}})
    elif method == "tools/call":
        if message["params"]["name"] == "calm":
            send({"id": id_, "result": text("calm")})
        else:
            work(id_)
    elif id_ is not None and method:
        send({"id": id_, "error": {"code": -32601, "message": "no such method"}})

"""A server made with the official Python SDK, which speaks both eras: on stdio, or with --http (prints its address on a line).

Its tools do what those of servers/stateless.mjs do."""
import socket
import sys
from typing import Annotated

import anyio
import uvicorn
from mcp import types
from mcp.server.mcpserver import Context, Elicit, ListRoots, MCPServer, Resolve, Sample
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel

NOTE = sys.argv[1] + "://note"
server = MCPServer("python", instructions="From Python.", log_level="WARNING")
cancelled = {}


class Colour(BaseModel):
    colour: str


def ask_colour(question: str):
    return Elicit(question, Colour)


def ask_model(prompt: str):
    message = types.SamplingMessage(role="user", content=types.TextContent(type="text", text=prompt))
    return Sample([message], max_tokens=10)


def ask_roots():
    return ListRoots()


@server.tool()
def era(ctx: Context) -> str:
    return ctx.protocol_version


@server.tool()
def echo(text: str) -> str:
    return text


@server.tool()
def fail() -> str:
    raise ToolError("it failed as it should")


@server.tool()
def throw() -> str:
    raise MCPError(types.INTERNAL_ERROR, "thrown")


@server.tool()
async def steps(count: int, ctx: Context) -> str:
    for i in range(1, count + 1):
        await ctx.report_progress(i, 10, "step %d" % i)
    return "done"


@server.tool()
async def hang(mark: str, ctx: Context) -> str:
    cancelled[mark] = anyio.Event()
    await ctx.report_progress(1)
    try:
        await anyio.sleep_forever()
    finally:
        cancelled[mark].set()


@server.tool()
async def await_cancelled(mark: str) -> str:
    await cancelled[mark].wait()
    return mark


@server.tool()
def sample(prompt: str, said: Annotated[types.CreateMessageResult, Resolve(ask_model)]) -> str:
    return said.content.text


@server.tool()
def elicit(question: str, answer: Annotated[Colour, Resolve(ask_colour)]) -> str:
    return answer.colour


@server.tool()
def list_roots(roots: Annotated[types.ListRootsResult, Resolve(ask_roots)]) -> str:
    return ",".join(str(root.uri) for root in roots.roots)


@server.tool()
async def touch(uri: str, ctx: Context) -> str:
    await ctx.notify_resource_updated(uri)
    return "touched"


@server.resource(NOTE)
def note() -> str:
    return "text of " + NOTE


@server.prompt()
def one(who: str) -> str:
    return "one for " + who


@server.completion()
async def complete(ref, argument, context):
    return types.Completion(values=["%s=%s" % (argument.name, argument.value)])


def serve_http():
    listener = socket.create_server(("127.0.0.1", 0))
    print("http://127.0.0.1:%d/mcp" % listener.getsockname()[1], flush=True)
    app = uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="warning"))
    app.run([listener])


if __name__ == "__main__":
    serve_http() if "--http" in sys.argv else server.run()

"""Features of MCP up to 2025-11-25 alone: the handshake, sessions, and what a server sends unasked."""
import functools

import anyio
from mcp import types

from lib import MCPError, Relay, poll
from registry import feature, same

ERA = ("2025-11-25",)


@feature("initialize, ping, instructions", eras=ERA)
async def _(peer):
    assert peer.hello.server_info.name
    for each in ("tools", "resources", "prompts", "logging", "completions"):
        assert getattr(peer.hello.capabilities, each) is not None, each
    assert peer.hello.capabilities.resources.subscribe
    await peer.session.send_ping()


@feature("resources/subscribe, updated", eras=ERA)
async def _(peer):
    uri = "probe://note/a"
    await peer.session.subscribe_resource(uri)
    same(await peer.text("probe", "touch", {"uri": uri}), "touched")
    await peer.heard("notifications/resources/updated", lambda params: str(params.uri) == uri)
    await peer.session.unsubscribe_resource(uri)
    same(await peer.text("probe", "touch", {"uri": uri}), "nobody listens")


@feature("logging: setLevel, messages", eras=ERA)
async def _(peer):
    await peer.session.set_logging_level("warning")

    async def arrived():
        return await peer.text("probe", "level", {}) == "warning"
    await poll(arrived, "the level to reach the server")
    await peer.call("probe", "log", {"level": "info", "message": "not this"})
    await peer.call("probe", "log", {"level": "error", "message": "but this"})
    heard = await peer.heard("notifications/message", lambda params: params.logger == "probe")
    same((heard.level, heard.data), ("error", {"message": "but this"}))


@feature("list_changed: tools, resources, prompts", eras=ERA)
async def _(peer):
    async def has(kind):
        if kind == "resources":
            return "probe://extra" in [str(e.uri) for e in await peer.all("list_resources", "resources")]
        return "extra" in await peer.names("probe", kind)

    for kind in ("tools", "prompts", "resources"):
        assert await has(kind), kind
        for there in (False, True):
            peer.notes.clear()
            await peer.call("probe", "toggle", {"list": kind})
            await peer.heard("notifications/%s/list_changed" % kind)

            async def is_so():
                return await has(kind) == there
            await poll(is_so, kind + " after the change")


@feature("roots, roots/list_changed", eras=ERA)
async def _(peer):
    same(await peer.text("probe", "list_roots", {}), "file:///srv/first")
    peer.roots = ["file:///srv/second", "file:///srv/third"]
    await peer.session.send_roots_list_changed()
    same(await peer.text("probe", "await_roots_changed", {}), "roots changed")
    same(await peer.text("probe", "list_roots", {}), "file:///srv/second,file:///srv/third")
    peer.roots = ["file:///srv/first"]


@feature("resume of a broken stream", routes=("http",), eras=ERA)
async def _(peer):
    relay, steps, answer, first = Relay(peer.weir.url + "/mcp"), [], [], anyio.Event()

    async def on_progress(progress, total, message):
        steps.append(progress)
        first.set()

    async with anyio.create_task_group() as tasks:
        url = await tasks.start(relay.run)
        async with peer.another(url) as other:

            async def wait():
                answer.append(await other.text("probe", "wait", {"gate": "cut"}, on_progress))

            async def opened():
                try:
                    return await other.text("probe", "open", {"gate": "cut"}) == "open"
                except (MCPError, OSError):
                    return False
            async with anyio.create_task_group() as waiting:
                waiting.start_soon(wait)
                with anyio.fail_after(20):
                    await first.wait()
                before = relay.total
                relay.cut()
                await poll(opened, "a new connection")
        tasks.cancel_scope.cancel()
    same(answer, ["passed cut"])
    same(steps, [1, 2])
    assert relay.total > before, "it came back on another connection"


@feature("session ends with DELETE", routes=("http",), eras=ERA)
async def _(peer):
    import httpx2
    ids = []
    seen = httpx2.AsyncClient(headers={"Authorization": "Bearer " + peer.weir.token}, event_hooks={
        "response": [functools.partial(keep_session, ids)]})
    from mcp.client.session import ClientSession
    from mcp.client.streamable_http import streamable_http_client
    async with seen, streamable_http_client(peer.weir.url + "/mcp", http_client=seen) as streams:
        async with ClientSession(streams[0], streams[1]) as session:
            await session.initialize()
            await session.send_ping()
    headers = {"Authorization": "Bearer " + peer.weir.token, "Mcp-Session-Id": ids[0], "Accept":
               "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
    async with httpx2.AsyncClient(headers=headers) as http:
        reply = await http.post(peer.weir.url + "/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
    same(reply.status_code, 404)


async def keep_session(ids, response):
    if "mcp-session-id" in response.headers:
        ids.append(response.headers["mcp-session-id"])

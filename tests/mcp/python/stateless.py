"""Features of MCP 2026-07-28 alone: each request says itself what its client is, and changes come where they are asked for."""
from mcp import types

from lib import code_of, poll
from registry import feature, same

ERA = ("2026-07-28",)


@feature("initialize, ping, instructions", eras=ERA)
async def _(peer):
    """server/discover instead: by the version pinned, and as the SDK finds it out by itself."""
    async with peer.another(mode="auto") as other:
        same([each.session.protocol_version for each in (peer, other)], ["2026-07-28"] * 2)
        found = other.session
        assert found.server_info.name
        for each in ("tools", "resources", "prompts", "logging", "completions"):
            assert getattr(found.server_capabilities, each) is not None, each
        assert found.server_capabilities.resources.subscribe
        same(await code_of(found.send_ping()), types.METHOD_NOT_FOUND)


@feature("resources/subscribe, updated", eras=ERA)
async def _(peer):
    uri = "probe://note/a"
    async with peer.listening(uri):
        async def heard():
            await peer.call("probe", "touch", {"uri": uri})
            return peer.updated(uri)
        await poll(heard, "the resource to be updated", pause=0.2)

    async def nobody():
        return await peer.text("probe", "touch", {"uri": uri}) == "nobody listens"
    await poll(nobody, "the subscription to end")


@feature("logging: setLevel, messages", eras=ERA)
async def _(peer):
    await peer.log("warning")

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

    async with peer.listening():
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
    """Nothing tells of a change: who wants the roots asks again."""
    for roots in (["file:///srv/first"], ["file:///srv/second", "file:///srv/third"], ["file:///srv/first"]):
        peer.roots = roots
        same(await peer.text("probe", "list_roots", {}), ",".join(roots))

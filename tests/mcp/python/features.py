"""The features of MCP 2025-11-25 with the official Python SDK's client, through weir's /mcp and `weir mcp`.

The same table as features.test.mjs. Run by tests/checks/clients, which makes the venv. A failure is printed; the exit
status says whether there was one."""
import functools
import importlib.metadata
import os
import subprocess
import sys
import traceback
import warnings

import anyio
from mcp import types

from lib import HERE, NODE, MCPError, Peer, Relay, Weir, code_of, poll, text_of

STEP_S = 40
ROUTES = ["http", "stdio"]
features = []


def feature(name, only=("http", "stdio")):
    def add(check):
        features.append((name, check, only))
        return check
    return add


def same(a, b):
    assert a == b, "%r is not %r" % (a, b)


@feature("initialize, ping, instructions")
async def _(peer):
    assert peer.hello.server_info.name
    for each in ("tools", "resources", "prompts", "logging", "completions"):
        assert getattr(peer.hello.capabilities, each) is not None, each
    assert peer.hello.capabilities.resources.subscribe
    await peer.session.send_ping()


@feature("tools/list, three stock servers")
async def _(peer):
    for server, known in (("everything", "get-sum"), ("files", "read_text_file"), ("memory", "create_entities")):
        names = await peer.names(server, "tools")
        assert known in names and len(names) >= 5, (server, names)


@feature("lists in pages")
async def _(peer):
    assert "extra" in await peer.names("probe", "tools")
    uris = [str(each.uri) for each in await peer.all("list_resources", "resources")]
    assert all("probe://note/" + letter in uris for letter in "abcde"), uris


@feature("tools/call")
async def _(peer):
    same(await peer.text("everything", "echo", {"message": "hällo\0\u2028𝄞"}), "Echo: hällo\0\u2028𝄞")
    assert "1002.5" in await peer.text("everything", "get-sum", {"a": 2.5, "b": 1e3})
    hello = str(peer.weir.files / "hello.txt")
    assert "Hello from a file" in await peer.text("files", "read_text_file", {"path": hello})
    made = peer.weir.files / ("made-%s.txt" % peer.route)
    wrote = await peer.call("files", "write_file", {"path": str(made), "content": "x\n"})
    assert not wrote.is_error, text_of(wrote)
    same(made.read_text(), "x\n")
    entity = {"name": "weir " + peer.route, "entityType": "gateway", "observations": ["carries calls"]}
    await peer.call("memory", "create_entities", {"entities": [entity]})
    assert "carries calls" in await peer.text("memory", "search_nodes", {"query": entity["name"]})


@feature("call without arguments")
async def _(peer):
    same(await peer.text("probe", "nothing"), "no arguments needed")


@feature("tool errors, protocol errors")
async def _(peer):
    failed = await peer.call("probe", "fail", {})
    assert failed.is_error and text_of(failed) == "it failed as it should"
    same(await code_of(peer.call("probe", "throw", {})), types.INTERNAL_ERROR)
    same(await code_of(peer.call("probe", "no_such_tool", {})), types.INVALID_PARAMS)


@feature("parallel calls")
async def _(peer):
    answers, slow = {}, []

    async def keep(number, server, tool, arguments):
        answers[number] = await peer.text(server, tool, arguments)

    async with anyio.create_task_group() as all_of_them:
        async def wait():
            slow.append(await peer.text("probe", "wait", {"gate": "parallel"}))
        all_of_them.start_soon(wait)
        async with anyio.create_task_group() as beside:
            for i in range(60):
                call = (("probe", "echo", {"text": "n%d" % i}), ("everything", "echo", {"message": "n%d" % i}),
                        ("files", "list_directory", {"path": str(peer.weir.files)}), ("memory", "read_graph", {}))[i % 4]
                beside.start_soon(keep, i, *call)
        assert not slow
        await peer.call("probe", "open", {"gate": "parallel"})
    same(slow, ["passed parallel"])
    for i, answer in answers.items():
        assert ("n%d" % i, "n%d" % i, "hello.txt", "entities")[i % 4] in answer, answer
    same(len(answers), 60)


@feature("image, links, embedded resources")
async def _(peer):
    def kinds(result):
        return [block.type for block in result.content]
    assert "image" in kinds(await peer.call("everything", "get-tiny-image", {}))
    reference = {"resourceType": "Blob", "resourceId": 3}
    assert "resource" in kinds(await peer.call("everything", "get-resource-reference", reference))
    same(kinds(await peer.call("everything", "get-resource-links", {"count": 4})).count("resource_link"), 4)
    annotated = await peer.call("everything", "get-annotated-message", {"messageType": "error", "includeImage": True})
    assert annotated.content[0].annotations is not None and "image" in kinds(annotated)


@feature("structuredContent, _meta")
async def _(peer):
    await peer.session.list_tools()  # the client checks against output schemas that it has seen
    chicago = await peer.call("everything", "get-structured-content", {"location": "Chicago"})
    same(chicago.structured_content, {"temperature": 36, "conditions": "Light rain / drizzle", "humidity": 82})
    probe = await peer.call("probe", "structured", {})
    same(probe.structured_content, {"list": [1, 2.5, 100], "deep": {"x": None}, "text": "ünï"})
    same(probe.meta["example.org/kept"], [1])


@feature("1 MiB of text")
async def _(peer):
    text = await peer.text("probe", "big", {"bytes": 1 << 20})
    same(len(text.encode()), 1 << 20)
    same(set(text), {"é"})


@feature("resources/list, read")
async def _(peer):
    uris = [str(each.uri) for each in await peer.all("list_resources", "resources")]
    assert sum(uri.startswith("demo://resource/static/document/") for uri in uris) >= 5
    read = await peer.session.read_resource("demo://resource/static/document/features.md")
    assert "Everything Server" in read.contents[0].text
    same((await peer.session.read_resource("probe://note/b")).contents[0].text, "text of probe://note/b")
    assert await code_of(peer.session.read_resource("probe://nowhere")) in (-32002, types.INVALID_PARAMS)


@feature("resource templates")
async def _(peer):
    templates = [t.uri_template for t in await peer.all("list_resource_templates", "resource_templates")]
    assert any(each.startswith("demo://resource/dynamic/text/") for each in templates)
    assert "Resource 7" in (await peer.session.read_resource("demo://resource/dynamic/text/7")).contents[0].text
    assert (await peer.session.read_resource("demo://resource/dynamic/blob/7")).contents[0].blob
    same((await peer.session.read_resource("probe://made/up")).contents[0].text, "text of probe://made/up")


@feature("resources/subscribe, updated")
async def _(peer):
    uri = "probe://note/a"
    await peer.session.subscribe_resource(uri)
    same(await peer.text("probe", "touch", {"uri": uri}), "touched")
    same(str((await peer.heard("notifications/resources/updated")).uri), uri)
    await peer.session.unsubscribe_resource(uri)
    same(await peer.text("probe", "touch", {"uri": uri}), "nobody listens")


@feature("prompts/list, get")
async def _(peer):
    names = await peer.names("everything", "prompts")
    assert {"simple-prompt", "args-prompt", "completable-prompt", "resource-prompt"} <= set(names), names
    got = await peer.session.get_prompt("everything__args-prompt", {"city": "Kraków", "state": "x"})
    assert "Kraków" in got.messages[0].content.text
    got = await peer.session.get_prompt("everything__resource-prompt", {"resourceType": "Text", "resourceId": "2"})
    assert any(message.content.type == "resource" for message in got.messages)


@feature("completion")
async def _(peer):
    ref = types.PromptReference(type="ref/prompt", name="everything__completable-prompt")
    got = await peer.session.complete(ref, {"name": "department", "value": "S"})
    same(got.completion.values, ["Sales", "Support"])
    got = await peer.session.complete(ref, {"name": "name", "value": ""}, {"department": "Sales"})
    same(got.completion.values, ["David", "Eve", "Frank"])
    ref = types.ResourceTemplateReference(type="ref/resource", uri="probe://made/{name}")
    got = await peer.session.complete(ref, {"name": "name", "value": "x"})
    same(got.completion.values, ["probe://made/{name}:name=x"])


@feature("logging: setLevel, messages")
async def _(peer):
    await peer.session.set_logging_level("warning")

    async def arrived():
        return await peer.text("probe", "level", {}) == "warning"
    await poll(arrived, "the level to reach the server")
    await peer.call("probe", "log", {"level": "info", "message": "not this"})
    await peer.call("probe", "log", {"level": "error", "message": "but this"})
    heard = await peer.heard("notifications/message", lambda params: params.logger == "probe")
    same((heard.level, heard.data), ("error", {"message": "but this"}))


async def steps_of(peer, server, count):
    steps = []

    async def on_progress(progress, total, message):
        steps.append((progress, total, message))
        if len(steps) == count:
            await peer.call(server, "open", {"gate": "%d steps" % count})
    same(await peer.text(server, "steps", {"count": count, "gate": "%d steps" % count}, on_progress), "done")
    return steps


@feature("progress")
async def _(peer):
    steps = await steps_of(peer, "probe", 6)
    same([step[0] for step in steps], [1, 2, 3, 4, 5, 6])
    same(steps[2][1:], (10, "step 3"))


async def began(peer, tasks, server, tool, arguments, into):
    """Starts the call in `tasks`; returns when its first progress is there."""
    event = anyio.Event()

    async def on_progress(progress, total, message):
        event.set()

    async def run():
        into.append(await peer.text(server, tool, arguments, on_progress))
    tasks.start_soon(run)
    with anyio.fail_after(20):
        await event.wait()


@feature("progress while it runs")
async def _(peer):
    answer = []
    async with anyio.create_task_group() as tasks:
        await began(peer, tasks, "probe", "wait", {"gate": "progress"}, answer)
        assert not answer
        await peer.call("probe", "open", {"gate": "progress"})
    same(answer, ["passed progress"])


async def cancels(peer, server):
    mark, answer = "python by " + peer.route, []
    async with anyio.create_task_group() as tasks:
        await began(peer, tasks, server, "hang", {"mark": mark}, answer)
        tasks.cancel_scope.cancel()
    same(answer, [])
    same(await peer.text(server, "await_cancelled", {"mark": mark}), mark)


@feature("cancellation")
async def _(peer):
    await cancels(peer, "probe")
    same(await peer.text("probe", "echo", {"text": "still there"}), "still there")


@feature("list_changed: tools, resources, prompts")
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


@feature("sampling")
async def _(peer):
    same(await peer.text("probe", "sample", {"prompt": "What now?"}), "sampled: What now?")
    got = await peer.text("everything", "trigger-sampling-request", {"prompt": "hi", "maxTokens": 5})
    assert "sampled: Resource trigger-sampling-request context: hi" in got, got


@feature("elicitation")
async def _(peer):
    same(await peer.text("probe", "elicit", {"question": "Which colour?"}), "accept blue")
    peer.elicit = types.ElicitResult(action="decline")
    same(await peer.text("probe", "elicit", {"question": "Which colour?"}), "decline ")
    peer.elicit = None


@feature("roots, roots/list_changed")
async def _(peer):
    same(await peer.text("probe", "list_roots", {}), "file:///srv/first")
    peer.roots = ["file:///srv/second", "file:///srv/third"]
    await peer.session.send_roots_list_changed()
    same(await peer.text("probe", "await_roots_changed", {}), "roots changed")
    same(await peer.text("probe", "list_roots", {}), "file:///srv/second,file:///srv/third")
    peer.roots = ["file:///srv/first"]


@feature("upstream over HTTP: all of the above in short")
async def _(peer):
    same(await peer.text("net", "echo", {"text": "over HTTP"}), "over HTTP")
    same([step[0] for step in await steps_of(peer, "net", 3)], [1, 2, 3])
    same(await peer.text("net", "sample", {"prompt": "a"}), "sampled: a")
    same(await peer.text("net", "elicit", {"question": "b"}), "accept blue")
    same(await peer.text("net", "list_roots", {}), "file:///srv/first")
    await cancels(peer, "net")


@feature("resume of a broken stream", only=("http",))
async def _(peer):
    relay, steps, answer, first = Relay(peer.weir.url + "/mcp"), [], [], anyio.Event()

    async def on_progress(progress, total, message):
        steps.append(progress)
        first.set()

    async with anyio.create_task_group() as tasks:
        url = await tasks.start(functools.partial(relay.run))
        other = await Peer(peer.weir, "http").open(url)

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
        await other.close()
        tasks.cancel_scope.cancel()
    same(answer, ["passed cut"])
    same(steps, [1, 2])
    assert relay.total > before, "it came back on another connection"


@feature("two clients, sessions of their own")
async def _(peer):
    other = await Peer(peer.weir, peer.route).open()
    await peer.call("probe", "remember", {"what": "mine"})
    await other.call("probe", "remember", {"what": "theirs"})
    same([await each.text("probe", "recall", {}) for each in (peer, other)], ["mine", "theirs"])
    await other.close()
    same(await peer.text("probe", "recall", {}), "mine")


@feature("a server that died is there again")
async def _(peer):
    assert await code_of(peer.call("probe", "die", {})) != 0

    async def back():
        try:
            return await peer.text("probe", "echo", {"text": "back"}) == "back"
        except MCPError:
            return False
    await poll(back, "the server to be back")


@feature("session ends with DELETE", only=("http",))
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


async def run(route, weir, outcome):
    peer = await Peer(weir, route).open()
    for name, check, only in features:
        if route not in only:
            continue
        try:
            with anyio.fail_after(STEP_S):
                await check(peer)
            outcome[name, route] = "yes"
        except Exception:
            outcome[name, route] = "FAILS"
            print("FAILED: %s [%s]\n%s" % (name, route, traceback.format_exc()), flush=True)
    await peer.close()


def main():
    warnings.simplefilter("ignore")  # the SDK speaks of a later revision
    version = importlib.metadata.version("mcp")
    web = subprocess.Popen([NODE, str(HERE / "servers/probe.mjs"), "--http"], stdout=subprocess.PIPE, text=True,
                           env={**os.environ, "PROBE_NAME": "net"})
    outcome = {}
    try:
        url = web.stdout.readline().strip()
        for route in sys.argv[1:] or ROUTES:
            weir = Weir(url)  # one for each route: it remembers what was written after something had failed
            try:
                anyio.run(run, route, weir, outcome)
            finally:
                weir.stop()
    finally:
        web.kill()
        web.wait()
    print("| MCP 2025-11-25, Python SDK %s | `/mcp` | `weir mcp` |\n|---|---|---|" % version)
    for name, _, only in features:
        cells = [outcome.get((name, route), "not run") if route in only else "-" for route in ROUTES]
        print("| %s | %s |" % (name, " | ".join(cells)))
    failed = sum(each != "yes" for each in outcome.values())
    print("clients: %d passed, %d failed" % (len(outcome) - failed, failed))
    return 1 if failed or not outcome else 0


if __name__ == "__main__":
    sys.exit(main())

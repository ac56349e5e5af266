"""Features that both eras of MCP have, with the official Python SDK's client; the same table as features.test.mjs."""
import anyio
from mcp import types

from lib import MCPError, code_of, poll, text_of
from registry import feature, same

STATELESS = {"new": "stateless://note", "newnet": "newnet://note"}  # servers of 2026-07-28 -> a resource of theirs
PYTHON = ("py", "pynet")


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
    mark, answer = "%s by %s" % (peer.era, peer.route), []
    async with anyio.create_task_group() as tasks:
        await began(peer, tasks, server, "hang", {"mark": mark}, answer)
        tasks.cancel_scope.cancel()
    same(answer, [])
    assert mark in (await peer.text(server, "await_cancelled", {"mark": mark})).split(",")


@feature("cancellation")
async def _(peer):
    await cancels(peer, "probe")
    same(await peer.text("probe", "echo", {"text": "still there"}), "still there")


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


@feature("upstream over HTTP: all of the above in short")
async def _(peer):
    same(await peer.text("net", "echo", {"text": "over HTTP"}), "over HTTP")
    same([step[0] for step in await steps_of(peer, "net", 3)], [1, 2, 3])
    same(await peer.text("net", "sample", {"prompt": "a"}), "sampled: a")
    same(await peer.text("net", "elicit", {"question": "b"}), "accept blue")
    same(await peer.text("net", "list_roots", {}), "file:///srv/first")
    await cancels(peer, "net")


@feature("two clients, sessions of their own")
async def _(peer):
    async with peer.another() as other:
        await peer.call("probe", "remember", {"what": "mine"})
        await other.call("probe", "remember", {"what": "theirs"})
        same([await each.text("probe", "recall", {}) for each in (peer, other)], ["mine", "theirs"])
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


@feature("servers of 2026-07-28: lists, calls, errors")
async def _(peer):
    for server in STATELESS:
        assert {"echo", "elicit", "where"} <= set(await peer.names(server, "tools"))
        same(await peer.text(server, "echo", {"text": "wörld"}), "wörld")
        failed = await peer.call(server, "fail", {})
        assert failed.is_error and text_of(failed) == "it failed as it should"
        same(await code_of(peer.call(server, "throw", {})), types.INTERNAL_ERROR)
        structured = await peer.call(server, "structured", {})
        same(structured.meta["example.org/kept"], [1])
        # Before 2026-07-28 structured content is an object.
        same(structured.structured_content, [1, 2.5] if peer.era == "2026-07-28" else None)


@feature("servers of 2026-07-28: resources, prompts, completion")
async def _(peer):
    for server, uri in STATELESS.items():
        same((await peer.session.read_resource(uri)).contents[0].text, "text of " + uri)
        assert await code_of(peer.session.read_resource(uri + "/no")) != 0
        got = await peer.session.get_prompt(server + "__one", {"who": "me"})
        same(got.messages[0].content.text, "one for me")
        ref = types.PromptReference(type="ref/prompt", name=server + "__one")
        same((await peer.session.complete(ref, {"name": "who", "value": "m"})).completion.values, ["who=m"])


@feature("servers of 2026-07-28: sampling, elicitation, roots")
async def _(peer):
    for server in STATELESS:
        same(await peer.text(server, "sample", {"prompt": "What now?"}), "sampled: What now?")
        same(await peer.text(server, "elicit", {"question": "Which colour?"}), "accept blue")
        same(await peer.text(server, "list_roots", {}), "file:///srv/first")
        same(await peer.text(server, "both", {}), "sampled: one blue")  # two inputs of one round
        same(await peer.text(server, "later", {}), "at last")  # two rounds


@feature("servers of 2026-07-28: progress, cancellation")
async def _(peer):
    for server in STATELESS:
        same([step[0] for step in await steps_of(peer, server, 4)], [1, 2, 3, 4])
        await cancels(peer, server)


@feature("servers of 2026-07-28: log messages, where they are wanted")
async def _(peer):
    for server in STATELESS:
        peer.notes.clear()
        await peer.log("error")
        await peer.call(server, "log", {"message": "but this"})
        heard = await peer.heard("notifications/message", lambda params: params.logger == "stateless")
        same((heard.level, heard.data), ("error", {"message": "but this"}))


@feature("servers of 2026-07-28: changes of lists and resources")
async def _(peer):
    for server, uri in STATELESS.items():
        async with peer.listening(uri):
            # A server of the other era learns of the subscription behind the acknowledgement.
            async def updated():
                await peer.call(server, "touch", {"uri": uri})
                return peer.updated(uri)
            await poll(updated, "the resource to be updated", pause=0.2)
            first = "extra" in await peer.names(server, "tools")
            for there in (not first, first):
                peer.notes.clear()
                await peer.call(server, "toggle", {})
                await peer.heard("notifications/tools/list_changed")

                async def is_so():
                    return ("extra" in await peer.names(server, "tools")) == there
                await poll(is_so, "the list after the change")


@feature("a server of 2026-07-28 over HTTP: arguments in headers")
async def _(peer):
    await peer.all("list_tools", "tools")
    same(await peer.text("newnet", "where", {"region": "Zürich"}), "=?base64?WsO8cmljaA==?=")
    same(await peer.text("newnet", "where", {"region": "eu-1"}), "eu-1")


@feature("servers by the Python SDK, over stdio and HTTP: what era, lists, calls, errors")
async def _(peer):
    for server in PYTHON:
        assert {"echo", "elicit", "hang"} <= set(await peer.names(server, "tools"))
        same(await peer.text(server, "era"), "2026-07-28")  # what weir and the server agreed on
        echoed = await peer.call(server, "echo", {"text": "wörld"})
        same((text_of(echoed), echoed.structured_content), ("wörld", {"result": "wörld"}))
        failed = await peer.call(server, "fail", {})
        assert failed.is_error and "it failed as it should" in text_of(failed)
        same(await code_of(peer.call(server, "throw", {})), types.INTERNAL_ERROR)


@feature("servers by the Python SDK: resources, prompts, completion")
async def _(peer):
    for server in PYTHON:
        uri = server + "://note"
        same((await peer.session.read_resource(uri)).contents[0].text, "text of " + uri)
        got = await peer.session.get_prompt(server + "__one", {"who": "me"})
        same(got.messages[0].content.text, "one for me")
        ref = types.PromptReference(type="ref/prompt", name=server + "__one")
        same((await peer.session.complete(ref, {"name": "who", "value": "m"})).completion.values, ["who=m"])


@feature("servers by the Python SDK: sampling, elicitation, roots")
async def _(peer):
    for server in PYTHON:
        same(await peer.text(server, "sample", {"prompt": "What now?"}), "sampled: What now?")
        same(await peer.text(server, "elicit", {"question": "Which colour?"}), "blue")
        same(await peer.text(server, "list_roots", {}), "file:///srv/first")


@feature("servers by the Python SDK: progress, cancellation, changes")
async def _(peer):
    for server in PYTHON:
        steps = []

        async def on_progress(progress, total, message):
            steps.append((progress, total, message))
        same(await peer.text(server, "steps", {"count": 3}, on_progress), "done")
        same(steps, [(i, 10, "step %d" % i) for i in (1, 2, 3)])
        await cancels(peer, server)
        uri = server + "://note"
        async with peer.listening(uri):
            async def updated():
                await peer.call(server, "touch", {"uri": uri})
                return peer.updated(uri)
            await poll(updated, "the resource to be updated", pause=0.2)

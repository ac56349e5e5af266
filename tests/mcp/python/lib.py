"""One weir with the stock servers and the probe behind it, and the official Python SDK's client in front of it.

The same servers as lib.mjs has."""

import contextlib
import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time

import anyio
import httpx2
from mcp import Client, types
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

HERE = pathlib.Path(__file__).resolve().parents[1]
WEIR = os.environ.get("WEIR_BIN") or str(HERE.parents[1] / "build/release/weir")
NODE = str((HERE.parent / "sdk/node_modules/.bin/node").resolve())  # a sandbox follows no link out of what it grants


def packaged(name):
    return str(HERE / "node_modules/@modelcontextprotocol" / name / "dist/index.js")


class Weir:
    """One weir in a folder of its own, in front of the stock servers and the probe, over stdio and HTTP (`urls`: name -> address)."""

    def __init__(self, urls):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="weir-clients-")).resolve()
        self.files = self.dir / "files"
        self.files.mkdir()
        (self.files / "hello.txt").write_text("Hello from a file.\n")
        servers = {
            "everything": {"command": [NODE, packaged("server-everything"), "stdio"]},
            "files": {"command": [NODE, packaged("server-filesystem"), str(self.files)]},
            "memory": {"command": [NODE, packaged("server-memory")],
                       "env": {"MEMORY_FILE_PATH": str(self.dir / "memory.jsonl")}},
            "probe": {"command": [NODE, str(HERE / "servers/probe.mjs")]},
            "new": {"command": [NODE, str(HERE / "servers/stateless.mjs")]},
            "py": {"command": [sys.executable, "-B", str(HERE / "python/server.py"), "py"]},
            **{name: {"url": url} for name, url in urls.items()},
        }
        shipped = ("everything.toml", "probe.toml", "eras.toml")
        manifests = json.dumps([str(HERE / "manifests" / name) for name in shipped])
        text = ['listen = "127.0.0.1:0"', 'ask_timeout = "0s"', "data_dir = %s" % json.dumps(str(self.dir / "data")),
                "manifests = " + manifests]
        for name, server in servers.items():
            text += ["[[server]]", 'name = "%s"' % name]
            if "command" in server:
                server["sandbox"] = "test"
            for key, value in server.items():
                inline = "{ %s }" % ", ".join("%s = %s" % (k, json.dumps(v)) for k, v in value.items()) \
                    if isinstance(value, dict) else json.dumps(value)
                text.append("%s = %s" % (key, inline))
        for origin in ("file:%s" % self.files, "file:%s/**" % self.files, "tool:files/*", "tool:memory/*"):
            text += ["[[trust]]", 'origin = "%s"' % origin, 'integrity = "trusted"']
        own = {sys.prefix, sys.base_prefix} - {"/usr"}
        text += ["[sandbox.test]", "read = %s" % json.dumps([str(HERE), os.path.dirname(NODE), *own]), "write = %s" % json.dumps([str(self.dir)])]
        self.config = self.dir / "weir.toml"
        self.config.write_text("\n".join(text) + "\n")
        self.process = subprocess.Popen([WEIR, "up", "--config", str(self.config)], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.url = re.search(r"listening on (\S+)", self.process.stdout.readline())[1]
        self.token = subprocess.run([WEIR, "token", "--config", str(self.config)], check=True, capture_output=True,
                                    text=True).stdout.strip()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.dir)


class Relay:
    """A TCP relay whose connections can be cut."""

    def __init__(self, target):
        host, port = re.fullmatch(r"http://([^:/]+):(\d+)/mcp", target).groups()
        self.to, self.scopes, self.total = (host, int(port)), set(), 0

    async def run(self, task_status):
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        task_status.started("http://127.0.0.1:%d/mcp" % port)
        await listener.serve(self.carry)

    async def carry(self, one):
        self.total += 1
        with anyio.CancelScope() as scope:
            self.scopes.add(scope)
            with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, ExceptionGroup):
                async with one, await anyio.connect_tcp(*self.to) as two, anyio.create_task_group() as both:
                    both.start_soon(self.pump, one, two, both)
                    both.start_soon(self.pump, two, one, both)
        self.scopes.discard(scope)

    async def pump(self, source, sink, both):
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
            async for piece in source:
                await sink.send(piece)
        both.cancel_scope.cancel()

    def cut(self):
        for scope in list(self.scopes):
            scope.cancel()


class Peer:
    """A client of the eras up to 2025-11-25, with what it was told and asked. Names are the servers' own."""
    era = "2025-11-25"

    def __init__(self, weir, route):
        self.weir, self.route = weir, route
        self.notes, self.roots, self.elicit = [], ["file:///srv/first"], None
        self.stack = contextlib.AsyncExitStack()

    async def streams(self, url=None, headers=None):
        if self.route != "http":
            return stdio_client(StdioServerParameters(command=WEIR, args=["mcp", "--config", str(self.weir.config)]))
        http = await self.stack.enter_async_context(httpx2.AsyncClient(
            headers={"Authorization": "Bearer " + self.weir.token, **(headers or {})}, timeout=httpx2.Timeout(60)))
        return streamable_http_client(url or self.weir.url + "/mcp", http_client=http)

    async def open(self, url=None):
        opened = await self.stack.enter_async_context(await self.streams(url))
        self.session = await self.stack.enter_async_context(ClientSession(opened[0], opened[1], **self.callbacks()))
        self.hello = await self.session.initialize()
        return self

    @contextlib.asynccontextmanager
    async def another(self, url=None, **options):
        """A second client like this one."""
        other = type(self)(self.weir, self.route, **options)
        async with other.stack:
            yield await other.open(url)

    async def close(self):
        await self.stack.aclose()

    def callbacks(self):
        return {"sampling_callback": self.on_sample, "elicitation_callback": self.on_elicit,
                "list_roots_callback": self.on_roots, "message_handler": self.on_message}

    async def on_sample(self, context, params):
        content = params.messages[0].content
        return types.CreateMessageResult(role="assistant", model="scripted",
                                         content=types.TextContent(type="text", text="sampled: " + content.text))

    async def on_elicit(self, context, params):
        return self.elicit or types.ElicitResult(action="accept", content={"colour": "blue"})

    async def on_roots(self, context):
        return types.ListRootsResult(roots=[types.Root(uri=uri) for uri in self.roots])

    async def on_message(self, message):
        if not isinstance(message, Exception):
            self.notes.append(message)

    async def heard(self, method, fits=lambda params: True):
        with anyio.fail_after(20):
            while True:
                for note in self.notes:
                    if note.method == method and fits(note.params):
                        self.notes.remove(note)
                        return note.params
                await anyio.sleep(0.02)

    async def log(self, level):
        await self.session.set_logging_level(level)

    @contextlib.asynccontextmanager
    async def listening(self, uri):
        await self.session.subscribe_resource(uri)
        yield
        await self.session.unsubscribe_resource(uri)

    def updated(self, uri):
        """Whether it was told that this resource changed."""
        return any(n.method == "notifications/resources/updated" and str(n.params.uri) == uri for n in self.notes)

    async def call(self, server, tool, arguments=None, progress=None):
        return await self.session.call_tool("%s__%s" % (server, tool), arguments, progress_callback=progress)

    async def text(self, server, tool, arguments=None, progress=None):
        return text_of(await self.call(server, tool, arguments, progress))

    async def names(self, server, kind):
        entries = await self.all("list_" + kind, kind)
        return [e.name.split("__", 1)[1] for e in entries if e.name.startswith(server + "__")]

    async def all(self, method, member):
        entries, cursor = [], None
        while True:
            page = await self.page(method, cursor)
            entries += getattr(page, member)
            cursor = page.next_cursor
            if not cursor:
                return entries

    async def page(self, method, cursor):
        return await getattr(self.session, method)(params=types.PaginatedRequestParams(cursor=cursor))


class Stateless(Peer):
    """A client of 2026-07-28, in a conversation of its own."""
    era = "2026-07-28"

    def __init__(self, weir, route, mode=era):
        super().__init__(weir, route)
        self.mode, self.level = mode, None

    async def open(self, url=None):
        streams = await self.streams(url, headers={"Weir-Session": secrets.token_hex(8)})
        self.session = await self.stack.enter_async_context(Client(streams, mode=self.mode, **self.callbacks()))
        return self

    async def log(self, level):
        self.level = level

    @contextlib.asynccontextmanager
    async def listening(self, uri=None):
        """Everything that can change, and this resource. What comes is in `notes`, as for the other era."""
        async with self.session.listen(tools_list_changed=True, prompts_list_changed=True, resources_list_changed=True,
                                       resource_subscriptions=[uri] if uri else []) as told:
            assert told.honored.tools_list_changed and told.honored.resource_subscriptions == ([uri] if uri else None)
            yield

    async def call(self, server, tool, arguments=None, progress=None):
        meta = {"io.modelcontextprotocol/logLevel": self.level} if self.level else None
        return await self.session.call_tool("%s__%s" % (server, tool), arguments, progress_callback=progress, meta=meta)

    async def page(self, method, cursor):
        return await getattr(self.session, method)(cursor=cursor)


def text_of(result):
    return "\n".join(getattr(block, "text", "") for block in result.content)


async def code_of(awaitable):
    try:
        await awaitable
    except MCPError as error:
        return error.error.code
    return 0


async def poll(condition, what, seconds=20, pause=0.02):
    end = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < end, "waited for " + what
        await anyio.sleep(pause)

"""Asks MCP servers for their tools, by hand, and holds the shipped manifests to what they say.

The reading of manifests here shares nothing with weir's: TOML in, names out.
"""
import json
import os
import pathlib
import select
import subprocess
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIR = os.environ.get("WEIR_BIN") or str(ROOT / "build/release/weir")
PATIENCE_S = 60
KEYS = {"installed": {"client_id": "none", "client_secret": "none", "redirect_uris": ["http://127.0.0.1:1/"]}}
counts = {True: 0, False: 0}


def check(holds, what, detail=""):
    counts[bool(holds)] += 1
    if not holds:
        print("FAILED: %s %s" % (what, detail), flush=True)
    return bool(holds)


class Server:
    """How one package is run. `files`: name → JSON that it must find in its home; {home} stands for that folder."""

    def __init__(self, package, command, env=None, files=None):
        self.package, self.command, self.env, self.files = package, command, env or {}, files or {}

    def prepare(self, home):
        for name, content in self.files.items():
            path = pathlib.Path(home, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))
        fill = lambda text: text.replace("{home}", home)  # noqa: E731
        return [fill(word) for word in self.command], {k: fill(v) for k, v in self.env.items()}


def environment(home):
    return {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}


def ask(command, env, home):
    """tools/list of a server on stdio, all pages. RuntimeError says why there is none."""
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, env={**environment(home), **env}, cwd=home, stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=errors, start_new_session=True)
        try:
            return converse(child)
        except (OSError, RuntimeError, ValueError) as error:
            errors.seek(0)
            said = errors.read()[-300:].decode(errors="replace").strip()
            raise RuntimeError("%s; it wrote: %s" % (error, said)) from error
        finally:
            os.killpg(child.pid, 9)
            child.wait()


def converse(child):
    rest = b""

    def request(number, method, params):
        nonlocal rest
        child.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")
        child.stdin.flush()
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            while b"\n" in rest:
                line, rest = rest.split(b"\n", 1)
                try:
                    message = json.loads(line)
                except ValueError:
                    continue  # some print by the way
                if message.get("id") == number and "method" not in message:
                    if "result" not in message:
                        raise RuntimeError("%s: %s" % (method, message.get("error")))
                    return message["result"]
            if select.select([child.stdout], [], [], 1)[0]:
                piece = os.read(child.stdout.fileno(), 1 << 20)
                if not piece:
                    raise RuntimeError("it ended")
                rest += piece
        raise RuntimeError("no answer to %s in %d s" % (method, PATIENCE_S))

    request(1, "initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}})
    child.stdin.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
    tools, cursor, number = [], None, 2
    while True:
        page = request(number, "tools/list", {"cursor": cursor} if cursor else {})
        tools += page["tools"]
        cursor, number = page.get("nextCursor"), number + 1
        if not cursor:
            return tools


def manifests():
    """name of a server → (file, the manifest)"""
    found = {}
    for path in sorted((ROOT / "manifests").glob("*.toml")):
        manifest = tomllib.loads(path.read_text())
        names = manifest["server"] if isinstance(manifest["server"], list) else [manifest["server"]]
        for name in names:
            found[name] = (path, manifest)
    return found


def arguments(tool):
    """Names that a manifest's tool speaks of; "*" is any."""
    return {key.split("/")[1].replace("~1", "/").replace("~0", "~") if key.startswith("/") else key for key in tool.get("args", {})}


def lacks(manifest, tools):
    faults = []
    for tool in tools:
        known = manifest["tools"].get(tool["name"])
        if known is None:
            faults.append("tool %s" % tool["name"])
            continue
        names = arguments(known)
        for name in tool.get("inputSchema", {}).get("properties", {}):
            if name not in names and "*" not in names:
                faults.append("argument %s of %s" % (name, tool["name"]))
    return faults


def weir(args, home, env=None):
    run = subprocess.run([WEIR, *args], env={**environment(home), **(env or {})}, cwd=home, stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=3 * PATIENCE_S)
    return run.returncode, run.stdout, run.stderr


def through_weir(command, env, home):
    """The command line for `weir manifest --command`, which gives a child few variables of its own. In the sandbox that any server has; one
    that wants to read its keys in `home` may read there."""
    prepared = any(pathlib.Path(home).iterdir())
    config = pathlib.Path(home, "sandbox.toml")
    config.write_text('[sandbox.lab]\nlike = "mcp-server"\nread = ["%s"]\n' % home)
    profile = ["--config", str(config), "--sandbox", "lab"] if prepared else []
    return [*profile, "--command", "env", *["%s=%s" % pair for pair in env.items()], *command]


def check_server(server, version, listed):
    """One server against its manifest. `listed` collects manifest file → names of tools that some server has."""
    known = manifests()
    if not check(server.package in known, "%s has a manifest" % server.package):
        return
    path, manifest = known[server.package]
    with tempfile.TemporaryDirectory(prefix="weir-manifests-") as home:
        command, env = server.prepare(home)
        try:
            tools = ask(command, env, home)
        except RuntimeError as error:
            check(False, "%s gives its list" % server.package, str(error))
            return
        listed.setdefault(path, set()).update(tool["name"] for tool in tools)
        check(len(tools) > 0, "%s has tools" % server.package)
        check(not lacks(manifest, tools), "%s lacks nothing of %s" % (path.name, server.package), ", ".join(lacks(manifest, tools)))
        check(manifest.get("verified") == "live", "%s says that it is live" % path.name)
        check(version in path.read_text().split("server =")[0], "%s names the version %s" % (path.name, version))
        code, out, err = weir(["manifest", "check", "--json", *through_weir(command, env, home)], home)
        if not check(code == 0, "weir manifest check of %s" % server.package, "exit %d %s %s" % (code, out, err)):
            return
        said = json.loads(out)["servers"][0]
        check(known.get(said["manifest"], [None])[0] == path, "weir finds the manifest by the command", said["manifest"])
        check(said["tools"] == len(tools), "weir sees all tools of %s" % server.package, said["tools"])
        check(not [gap for gap in said["gaps"] if gap["missing"]], "and says that none is missing")
        check_draft(server, command, env, home, tools)


def check_draft(server, command, env, home, tools):
    """A draft is a manifest that loads and lacks nothing."""
    code, draft, err = weir(["manifest", "draft", *through_weir(command, env, home)], home)
    if not check(code == 0, "weir manifest draft of %s" % server.package, err):
        return
    faults = lacks(tomllib.loads(draft), tools)
    check(not faults, "the draft of %s lacks nothing" % server.package, ", ".join(faults))
    pathlib.Path(home, "draft.toml").write_text(draft)
    pathlib.Path(home, "list.json").write_text(json.dumps({"tools": tools}))
    pathlib.Path(home, "weir.toml").write_text('manifests = ["draft.toml"]\n')
    named = tomllib.loads(draft)["server"]
    with_draft = ["manifest", "check", "--config", home + "/weir.toml", "--list", home + "/list.json", "--manifest", named]
    code, out, err = weir(with_draft, home)
    check(code == 0, "the draft of %s loads, and weir finds nothing missing" % server.package, out + err)
    # What is taken out is found missing: a tool, and an argument.
    first = tools[0]["name"]
    pathlib.Path(home, "draft.toml").write_text(draft.replace("[tools.%s" % first, "[tools.other_%s" % first))
    code, out, _ = weir(with_draft, home)
    check(code == 1 and first in out, "a tool that was taken out is missed", "%d %s" % (code, out))


def check_gone(listed):
    """A live manifest speaks of nothing that none of its servers has."""
    for path, names in listed.items():
        gone = set(tomllib.loads(path.read_text())["tools"]) - names
        check(not gone, "%s speaks of no tool that is gone" % path.name, ", ".join(sorted(gone)))


def summary():
    print("%d passed, %d failed" % (counts[True], counts[False]))
    return 1 if counts[False] else 0

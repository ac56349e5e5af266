"""A folder in which `weir sandbox learn` drafts a profile for a command, and in which the command then runs under it."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import tomllib

WEIR = os.environ.get("WEIR_BIN", str(pathlib.Path(__file__).resolve().parents[2] / "build/release/weir"))
NODE = shutil.which("node")


def session(*calls):
    """What a client says to a server on its standard input."""
    lines = [{"jsonrpc": "2.0", "id": 0, "method": "initialize",
              "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}},
             {"jsonrpc": "2.0", "method": "notifications/initialized"}, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}]
    lines += [{"jsonrpc": "2.0", "id": 2 + i, "method": "tools/call", "params": {"name": name, "arguments": args}}
              for i, (name, args) in enumerate(calls)]
    return "".join(json.dumps(line) + "\n" for line in lines)


class Place:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.home, self.work = self.folder / "home", self.folder / "work"
        self.home.mkdir()
        self.work.mkdir()
        (self.home / ".ssh").mkdir()
        (self.home / ".ssh/id_ed25519").write_text("secret")
        self.env = {"HOME": str(self.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "WEIR_DATA": str(self.folder / "data")}

    def run(self, *words, text="", check=True, cwd=None):
        ran = subprocess.run(words, cwd=cwd or self.work, env=self.env, input=text, text=True, capture_output=True, timeout=240)
        if check and ran.returncode != 0:
            raise AssertionError("%s: %d: %s" % (words[:6], ran.returncode, (ran.stdout + ran.stderr)[-700:]))
        return ran

    def learn(self, like, *command, text="", more=()):
        """The draft as a table, which then() uses."""
        before = sorted(p.name for p in self.work.rglob("*"))
        learned = self.run(WEIR, "sandbox", "learn", "--profile", like, "--name", "it", *more, "--", *command, text=text)
        assert sorted(p.name for p in self.work.rglob("*")) == before, "learning left something behind"
        self.config = self.folder / "weir.toml"
        self.config.write_text(learned.stdout)
        draft = tomllib.loads(learned.stdout)["sandbox"]["it"]
        assert draft.pop("like") == like, draft
        return draft

    def then(self, *command, text="", check=True):
        return self.run(WEIR, "sandbox", "--config", str(self.config), "--profile", "it", "--", *command, text=text, check=check)

    def serve(self, command, *calls):
        """What the calls give when weir runs this server under the draft, for a client of `weir mcp`."""
        config = self.folder / "up.toml"
        config.write_text('listen = "127.0.0.1:0"\nmode = "watch"\ndata_dir = "%s/data"\n%s\n[[server]]\nname = "it"\n'
                          'command = %s\nsandbox = "it"\n' % (self.folder, self.config.read_text(), json.dumps(command)))
        env = {key: value for key, value in self.env.items() if key != "WEIR_DATA"}
        with subprocess.Popen([WEIR, "up", "--config", str(config)], env=env, cwd=self.home, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as up:
            try:
                if not any("listening on" in line for line in up.stdout):
                    raise AssertionError("weir did not start")
                return converse([WEIR, "mcp", "--config", str(config)], calls, env, self.home)
            finally:
                up.terminate()


def converse(server, calls, env, cwd):
    """What a server answers to the calls, each said when the one before was answered."""
    prefix = "it__" if server[1] == "mcp" else ""
    with subprocess.Popen(server, env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        said = []
        for line in session(*[(prefix + name, args) for name, args in calls]).splitlines():
            child.stdin.write(line + "\n")
            child.stdin.flush()
            while (wanted := json.loads(line).get("id")) is not None:
                answer = json.loads(child.stdout.readline() or '{"id": "nothing"}')
                if answer.get("id") == "nothing":
                    raise AssertionError("the server ended")
                if answer.get("id") == wanted:
                    said.append(answer)
                    break
        child.stdin.close()
        child.stdout.close()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.terminate()
    return [answer.get("result") or {"isError": True, "content": [], "error": answer["error"]} for answer in said[2:]]


def run_cases(cases, patterns):
    """Prints what each said; (passed, failed)."""
    passed = failed = 0
    for case in cases:
        if patterns and not any(p in case.__name__ for p in patterns):
            continue
        with tempfile.TemporaryDirectory(prefix="weir-learn-", dir="/var/tmp") as folder:
            try:
                said = case(Place(folder)) or "ok"
                passed += 1
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                said = "FAILED: %s" % error
                failed += 1
        print("%s: %s" % (case.__name__, said), flush=True)
    return passed, failed


def no_sandbox():
    """Why this machine cannot have one; empty when it can."""
    probe = subprocess.run([WEIR, "sandbox", "--", "/bin/true"], cwd="/var/tmp", capture_output=True, text=True)
    return probe.stderr.strip() if probe.returncode == 3 else ""

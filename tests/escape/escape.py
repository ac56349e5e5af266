"""Runs the hostile programs of checks/ and the benign ones of benign/ in a sandbox, and says what was reached.

A program's first line says what it tries. Further lines of its head: `effect: NAME`, a file of the workspace that
must not come to be, `terminal: yes`, `supervisor: killed`.
"""
import concurrent.futures
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time

from victim import Victim

HERE = pathlib.Path(__file__).resolve().parent
TIME_S = 120
PROFILE = """
[sandbox.escape]
like = "shell"
read = ["%s"]
run_written = false
[sandbox.escape.limits]
memory = "256MiB"
processes = 128
scratch = "64MiB"
scratch_files = 5000
file = "64MiB"
cpu = "2s"
wall = "10s"
output = "4MiB"
[sandbox.benign]
like = "shell"
"""


class Check:
    def __init__(self, path):
        self.path, self.name = path, path.stem
        head = path.read_text().split("\n")[:6]
        self.tries = re.match(r"(?:#|//) tries: (.+)", head[0]).group(1)
        notes = dict(m.groups() for m in (re.match(r"# (\w+): (.+)", line) for line in head[1:]) if m)
        self.effect = notes.get("effect")
        self.terminal = "terminal" in notes
        self.kill = notes.get("supervisor") == "killed"


class Outcome:
    def __init__(self, reached, said, broken=False, here=True):
        self.reached, self.said, self.broken, self.here = reached, said, broken, here


class Field:
    """A victim, and a way to run programs beside it: `wrap` turns a command into one in a sandbox, which may read
    `programs`: there are those that were compiled."""

    def __init__(self, folder, wrap, programs):
        self.folder = pathlib.Path(folder)
        self.victim = Victim(self.folder)
        self.wrap = wrap
        self.programs = pathlib.Path(programs)

    def close(self):
        self.victim.close()

    def workspace(self, name):
        where = self.victim.home / name
        where.mkdir()
        shutil.copy(HERE / "attack.py", where)
        # What runs later: a repository, and the list of an agent's servers.
        (where / ".git/hooks").mkdir(parents=True)
        (where / ".git/config").write_text("[core]\n\tbare = false\n")
        (where / ".git/HEAD").write_text("ref: refs/heads/main\n")
        (where / ".mcp.json").write_text("{}")
        (where / "victim.json").write_text(json.dumps(self.victim.facts))
        return where

    def command(self, path, where):
        if path.suffix == ".c":
            binary = self.programs / path.stem
            subprocess.run(["cc", "-O1", "-o", str(binary), str(path)], check=True)
            return [str(binary)]
        shutil.copy(path, where)
        program = {".py": ["/usr/bin/python3", "-B"], ".sh": ["/bin/bash"]}[path.suffix]
        return [*program, str(where / path.name)]

    def start(self, command, where, check, out, group=0):
        env = {"HOME": str(self.victim.home), "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
               "WEIR_ESCAPE_SECRET": self.victim.secret, "LANG": "C.UTF-8", "TERM": "xterm"}
        secret = os.open(self.victim.facts["secret_file"], os.O_RDONLY)
        master = None
        options = {"stdin": open(self.victim.stdin_file), "process_group": group}
        if check and check.terminal:
            master, slave = pty.openpty()
            options = {"stdin": slave, "start_new_session": True,
                       "preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)}
        process = subprocess.Popen(self.wrap(command, where), cwd=where, env=env, stdout=out, stderr=out,
                                   pass_fds=[secret], **options)
        os.close(secret)
        return process, master

    def run(self, check):
        where = self.workspace("ws-" + check.name)
        witness = None
        with tempfile.TemporaryFile() as out:
            if check.effect == "witness-was-signalled":
                witness = self.witness(where)
            process, master = self.start(self.command(check.path, where), where, check, out,
                                         witness.pid if witness else 0)
            try:
                if check.kill:
                    for _ in range(100):
                        if (where / "ready").exists():
                            break
                        time.sleep(0.05)
                    process.kill()
                code = process.wait(TIME_S)
            except subprocess.TimeoutExpired:
                code = "time-out"
            if check.effect:
                time.sleep(0.5 if witness else 2.5)
            try:
                os.killpg(witness.pid if witness else process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            if witness:
                witness.kill()
                witness.wait()
            if master is not None:
                os.close(master)
            out.seek(0)
            said = out.read(1 << 16).decode(errors="replace")
        effect = bool(check.effect) and (where / check.effect).exists()
        outcome = self.judge(check, code, said, effect)
        shutil.rmtree(where, ignore_errors=True)
        return outcome

    @staticmethod
    def judge(check, code, said, effect):
        short = said.strip().split("\n")[-1][:200]
        if code == "time-out":
            return Outcome(False, "time-out", broken=True)
        if "Traceback" in said or (code in (2, 3) and "weir: " in said):
            return Outcome(False, short, broken=True)
        if code == 2:
            return Outcome(False, short, here=False)
        return Outcome(code == 0 or effect, short)

    @staticmethod
    def witness(where):
        """A process of the same group as the sandbox's supervisor, and not of the sandbox."""
        script = ("import pathlib, signal, time\n"
                  "signal.signal(signal.SIGUSR1, lambda *_: pathlib.Path(%r).touch())\n"
                  "print('ready', flush=True)\ntime.sleep(20)" % str(where / "witness-was-signalled"))
        witness = subprocess.Popen([sys.executable, "-c", script], process_group=0, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE)
        witness.stdout.readline()
        return witness

    def run_benign(self, path):
        where = self.workspace("benign-" + path.stem)
        with tempfile.TemporaryFile() as out:
            process, _ = self.start(self.command(path, where), where, None, out)
            try:
                code = process.wait(TIME_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                code = "time-out"
            out.seek(0)
            said = out.read(1 << 16).decode(errors="replace")
        shutil.rmtree(where, ignore_errors=True)
        return code == 0, said.strip()[-400:]


def unconfined(command, where):
    # The shell between stands for a supervisor.
    return ["/bin/sh", "-c", '"$@"; exit $?', "sh", *command]


def in_weir(weir, config, profile="escape"):
    return lambda command, where: [weir, "sandbox", "--config", str(config), "--profile", profile, "--", *command]


def checks(patterns=()):
    found = [Check(path) for path in sorted((HERE / "checks").iterdir()) if path.suffix in (".py", ".c", ".sh")]
    return [c for c in found if not patterns or any(p in c.name for p in patterns)]


def run_all(wrap, which, programs, workers=2):
    """name -> Outcome"""
    with tempfile.TemporaryDirectory(prefix="weir-escape-") as folder:
        field = Field(folder, wrap, programs)
        try:
            with concurrent.futures.ThreadPoolExecutor(workers) as pool:
                return dict(zip([c.name for c in which], pool.map(field.run, which)))
        finally:
            field.close()


def run_benign(wrap, programs):
    """name -> (passed, what it said)"""
    with tempfile.TemporaryDirectory(prefix="weir-escape-") as folder:
        field = Field(folder, wrap, programs)
        try:
            return {p.stem: field.run_benign(p) for p in sorted((HERE / "benign").iterdir())}
        finally:
            field.close()

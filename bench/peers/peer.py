"""What a peer is: something between client and upstream that can be installed, started, spoken to and stopped.

A peer's processes are a group of their own, started with an environment that names nothing of the developer's, and
listen on loopback only. Whatever it writes goes to a folder that is thrown away.
"""
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import common

CACHE = common.BUILD.parent / "peers"
START_SECONDS = 400  # the slowest takes 15 s on an idle machine
TICK = os.sysconf("SC_CLK_TCK")


class Missing(Exception):
    """What has to be there first; exit 3."""


class Upstreams:
    def __init__(self, model, mcp):
        self.model, self.mcp = model, mcp  # …/v1, …/mcp


class Peer:
    """One way from client to upstream. Subclasses set what is different; `url` and `mcp_url` after start()."""

    name = ""            # as tables call it
    made_of = ""         # what was installed, for the report
    anew = False         # starts anew for each run, because that takes no time and its state would grow
    serves_model = True
    serves_mcp = False
    tool = "echo"        # what it calls the mock server's tool

    def __init__(self):
        self.process, self.log, self.url, self.mcp_url = None, None, "", ""
        self.headers = {}

    def install(self):
        """Puts it below CACHE where it is not, and gives its version. Raises Missing."""
        return ""

    def start(self, folder, upstreams, workers):
        raise NotImplementedError

    def model(self, reply):
        """What it calls the mock's model of that answer."""
        return reply

    # --- for subclasses

    def run(self, command, folder, env=None):
        kept = {k: os.environ[k] for k in ("PATH", "LANG", "LC_ALL", "TMPDIR") if k in os.environ}
        self.log = pathlib.Path(folder) / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen([str(c) for c in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**kept, "HOME": str(folder), **(env or {})}, start_new_session=True)

    def wait_for(self, url, headers=None):
        """Until a GET there answers anything but a server's error."""
        request = urllib.request.Request(url, headers=headers or {})
        for _ in range(START_SECONDS * 5):
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(request, timeout=5).close()
                return
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise common.Failed("%s does not listen: %s" % (self.name, self.last_words()))

    def wait_for_line(self, words):
        for _ in range(START_SECONDS * 20):
            for line in self.log.read_text(errors="replace").splitlines():
                if words in line:
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise common.Failed("%s does not listen: %s" % (self.name, self.last_words()))

    def last_words(self):
        return self.log.read_text(errors="replace").strip()[-1500:]

    # --- of the processes

    def stop(self):
        if self.process is None:
            return
        for sig, seconds in ((signal.SIGTERM, 15), (signal.SIGKILL, 15)):
            try:
                os.killpg(self.process.pid, sig)
            except ProcessLookupError:
                break
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        try:  # what outlived the one that was waited for
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process = None

    def tree(self):
        """All processes of its group."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                except OSError:
                    continue  # it ended meanwhile
                if int(fields[2]) == self.process.pid:
                    found.append((entry, fields))
        return found

    def rss_mib(self):
        """The sum over its processes; memory that two of them share counts twice."""
        return sum(int(fields[21]) for _, fields in self.tree()) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

    def cpu_s(self):
        """Processor time, user and kernel, of the processes that live, and of their children that were waited for."""
        return sum(sum(int(f) for f in fields[11:15]) for _, fields in self.tree()) / TICK


class Direct(Peer):
    name = "direct"
    serves_mcp = True

    def start(self, folder, upstreams, workers):
        self.url, self.mcp_url = upstreams.model, upstreams.mcp

    def rss_mib(self):
        return 0.0

    def cpu_s(self):
        return 0.0


# --- installing

def _installed(folder, what):
    stamp = folder / "installed"
    return stamp.exists() and stamp.read_text() == what


def _quiet(command, cwd, what):
    run = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True)
    if run.returncode != 0:
        lines = (run.stderr or run.stdout).strip().splitlines()
        raise Missing("%s could not be installed: %s" % (what, lines[-1][-300:] if lines else "no word of why"))


def venv(name, packages):
    """The folder of a virtual environment of its own with these packages (NAME==VERSION) from PyPI."""
    folder, what = CACHE / name, "\n".join(packages)
    if not _installed(folder, what):
        print("bench: installing %s" % ", ".join(packages), flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        _quiet([sys.executable, "-m", "venv", "--clear", folder], CACHE, "python3-venv (apt-get install python3-venv)")
        _quiet([folder / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], folder,
               "the PyPI package " + " ".join(packages))
        (folder / "installed").write_text(what)
    return folder


def npm(name, manifest):
    """The folder of an npm project of its own; `manifest` is its package.json."""
    folder = CACHE / name
    if not _installed(folder, manifest):
        print("bench: installing %s from npm" % name, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(manifest)
        _quiet(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"], folder, "the npm package of " + name)
        (folder / "installed").write_text(manifest)
    return folder

"""A weir of its own for each case, and the person who answers its asks."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

from agent import Http

HERE = pathlib.Path(__file__).resolve().parent

# What the operator of such an agent would say: the owner's own payments and the own company's mail, whose senders the bank and the mail
# server checked, are trusted. Nothing else is.
TRUST = {
    "banking": ["bank:me", "bank:DE89370400440532013000"],
    "slack": [],
    "travel": [],
    "workspace": ["mailto:*@bluesparrowtech.com"],
}


def config(suite, mode, upstream, ask_timeout, servers="", key_env=None, others="", intent=False):
    lines = ['listen = "127.0.0.1:0"', 'mode = "%s"' % mode, 'policies = ["default"]', 'ask_timeout = "%s"' % ask_timeout,
             "manifests = %s" % json.dumps([str(HERE / "manifests" / (suite + ".toml"))]), "[upstream.model]", 'url = "%s"' % upstream]
    if key_env:
        lines.append('key_env = "%s"' % key_env)
    if mode == "seal":
        lines += ["[upstream.reader]", 'url = "%s/reader/v1"' % others, 'models = ["reader"]',
                  "[seal]", 'reader = "reader"', 'reader_model = "reader"']
    if intent:
        lines += ["[upstream.judge]", 'url = "%s/intent/v1"' % others, 'models = ["judge"]',
                  "[intent]", "check = true", 'judge = "judge"', 'judge_model = "judge"']
    for origin in TRUST[suite]:
        lines += ["[[trust]]", 'origin = "%s"' % origin, 'integrity = "trusted"']
    return "\n".join(lines) + "\n" + servers


class Weir:
    def __init__(self, binary, parent, text):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=parent))
        (self.folder / "data").mkdir()
        (self.folder / "weir.toml").write_text(text)
        env = {k: v for k, v in os.environ.items() if not k.startswith("WEIR_") and k != "XDG_DATA_HOME"}
        env.update(WEIR_DATA=str(self.folder / "data"), HOME=str(self.folder / "data"))
        self.errors = open(self.folder / "stderr", "w+")
        self.process = subprocess.Popen([str(binary), "up", "--config", str(self.folder / "weir.toml")], stdout=subprocess.PIPE,
                                        stderr=self.errors, stdin=subprocess.DEVNULL, env=env, text=True)
        line = self.process.stdout.readline()
        while line and "listening on" not in line:
            line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise RuntimeError("weir did not start: " + self.errors.read()[:2000])
        self.url = line.split("listening on", 1)[1].strip()
        self.token = (self.folder / "data/token").read_text().strip()
        self.person_token = (self.folder / "data/person-token").read_text().strip()

    def agent_http(self):
        return Http(self.url + "/v1", self.token)

    def admin(self):
        return Http(self.url, self.person_token)

    def log(self):
        http = self.admin()
        try:
            entries, start = [], 0
            while True:
                page = http.ask("GET", "/weir/log?from=%d&n=1000" % start)
                entries += page["entries"]
                start += len(page["entries"])
                if start >= page["size"] or not page["entries"]:
                    return entries
        finally:
            http.close()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Person(threading.Thread):
    """Answers asks while it lives: yes, once, where `wants(ask)` says so, else no. Keeps what was shown."""

    def __init__(self, weir, wants):
        super().__init__(daemon=True)
        self.http = weir.admin()
        self.wants = wants
        self.shown = []
        self.ended = threading.Event()

    def run(self):
        seen = set()
        while not self.ended.is_set():
            for ask in self.http.ask("GET", "/weir/approvals")["pending"]:
                if ask["id"] in seen:
                    continue
                seen.add(ask["id"])
                yes = self.wants(ask)
                self.shown.append({"yes": yes, "tool": ask["tool"], "why": ask["why"], "policies": ask["policies"],
                                   "args": ask["args"], "values": ask["values"]})
                self.http.ask("POST", "/weir/approvals/" + ask["id"], {"answer": "once" if yes else "deny"})
            time.sleep(0.002)
        self.http.close()

    def end(self):
        self.ended.set()
        self.join()

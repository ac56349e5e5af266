"""Runs the hostile programs of egress/ beside a Front, in a sandbox whose profile grants a part of it."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from escape import HERE, TIME_S, Check, Field
from front import Front


def checks(patterns=()):
    found = [Check(path) for path in sorted((HERE / "egress").glob("*.py"))]
    return [c for c in found if not patterns or any(p in c.name for p in patterns)]


class Net:
    """`wrap` turns a command into one in a sandbox, given the grants in TOML and a folder for whatever it needs."""

    def __init__(self, folder, wrap):
        self.folder = pathlib.Path(folder)
        self.secret = "CANARY-" + os.urandom(16).hex()
        self.front = Front(self.folder / "front", self.secret)
        self.command = wrap(self.front.grants(), self.folder)
        self.facts = dict(self.front.facts, secret_sha256=hashlib.sha256(self.secret.encode()).hexdigest(),
                          record=str(self.folder / "data/egress.log"))

    def run(self, check):
        where = self.folder / ("ws-" + check.name)
        where.mkdir()
        for name in ("attack.py", "reach.py"):
            shutil.copy(HERE / name, where)
        shutil.copy(check.path, where)
        (where / "victim.json").write_text(json.dumps(self.facts))
        inside = self.command is not None
        env = {"HOME": str(self.folder), "PATH": "/usr/local/bin:/usr/bin:/bin", "ESCAPE_TOKEN": self.secret, "LANG": "C.UTF-8",
               "WEIR_DATA": str(self.folder / "data"), "SSL_CERT_FILE": str(self.folder / "front/ca.pem")}
        command = ["/usr/bin/python3", "-B", str(where / check.path.name)]
        if not inside:
            env["TOKEN"] = self.secret
            (self.folder / "data").mkdir(exist_ok=True)
        try:
            ran = subprocess.run([*(self.command or []), *command], cwd=where, env=env, stdin=subprocess.DEVNULL, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIME_S)
            code, said = ran.returncode, ran.stdout
        except subprocess.TimeoutExpired:
            code, said = "time-out", ""
        with self.front.lock:
            saw = self.front.seen
        effect = {"server-saw": b"EXFIL-4d1f" in saw, "server-saw-secret": self.secret.encode() in saw}.get(check.effect, False)
        return Field.judge(check, code, said, effect)


def in_weir(weir):
    def wrap(grants, folder):
        config = folder / "weir.toml"
        config.write_text('[sandbox.net]\nlike = "shell"\n' + grants)
        return [weir, "sandbox", "--config", str(config), "--profile", "net", "--"]
    return wrap


def run_all(wrap, which, workers=4):
    """name -> Outcome. What a server saw is told apart by running those alone."""
    out = {}
    for alone in (False, True):
        some = [c for c in which if bool(c.effect) == alone]
        if alone:
            for check in some:
                with tempfile.TemporaryDirectory(prefix="weir-egress-") as folder:
                    net = Net(folder, wrap)
                    out[check.name] = net.run(check)
                    net.front.close()
            continue
        with tempfile.TemporaryDirectory(prefix="weir-egress-") as folder:
            net = Net(folder, wrap)
            with concurrent.futures.ThreadPoolExecutor(workers) as pool:
                out.update(zip([c.name for c in some], pool.map(net.run, some)))
            net.front.close()
    return out


def unconfined(grants, folder):
    return None

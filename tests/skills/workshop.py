"""A home with a weir.toml, keys, and skills made in it."""
import base64
import hashlib
import json
import os
import pathlib
import subprocess
import tarfile
import io

WEIR = os.environ.get("WEIR_BIN") or str(pathlib.Path(__file__).resolve().parents[2] / "build/release/weir")

CONFIG = """
[skills.signer.acme]
key = "acme.pub"
integrity = "trusted"
[skills.signer.known]
key = "known.pub"
[skills.signer.narrow]
key = "narrow.pub"
skills = ["narrow-*"]
integrity = "trusted"
"""


def skill_md(name, body="# Use\n\nFill the form as the user says, then show the result to the user.\n", description="Fills PDF forms from a list of values.", more=""):
    return "---\nname: %s\ndescription: %s\n%s---\n%s" % (name, description, more, body)


class Workshop:
    def __init__(self, folder, config=""):
        self.home = pathlib.Path(folder)
        self.config = self.home / "conf/weir.toml"
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.made = self.home / "made"
        self.made.mkdir(exist_ok=True)
        self.work = self.home / "work"
        self.work.mkdir(exist_ok=True)
        for name in ("acme", "known", "narrow", "stranger"):
            key = self.config.parent / (name + ".pem")
            subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key)], check=True, capture_output=True)
            subprocess.run(["openssl", "ec", "-in", str(key), "-pubout", "-out", str(self.config.parent / (name + ".pub"))], check=True, capture_output=True)
        self.config.write_text(CONFIG + config)

    def key(self, name):
        return str(self.config.parent / (name + ".pem"))

    def weir(self, *args, text=None, cwd=None, env=None):
        full = {k: v for k, v in os.environ.items() if not k.startswith(("WEIR_", "XDG_"))}
        full.update({"HOME": str(self.home), "WEIR_CONFIG": str(self.config), **(env or {})})
        return subprocess.run([WEIR, *map(str, args)], cwd=cwd or self.work, env=full, input=text,
                              stdin=subprocess.DEVNULL if text is None else None, capture_output=True, text=True, timeout=120)

    def folder(self, name, files=None, md=None, under="a"):
        """A skill's folder; files: path -> text or bytes."""
        top = self.made / under / name
        top.mkdir(parents=True, exist_ok=True)
        for path, content in {"SKILL.md": skill_md(name) if md is None else md, **(files or {})}.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_bytes(content if isinstance(content, bytes) else content.encode())
        return top

    def signed(self, name, files=None, md=None, by="acme", under="a"):
        top = self.folder(name, files, md, under)
        done = self.weir("skill", "sign", "--key", self.key(by), top)
        assert done.returncode == 0, done.stderr
        return top

    def add(self, place, *args):
        return self.weir("skill", "add", place, "--yes", *args)

    def accepted(self, place, *args):
        done = self.add(place, *args)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def installed(self):
        done = self.weir("skill", "list", "--json")
        assert done.returncode == 0, done.stderr
        return {each["name"]: each for each in json.loads(done.stdout)["skills"]}

    def catalogue(self, *folders, name="shop", args=(), lasts="720h"):
        out = self.made / ("catalogue-" + name)
        out.mkdir(exist_ok=True)
        done = self.weir("skill", "catalogue", "make", "--name", name, "--key", self.config.parent / (name + ".key"), "--out", out, "--for", lasts, *args, *folders)
        assert done.returncode == 0, done.stderr
        return out

    def catalogue_key(self, name="shop"):
        done = self.weir("skill", "catalogue", "key", "--name", name, "--key", self.config.parent / (name + ".key"))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def configure(self, more):
        self.config.write_text(CONFIG + more)


def tar_of(path, entries, mode="w:gz"):
    """entries: TarInfo, or (name, bytes)."""
    with tarfile.open(path, mode) as out:
        for each in entries:
            if isinstance(each, tarfile.TarInfo):
                out.addfile(each)
            else:
                info = tarfile.TarInfo(each[0])
                info.size = len(each[1])
                out.addfile(info, io.BytesIO(each[1]))
    return path


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info


def read_bundle(top):
    return json.loads((top / "skill.oms.sig").read_text())


def statement_of(top):
    return json.loads(base64.b64decode(read_bundle(top)["dsseEnvelope"]["payload"]))


def sign_statement(shop, top, statement, by="acme", hint=None):
    """A bundle over any statement at all, by a key of ours."""
    payload = json.dumps(statement).encode()
    kind = b"application/vnd.in-toto+json"
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", shop.key(by)], input=message, capture_output=True, check=True)
    bundle = read_bundle(top)
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(done.stdout).decode()
    if hint:
        bundle["verificationMaterial"]["publicKey"]["hint"] = hint
    (top / "skill.oms.sig").write_text(json.dumps(bundle))


def hint_of(shop, name):
    return hashlib.sha256((shop.config.parent / (name + ".pub")).read_bytes()).hexdigest()

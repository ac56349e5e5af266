"""What a sandbox is granted of the network works, with programs that know nothing of it; each case a function that returns what is
wrong, or nothing."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from front import Front

FETCH = """
const r = await fetch(process.argv[2], {headers: {authorization: "Bearer " + (process.env.TOKEN ?? "")}});
console.log(await r.text());
"""
URLLIB = """
import os, sys, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"Authorization": "Bearer " + os.environ.get("TOKEN", "")})
print(urllib.request.urlopen(request).read().decode())
"""
KEPT_ALIVE = """
import http.client, sys
connection = http.client.HTTPConnection("allowed.test", int(sys.argv[1]))
for i in range(50):
    connection.request("GET", "/%d" % i)
    assert connection.getresponse().read() == b"hello"
print("fifty")
"""
LARGE = """
import socket, sys, threading
sock = socket.create_connection(("raw.test", int(sys.argv[1])))
size = 64 << 20
def send():
    block = bytes(1 << 16)
    for _ in range(size // len(block)): sock.sendall(block)
    sock.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
got = 0
while True:
    more = sock.recv(1 << 16)
    if not more: break
    got += len(more)
print("back", got == size)
"""
MANY = """
import socket, sys
socks = [socket.create_connection(("allowed.test", int(sys.argv[1])), 20) for _ in range(150)]
for sock in socks[:100]: sock.close()
for sock in socks[100:]:
    sock.settimeout(30)
    sock.sendall(b"GET / HTTP/1.1\\r\\nHost: allowed.test\\r\\n\\r\\n")
    assert b"hello" in sock.recv(1000)
print("all")
"""


class Place:
    def __init__(self, weir):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-granted-"))
        self.secret = "CANARY-" + os.urandom(16).hex()
        self.front = Front(self.folder / "front", self.secret)
        self.mirror = self.front.listen("127.0.0.1", 0, self.repeat)
        config = self.folder / "weir.toml"
        secret_file = self.folder / "token"
        secret_file.write_text(self.secret + "\n")
        net = ['"allowed.test=127.0.0.1:%d"' % self.front.facts[port] for port in ("web", "tls")]
        net.append('"tcp://raw.test=127.0.0.1:%d"' % self.mirror)
        config.write_text('[sandbox.net]\nlike = "shell"\nread = ["%s"]\nnet = [%s]\n'
                          'secrets = { TOKEN = { file = "%s", host = "api.test=127.0.0.1:%d" } }\n'
                          '[sandbox.missing]\nsecrets = { TOKEN = { env = "WEIR_TEST_NOT_SET", host = "api.test" } }\n'
                          % (self.folder, ", ".join(net), secret_file, self.front.facts["api"]))
        self.work = self.folder / "work"
        self.work.mkdir()
        self.command = [weir, "sandbox", "--config", str(config), "--profile"]

    def repeat(self, connection):
        while True:
            data = connection.recv(1 << 16)
            if not data:
                return
            connection.sendall(data)

    def run(self, *words, profile="net", script=None):
        if script:
            (self.work / script[0]).write_text(script[1])
        env = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "WEIR_DATA": str(self.folder / "data"),
               "SSL_CERT_FILE": str(self.folder / "front/ca.pem")}
        ran = subprocess.run([*self.command, profile, "--", *words], cwd=self.work, env=env, stdin=subprocess.DEVNULL, text=True,
                             capture_output=True, timeout=120)
        return ran.stdout + ran.stderr

    def record(self):
        return [json.loads(line) for line in (self.folder / "data/egress.log").read_text().splitlines()]

    def close(self):
        self.front.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def expect(said, *parts):
    missing = [part for part in parts if part not in said]
    return "no %r in %r" % (missing[0], said[-600:]) if missing else ""


def http_by_curl(place):
    url = "http://allowed.test:%d/" % place.front.facts["web"]
    return expect(place.run("curl", "-sS", "-m", "20", url), "hello")


def https_is_passed_on_as_it_is(place):
    """Its certificate is the server's own: the program sees the test's authority."""
    url = "https://allowed.test:%d/" % place.front.facts["tls"]
    return expect(place.run("curl", "-sS", "-m", "20", "--cacert", str(place.folder / "front/ca.pem"), url), "hello")


def kept_alive(place):
    return expect(place.run("python3", "k.py", str(place.front.facts["web"]), script=("k.py", KEPT_ALIVE)), "fifty")


def large_both_ways(place):
    return expect(place.run("python3", "l.py", str(place.mirror), script=("l.py", LARGE)), "back True")


def more_connections_than_at_once(place):
    return expect(place.run("python3", "m.py", str(place.front.facts["web"]), script=("m.py", MANY)), "all")


def secret_by_node(place):
    url = "https://api.test:%d/" % place.front.facts["api"]
    said = place.run("node", "f.mjs", url, script=("f.mjs", FETCH))
    return expect(said, "authorization: Bearer ") or secret_arrived(place, said)


def secret_by_python(place):
    url = "https://api.test:%d/" % place.front.facts["api"]
    said = place.run("python3", "u.py", url, script=("u.py", URLLIB))
    return expect(said, "Authorization: Bearer ") or secret_arrived(place, said)


def secret_by_curl_as_a_password(place):
    url = "https://api.test:%d/" % place.front.facts["api"]
    return secret_arrived(place, place.run("sh", "-c", 'curl -sS -m 20 -H "X-Key: $TOKEN" ' + url))


def secret_arrived(place, said):
    with place.front.lock:
        seen, place.front.seen = place.front.seen, b""
    if place.secret.encode() not in seen:
        return "the server did not get the secret: %r" % said[-500:]
    return "the sandbox saw the secret" if place.secret in said else ""


def secret_file_is_covered(place):
    return "the sandbox read it" if place.secret in place.run("cat", str(place.folder / "token")) else ""


def missing_secret_is_a_refusal(place):
    return expect(place.run("true", profile="missing"), "weir: the secret TOKEN is to be in the variable WEIR_TEST_NOT_SET")


def all_is_recorded(place):
    place.run("curl", "-sS", "-m", "20", "http://allowed.test:%d/" % place.front.facts["web"])
    said = place.run("curl", "-sS", "-m", "20", "http://127.0.0.1:%d/" % place.front.facts["web"])
    place.run("curl", "-sS", "-m", "20", "http://nobody.test/")
    lines = place.record()
    good = any(x["host"] == "allowed.test" and x["result"] == "allowed" and x["in_bytes"] > 0 and x.get("requests") == 1 for x in lines)
    refused = {x["host"]: x["why"] for x in lines if x["result"] == "refused"}
    swapped = any(x.get("secret") == "TOKEN" for x in lines)
    if not good or not swapped or "nobody.test" not in refused or "127.0.0.1" not in refused:
        return "the record lacks something: %r" % lines
    return expect(said, "weir: the sandbox's network refused 127.0.0.1:")


CASES = [http_by_curl, https_is_passed_on_as_it_is, kept_alive, large_both_ways, more_connections_than_at_once, secret_by_node,
         secret_by_python, secret_by_curl_as_a_password, secret_file_is_covered, missing_secret_is_a_refusal, all_is_recorded]


def run(weir, patterns=()):
    place = Place(weir)
    try:
        for case in CASES:
            if not patterns or any(p in case.__name__ for p in patterns):
                yield case.__name__, case(place)
    finally:
        place.close()

"""The network that the programs of egress/ attack: servers on the loopback, one of which may be reached.

Front(folder, secret) starts them and gives `facts`; `seen` collects what arrived at them. The servers believe everything
that a careless one might: any spelling of a Host, CONNECT, upgrades, other protocols. Whoever is served for the
host `forbidden.test` gets the secret.
"""
import os
import pathlib
import re
import socket
import ssl
import subprocess
import threading


def free_port(addresses=("127.0.0.1",)):
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        try:
            for address in addresses:
                with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as other:
                    other.bind((address, port))
            return port
        except OSError:
            continue


def make_certificates(folder, names):
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=test authority",
            "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    pathlib.Path(folder, "names").write_text("subjectAltName=" + ",".join("DNS:" + name for name in names))
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem",
            "-days", "30", "-extfile", "names")


class Front:
    NAMES = ("allowed.test", "forbidden.test", "api.test", "wrong.test")

    def __init__(self, folder, secret):
        self.folder, self.secret, self.seen, self.lock = pathlib.Path(folder), secret.encode(), b"", threading.Lock()
        self.folder.mkdir()
        make_certificates(self.folder, self.NAMES)
        self.open = []
        web = free_port(("127.0.0.2", "::1") if socket.has_ipv6 else ("127.0.0.2",))
        self.facts = {"web": web, "tls": self.listen("127.0.0.1", 0, self.tls_web), "api": self.listen("127.0.0.1", 0, self.tls_echo),
                      "other": self.listen("127.0.0.1", 0, self.give), "api_plain": self.listen("127.0.0.1", 0, self.echo)}
        self.listen("127.0.0.1", web, self.web)
        self.listen("127.0.0.2", web, self.give)
        try:
            self.listen("::1", web, self.give)
        except OSError:
            pass
        for name in ("dns", "udp"):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("127.0.0.1", web if name == "udp" else 0))
            self.open.append(sock)
            self.facts[name] = sock.getsockname()[1]
            threading.Thread(target=self.datagrams, args=(sock, name), daemon=True).start()

    def listen(self, address, port, handle):
        listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(64)
        self.open.append(listener)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.settimeout(10)
                threading.Thread(target=self.guarded, args=(handle, connection), daemon=True).start()
        threading.Thread(target=serve, daemon=True).start()
        return listener.getsockname()[1]

    @staticmethod
    def guarded(handle, connection):
        try:
            handle(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def note(self, data):
        with self.lock:
            self.seen += data

    def give(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + self.secret)

    def datagrams(self, sock, name):
        while True:
            try:
                data, peer = sock.recvfrom(2048)
            except OSError:
                return
            self.note(data)
            # As a name server would say it: the name is there, at 127.0.0.2.
            answer = data[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + data[12:] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\2"
            sock.sendto(answer if name == "dns" else self.secret, peer)

    def web(self, connection, forbidden=False):
        data = b""
        while True:
            more = connection.recv(65536)
            if not more:
                return
            self.note(more)
            data += more
            if b"\n\n" not in data and b"\r\n\r\n" not in data and not data.startswith(b"GIVE"):
                continue
            evil = forbidden or re.search(rb"(?im)^host[ \t]*:\s*\S*forbidden|^[A-Z]+ \w+://forbidden|^CONNECT |^PRI |^GIVE|^upgrade: h2c", data)
            body = self.secret if evil else b"hello"
            data = b""
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def tls(self, connection):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        names = []
        context.sni_callback = lambda _, name, __: names.append(name)
        return context.wrap_socket(connection, server_side=True), (names or [None])[0]

    def tls_web(self, connection):
        secured, name = self.tls(connection)
        self.web(secured, forbidden=name != "allowed.test")

    def echo(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return
            data += more
        self.note(data)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + data)

    def tls_echo(self, connection):
        self.echo(self.tls(connection)[0])

    def close(self):
        for sock in self.open:
            sock.close()

    def grants(self):
        """[sandbox.NAME]: what may be reached, in TOML."""
        host = os.uname().nodename
        resolves = ['"%s:%d"' % (host, self.facts["web"])] if re.fullmatch(r"[a-z0-9-]*[a-z][a-z0-9-]*", host) else []
        net = ['"allowed.test=127.0.0.1:%d"' % self.facts[port] for port in ("web", "tls")]
        net += ['"wrong.test=127.0.0.1:%d"' % self.facts["api"], '"api.test=127.0.0.1:%d"' % self.facts["api_plain"],
                '"localhost:%d"' % self.facts["web"], *resolves]
        return "net = [%s]\nsecrets = { TOKEN = { env = \"ESCAPE_TOKEN\", host = \"api.test=127.0.0.1:%d\" } }\n" % (
            ", ".join(net), self.facts["api"])

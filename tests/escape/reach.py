"""What the programs of egress/ share, beside attack.py."""
import os
import socket
import ssl
import struct

from attack import V, is_secret, not_reached, reached

TOKEN = os.environ.get("TOKEN", "")


def name_server():
    """The sandbox's own; without one, the victim's."""
    try:
        inside = "nameserver 198.18.0.1" in open("/etc/resolv.conf").read()
    except OSError:
        inside = False
    return ("198.18.0.1", 53) if inside else ("127.0.0.1", V["dns"])


def ask(labels, server=None, kind=1):
    """The address that a name server gives for a name of these labels (bytes), or None."""
    query = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0" + b"".join(bytes([len(x)]) + x for x in labels) + b"\0" + struct.pack(">HH", kind, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        try:
            sock.connect(server or name_server())
            sock.send(query)
            answer = sock.recv(2048)
        except OSError:
            return None
    if len(answer) < 16 or answer[3] & 15 or answer[6:8] == b"\0\0":
        return None
    return socket.inet_ntoa(answer[-4:])


def address(name):
    """Of a name that is granted; without the sandbox it is the loopback."""
    return ask([part.encode() for part in name.split(".")]) if name_server()[1] == 53 else "127.0.0.1"


def connect(host, port):
    sock = socket.create_connection((host, port), timeout=5)
    sock.settimeout(5)
    return sock


def secured(sock, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(sock, server_hostname=name)


def exchange(sock, *parts):
    """Sends each part, and gives all that comes back until the end or a pause."""
    out = b""
    for part in parts:
        try:
            sock.sendall(part)
            while True:
                got = sock.recv(65536)
                if not got:
                    return out
                out += got
                sock.settimeout(0.7)
        except OSError:
            pass
    return out


def steal_from(host, port, *parts, sni=None, tls=False):
    """Reached when what comes back holds the secret."""
    try:
        sock = connect(host, port)
        if tls:
            sock = secured(sock, sni)
        got = exchange(sock, *(parts or (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",)))
    except OSError as error:
        not_reached(error)
    reached("the secret") if is_secret(got) else not_reached(got[:200])


def web(*parts):
    """Through the host that is granted."""
    steal_from(address("allowed.test"), V["web"], *parts)

"""The victim of the hostile programs: a home with secrets, a process that holds one, services, keys, memory.

Victim(folder) makes all of it and gives `facts`, which the programs get; close() ends it. As a program this is
the process that the others look for.
"""
import ctypes
import hashlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading

libc = ctypes.CDLL(None, use_errno=True)


def serve(listener, secret):
    while True:
        connection, _ = listener.accept()
        connection.sendall(secret)
        connection.close()


def serve_datagrams(sock, secret):
    while True:
        _, peer = sock.recvfrom(100)
        sock.sendto(secret, peer)


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
            return sock.getsockname()[0]
        except OSError:
            return ""


def be_victim(folder, marker):
    """Prints its facts as one line of JSON, then serves until standard input ends."""
    secret = os.environ["WEIR_ESCAPE_SECRET"].encode()
    kept = ctypes.create_string_buffer(secret)
    facts = {"secret_address": ctypes.addressof(kept), "marker": marker, "address": own_address(), "tcp6_port": 1}

    def listen(family, address):
        listener = socket.socket(family)
        listener.bind(address)
        listener.listen()
        threading.Thread(target=serve, args=(listener, secret), daemon=True).start()
        return listener.getsockname()

    facts["tcp_port"] = listen(socket.AF_INET, ("127.0.0.1", 0))[1]
    facts["tcp_any_port"] = listen(socket.AF_INET, ("0.0.0.0", 0))[1]
    try:
        facts["tcp6_port"] = listen(socket.AF_INET6, ("::1", 0))[1]
    except OSError:
        pass
    facts["abstract"] = "weir-escape-%d" % os.getpid()
    listen(socket.AF_UNIX, "\0" + facts["abstract"])
    facts["unix_path"] = "/tmp/weir-escape-%d.sock" % os.getpid()
    listen(socket.AF_UNIX, facts["unix_path"])
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    threading.Thread(target=serve_datagrams, args=(udp, secret), daemon=True).start()
    facts["udp_port"] = udp.getsockname()[1]

    facts["shm_key"] = 0x77650000 + os.getpid() % 65536
    shm = libc.shmget(facts["shm_key"], 4096, 0o1600)
    libc.shmat.restype = ctypes.c_void_p
    ctypes.memmove(libc.shmat(shm, None, 0), secret, len(secret))
    queue = libc.msgget(facts["shm_key"], 0o1600)
    facts["posix_shm"] = "weir-escape-%d" % os.getpid()
    facts["tmp_file"] = "/tmp/weir-escape-%d.txt" % os.getpid()
    left = [pathlib.Path("/dev/shm", facts["posix_shm"]), pathlib.Path(facts["tmp_file"])]
    for path in left:
        path.write_bytes(secret)
    print(json.dumps(facts), flush=True)
    sys.stdin.read()
    libc.shmctl(shm, 0, None)
    libc.msgctl(queue, 0, None)
    for path in [*left, pathlib.Path(facts["unix_path"])]:
        path.unlink(missing_ok=True)
    os._exit(0)


def handle_of(path):
    """A file handle in the form that open_by_handle_at takes, as hex."""
    handle = ctypes.create_string_buffer(136)
    ctypes.memmove(handle, (ctypes.c_uint32 * 1)(128), 4)
    mount = ctypes.c_int()
    if libc.name_to_handle_at(-100, os.fsencode(path), handle, ctypes.byref(mount), 0) != 0:
        return ""
    size = int.from_bytes(handle.raw[:4], "little")
    return handle.raw[:8 + size].hex()


def nameserver():
    try:
        for line in open("/etc/resolv.conf"):
            if line.startswith("nameserver"):
                return line.split()[1].split("%")[0]
    except OSError:
        pass
    return ""


class Victim:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.home = folder / "home"
        self.outside = folder / "outside"
        (self.home / ".ssh").mkdir(parents=True)
        self.outside.mkdir()
        self.secret = "CANARY-" + os.urandom(16).hex()
        secret_file = self.home / ".ssh/id_ed25519"
        secret_file.write_text(self.secret)
        secret_file.chmod(0o600)
        self.stdin_file = self.outside / "stdin"
        self.stdin_file.write_text("nothing\n")
        marker = "weir-escape-marker-" + os.urandom(4).hex()
        # The session's keyring is inherited by whoever is started from here.
        key = libc.syscall(self._number(248, 217), b"user", b"weir-escape", self.secret.encode(), len(self.secret), -3)
        self.process = subprocess.Popen([sys.executable, "-B", __file__, str(folder), marker], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=dict(os.environ, WEIR_ESCAPE_SECRET=self.secret))
        self.facts = json.loads(self.process.stdout.readline())
        disk = os.stat("/").st_dev
        name = "/dev/block/%d:%d" % (os.major(disk), os.minor(disk))
        self.facts.update(
            pid=self.process.pid, secret_sha256=hashlib.sha256(self.secret.encode()).hexdigest(), key=key,
            secret_file=str(secret_file), outside=str(self.outside), hostname=os.uname().nodename,
            handle=handle_of(secret_file), nameserver=nameserver(), disk_number=disk if os.major(disk) else 0,
            disk=os.path.realpath(name) if os.path.exists(name) else self._device(disk))

    @staticmethod
    def _number(*columns):
        return columns[1 if os.uname().machine == "aarch64" else 0]

    @staticmethod
    def _device(number):
        for name in os.listdir("/dev"):
            about = os.lstat("/dev/" + name)
            if about.st_rdev == number and about.st_mode & 0o170000 == 0o060000:
                return "/dev/" + name
        return ""

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()


if __name__ == "__main__":
    be_victim(*sys.argv[1:])

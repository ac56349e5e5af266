set -eu
# threads, processes, a temporary file, a pseudo-random number, memory files, sockets of its own loopback
python3 -B - <<'P'
import multiprocessing, os, socket, subprocess, tempfile, threading
t = threading.Thread(target=lambda: None); t.start(); t.join()
assert subprocess.run(["echo", "x"], capture_output=True).stdout == b"x\n"
with multiprocessing.Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]
with tempfile.NamedTemporaryFile() as f: f.write(os.urandom(10))
fd = os.memfd_create("x"); os.write(fd, b"y")
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname()); client.sendall(b"z")
assert server.accept()[0].recv(1) == b"z"
a, b = socket.socketpair(); a.send(b"q"); assert b.recv(1) == b"q"
P

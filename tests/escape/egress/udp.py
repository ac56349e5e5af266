# tries: send a datagram to a server on a port that is granted
import socket

from reach import V, address, is_secret, not_reached, reached

for host in (address("allowed.test"), "127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        try:
            sock.sendto(b"hello", (host, V["udp"]))
            if is_secret(sock.recv(2048)):
                reached(host)
        except OSError:
            pass
not_reached("no answer")

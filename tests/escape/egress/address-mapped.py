# tries: reach another address by its IPv6 form
import socket

from reach import V, exchange, is_secret, not_reached, reached

try:
    sock = socket.socket(socket.AF_INET6)
    sock.settimeout(5)
    sock.connect(("::ffff:127.0.0.2", V["web"]))
    got = exchange(sock, b"GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n")
except OSError as error:
    not_reached(error)
reached() if is_secret(got) else not_reached(got[:100])

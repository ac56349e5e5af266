# tries: reach an address that is written in hexadecimal, octal and short forms
import socket

from reach import V, connect, exchange, is_secret, not_reached, reached

for spelling in ("0x7f000002", "0x7f.2", "0177.0.0.2", "127.2"):
    try:
        if is_secret(exchange(connect(spelling, V["web"]), b"GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n")):
            reached(spelling)
    except OSError:
        pass
not_reached("no spelling")

# tries: spell the Host field in a way that only a careless server reads
from reach import V, address, connect, exchange, is_secret, not_reached, reached

for head in (b"Host: allowed.test\r\nHost : forbidden.test", b"Host: allowed.test\r\nX: y\r\n Host: forbidden.test",
             b"X: y\nHost: forbidden.test\r\nHost: allowed.test", b"Host:\tforbidden.test", b"Host: allowed.test\r\nHost\t: forbidden.test"):
    try:
        got = exchange(connect(address("allowed.test"), V["web"]), b"GET / HTTP/1.1\r\n" + head + b"\r\n\r\n")
        if is_secret(got):
            reached(head)
    except OSError:
        pass
not_reached("no spelling")

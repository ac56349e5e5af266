# tries: reach the machine itself by a granted name that leads to it
import os

from reach import V, ask, exchange, connect, is_secret, not_reached, reached

for labels in ([b"localhost"], [os.uname().nodename.encode()]):
    where = ask(labels)
    if not where:
        continue
    try:
        host = b".".join(labels)
        if is_secret(exchange(connect(where, V["web"]), b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % host)):
            reached(where)
    except OSError:
        pass
not_reached("not reached")

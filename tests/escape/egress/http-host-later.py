# tries: have another host served by the second request of a connection
from reach import web

web(b"GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n", b"GET / HTTP/1.1\r\nHost: forbidden.test\r\n\r\n")

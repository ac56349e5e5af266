# tries: give two hosts
from reach import web

web(b"GET / HTTP/1.1\r\nHost: allowed.test\r\nHost: forbidden.test\r\n\r\n")

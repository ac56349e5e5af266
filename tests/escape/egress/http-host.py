# tries: have another host served over a granted connection
from reach import web

web(b"GET / HTTP/1.1\r\nHost: forbidden.test\r\n\r\n")

# tries: have another host served by a request that follows at once
from reach import web

web(b"GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\nGET / HTTP/1.1\r\nHost: forbidden.test\r\n\r\n")

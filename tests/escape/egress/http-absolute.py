# tries: name another host in the request target
from reach import web

web(b"GET http://forbidden.test/ HTTP/1.1\r\nHost: allowed.test\r\n\r\n")

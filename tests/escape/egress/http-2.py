# tries: speak HTTP/2, where each request has a host of its own
from reach import web

web(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

# tries: make a tunnel of a granted host (CONNECT)
from reach import web

web(b"CONNECT forbidden.test:443 HTTP/1.1\r\nHost: allowed.test\r\n\r\n")

# tries: ask a name server that speaks HTTPS, at its address
from reach import V, steal_from

steal_from("127.0.0.1", V["tls"], b"POST /dns-query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", tls=True)

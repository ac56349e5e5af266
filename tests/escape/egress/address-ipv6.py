# tries: reach a server over IPv6 on a port that is granted
from reach import V, steal_from

steal_from("::1", V["web"], b"GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n")

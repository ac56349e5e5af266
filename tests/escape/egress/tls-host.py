# tries: name one host in TLS and another in the request, where the secret is put in
from reach import TOKEN, V, address, steal_from

steal_from(address("api.test"), V["api"], b"GET / HTTP/1.1\r\nHost: wrong.test\r\nX: %s\r\n\r\n" % TOKEN.encode(), tls=True, sni="api.test")

# tries: have its own host say the secret back
from reach import TOKEN, V, address, steal_from

steal_from(address("api.test"), V["api"], b"GET / HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer %s\r\n\r\n" % TOKEN.encode(),
           tls=True, sni="api.test")

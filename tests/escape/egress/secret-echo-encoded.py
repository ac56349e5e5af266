# tries: have its own host say the secret back in an encoded form
import base64
import re

from reach import TOKEN, V, address, connect, exchange, is_secret, not_reached, reached, secured

basic = base64.b64encode(b"x:" + TOKEN.encode())
try:
    got = exchange(secured(connect(address("api.test"), V["api"]), "api.test"),
                   b"GET / HTTP/1.1\r\nHost: api.test\r\nAuthorization: Basic %s\r\n\r\n" % basic)
except OSError as error:
    not_reached(error)
for word in re.findall(rb"[A-Za-z0-9+/]{24,}=*", got):
    got += base64.b64decode(word + b"===")
reached() if is_secret(got) else not_reached(got[:200])

# tries: name another host in TLS
from reach import V, address, steal_from

steal_from(address("allowed.test"), V["tls"], tls=True, sni="forbidden.test")

# tries: ask another name server
from reach import V, ask, not_reached, reached

found = ask([b"forbidden", b"test"], ("127.0.0.1", V["dns"]))
reached(found) if found else not_reached("no answer")

# tries: have a name answered that is not granted
from reach import ask, not_reached, reached

found = ask([b"forbidden", b"test"])
reached(found) if found else not_reached("no answer")

# tries: have names below and beside a granted one answered
from reach import ask, not_reached, reached

for labels in ([b"x", b"allowed", b"test"], [b"notallowed", b"test"], [b"allowed", b"test", b"forbidden", b"test"], [b"test"], []):
    found = ask(labels)
    if found:
        reached("%r: %s" % (labels, found))
not_reached("no answer")

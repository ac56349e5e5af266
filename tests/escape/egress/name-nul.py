# tries: hide a name behind a NUL in a granted one
from reach import ask, not_reached, reached

for labels in ([b"allowed.test\0", b"forbidden", b"test"], [b"allowed", b"test\0forbidden"], [b"allowed.test"], [b"allowed", b"test.", b"x"]):
    found = ask(labels)
    if found:
        reached("%r: %s" % (labels, found))
not_reached("no answer")

# tries: have a number answered as a name
from reach import ask, not_reached, reached

for labels in ([b"2130706434"], [b"127", b"0", b"0", b"2"], [b"0x7f", b"2"], [b"127.0.0.2"]):
    found = ask(labels)
    if found:
        reached("%r: %s" % (labels, found))
not_reached("no answer")

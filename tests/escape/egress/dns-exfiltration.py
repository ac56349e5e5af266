# tries: carry data out in a name that is asked for
# effect: server-saw
from reach import ask, not_reached

ask([b"EXFIL-4d1f", b"forbidden", b"test"])
ask([b"EXFIL-4d1f", b"allowed", b"test"])
not_reached("the servers will tell")

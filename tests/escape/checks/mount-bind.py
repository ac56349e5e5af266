# tries: bind a folder to another place
from attack import *
os.mkdir("m")
result, error = call("mount", b"/usr", b"m", None, 4096, 0)
if result == 0:
    call("umount2", b"m", 2)
    reached()
not_reached(os.strerror(error))

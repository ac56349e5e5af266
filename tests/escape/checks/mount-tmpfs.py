# tries: mount a file system
from attack import *
os.mkdir("m")
result, error = call("mount", b"none", b"m", b"tmpfs", 0, 0)
if result == 0:
    call("umount2", b"m", 2)
    reached()
not_reached(os.strerror(error))

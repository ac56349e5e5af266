# tries: use a descriptor that was left open
from attack import *
for fd in range(3, 64):
    try:
        if is_secret(os.pread(fd, 4096, 0)):
            reached(fd)
    except OSError:
        pass
not_reached()

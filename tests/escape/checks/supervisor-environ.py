# tries: read the environment of whoever started the sandbox
from attack import *
for pid in (os.getppid(), 1, 2):
    try:
        if is_secret(read("/proc/%d/environ" % pid)):
            reached(pid)
    except OSError:
        pass
not_reached()

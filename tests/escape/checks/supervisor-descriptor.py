# tries: open the supervisor's descriptors through /proc/PID/fd
from attack import *
for pid in (os.getppid(), 1):
    for fd in range(3, 64):
        try:
            if is_secret(read("/proc/%d/fd/%d" % (pid, fd))):
                reached((pid, fd))
        except OSError:
            pass
not_reached()

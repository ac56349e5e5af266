# tries: take a descriptor out of another process
from attack import *
for pid in (V["pid"], os.getppid(), 1):
    pidfd, _ = call("pidfd_open", pid, 0)
    if pidfd >= 0 and call("pidfd_getfd", pidfd, 0, 0)[0] >= 0:
        reached(pid)
not_reached()

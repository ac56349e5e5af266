# tries: join the namespaces of another process
from attack import *
for pid in (V["pid"], os.getppid(), 1):
    try:
        fd = os.open("/proc/%d/ns/mnt" % pid, os.O_RDONLY)
    except OSError:
        continue
    if call("setns", fd, 0)[0] == 0:
        reached(pid)
not_reached()

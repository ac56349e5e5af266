# tries: take hold of its supervisor by ptrace
from attack import *
for pid in (os.getppid(), 1):
    if call("ptrace", 0x4206, pid, 0, 0)[0] == 0:
        reached(pid)
not_reached()

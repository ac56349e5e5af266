# tries: use 512 MiB in memory files that nobody maps
from attack import *
import mmap
import time
fds = [os.memfd_create("x%d" % i) for i in range(16)]
for fd in fds:
    for _ in range(32):
        os.write(fd, b"x" * (1 << 20))
time.sleep(0.6)
reached()

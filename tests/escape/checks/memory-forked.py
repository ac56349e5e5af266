# tries: use 512 MiB in many small processes
from attack import *
import mmap
import time
for _ in range(16):
    if os.fork() == 0:
        block = b"x" * (32 << 20)
        time.sleep(4)
        os._exit(0)
time.sleep(0.6)
reached()

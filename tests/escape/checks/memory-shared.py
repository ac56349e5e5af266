# tries: use 512 MiB of shared memory, which is no data segment
from attack import *
import mmap
import time
block = mmap.mmap(-1, 512 << 20)
for at in range(0, 512 << 20, 4096):
    block[at] = 1
time.sleep(0.6)
reached()

# tries: use 512 MiB of memory
from attack import *
import mmap
import time
block = bytearray(os.urandom(1)) * (512 << 20)
time.sleep(0.6)
reached()

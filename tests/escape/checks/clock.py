# tries: set the machine's clock (to what it is)
from attack import *
import time
now = (ctypes.c_int64 * 2)(int(time.time()), int(time.time() % 1 * 1000000))
reached_if_done("settimeofday", now, 0)

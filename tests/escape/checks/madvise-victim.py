# tries: page out the memory of another process
from attack import *
reached_if_permitted("process_madvise", -1, 0, 0, 21, 0)

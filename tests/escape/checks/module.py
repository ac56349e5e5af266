# tries: load a kernel module (an empty one)
from attack import *
reached_if_permitted("init_module", 0, 0, b"")

# tries: load a BPF map
from attack import *
reached_if_done("bpf", 0, (ctypes.c_uint32 * 32)(2, 4, 4, 1), 72)

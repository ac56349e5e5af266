# tries: change the limits of another process
from attack import *
old = ctypes.create_string_buffer(16)
reached_if_done("prlimit64", V["pid"], 7, 0, old)

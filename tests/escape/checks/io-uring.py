# tries: do system calls past the filter through io_uring
from attack import *
reached_if_done("io_uring_setup", 4, ctypes.create_string_buffer(120))

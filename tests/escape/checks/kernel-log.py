# tries: read the kernel's log
from attack import *
reached_if_permitted("syslog", 3, ctypes.create_string_buffer(100), 100)

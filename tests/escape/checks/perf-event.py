# tries: watch the machine through performance events
from attack import *
attributes = ctypes.create_string_buffer(128)
ctypes.memmove(attributes, (ctypes.c_uint32 * 2)(1, 128), 8)
reached_if_permitted("perf_event_open", attributes, 0, -1, -1, 0)

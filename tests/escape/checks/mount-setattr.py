# tries: change the flags of a mount
from attack import *
reached_if_done("mount_setattr", -100, b"/", 0, ctypes.create_string_buffer(32), 32)

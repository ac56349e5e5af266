# tries: type into the terminal, with bits above the 32 that the kernel takes
# terminal: yes
from attack import *
reached_if_done("ioctl", 0, 0x100005412, b"x")

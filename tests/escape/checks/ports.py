# tries: reach the machine's I/O ports
from attack import *
reached_if_permitted("iopl", 3)

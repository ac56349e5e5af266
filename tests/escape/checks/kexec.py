# tries: load another kernel (none)
from attack import *
reached_if_permitted("kexec_load", 0, 0, 0, 0xffff0000)

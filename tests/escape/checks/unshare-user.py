# tries: make a user namespace of its own, where it would be root
from attack import *
reached_if_done("unshare", 0x10000000)

# tries: make a mount namespace of its own
from attack import *
reached_if_done("unshare", 0x00020000)

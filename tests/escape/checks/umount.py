# tries: unmount what covers something
from attack import *
reached_if_permitted("umount2", b"/proc/self/status", 0)

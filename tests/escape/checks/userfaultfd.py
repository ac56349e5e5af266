# tries: stop the kernel in the middle of a copy
from attack import *
reached_if_done("userfaultfd", 1)

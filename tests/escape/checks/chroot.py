# tries: chroot, as the first step of the old way out
from attack import *
reached_if_done("chroot", b".")

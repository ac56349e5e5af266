# tries: read shared memory of another program in /dev/shm
from attack import *
steal("/dev/shm/" + V["posix_shm"])

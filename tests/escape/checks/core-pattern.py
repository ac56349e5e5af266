# tries: name a program of its own as the host's core dump handler
from attack import *
try:
    os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY)
    reached()
except OSError as error:
    not_reached(error)

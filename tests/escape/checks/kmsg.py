# tries: read the kernel's log from its device
from attack import *
try:
    os.open("/dev/kmsg", os.O_RDONLY)
    reached()
except OSError as error:
    not_reached(error)

# tries: list the user's keys
from attack import *
try:
    reached() if b"weir-escape" in read("/proc/keys") else not_reached()
except OSError as error:
    not_reached(error)

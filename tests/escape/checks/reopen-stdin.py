# tries: open its read-only standard input again, for writing
from attack import *
try:
    fd = os.open("/proc/self/fd/0", os.O_WRONLY)
    os.write(fd, b"x")
    reached()
except OSError as error:
    not_reached(error)

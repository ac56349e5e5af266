# tries: serve a file system of its own
from attack import *
try:
    os.open("/dev/fuse", os.O_RDWR)
    reached()
except OSError as error:
    not_reached(error)

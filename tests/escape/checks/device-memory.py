# tries: open the machine's memory
from attack import *
try:
    os.open("/dev/mem", os.O_RDONLY)
    reached()
except OSError as error:
    not_reached(error)

# tries: type into the terminal that it shares with the person
# terminal: yes
from attack import *
import fcntl
try:
    fcntl.ioctl(0, 0x5412, b"x")
    reached()
except OSError as error:
    not_reached(error)

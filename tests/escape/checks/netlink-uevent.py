# tries: hear the kernel's device events
from attack import *
import socket
try:
    socket.socket(16, socket.SOCK_DGRAM, 15)
    reached()
except OSError as error:
    not_reached(error)

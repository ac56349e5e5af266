# tries: configure the packet filter
from attack import *
import socket
try:
    socket.socket(16, socket.SOCK_RAW, 12)
    reached()
except OSError as error:
    not_reached(error)

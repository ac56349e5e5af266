# tries: speak to the hypervisor
from attack import *
import socket
try:
    socket.socket(40, socket.SOCK_STREAM, 0)
    reached()
except OSError as error:
    not_reached(error)

# tries: speak to the audit system
from attack import *
import socket
try:
    socket.socket(16, socket.SOCK_RAW, 9)
    reached()
except OSError as error:
    not_reached(error)

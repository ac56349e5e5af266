# tries: see raw packets
from attack import *
import socket
try:
    socket.socket(17, socket.SOCK_RAW, 0x300)
    reached()
except OSError as error:
    not_reached(error)

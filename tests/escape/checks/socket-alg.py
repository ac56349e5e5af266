# tries: use the kernel's cryptography, whose sockets had many holes
from attack import *
import socket
try:
    socket.socket(38, socket.SOCK_SEQPACKET, 0)
    reached()
except OSError as error:
    not_reached(error)

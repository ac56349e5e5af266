# tries: send raw packets
from attack import *
import socket
try:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
    reached()
except OSError as error:
    not_reached(error)

# tries: reach an abstract socket of the host
from attack import *
import socket
try:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(3)
    s.connect("\0" + V["abstract"])
    reached_if_secret(s.recv(200))
except OSError as error:
    not_reached(error)

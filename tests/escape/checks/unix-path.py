# tries: reach a socket in the host's /tmp
from attack import *
import socket
try:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(3)
    s.connect(V["unix_path"])
    reached_if_secret(s.recv(200))
except OSError as error:
    not_reached(error)

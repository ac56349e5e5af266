# tries: open a connection to the network
from attack import *
import socket
try:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setblocking(False)
    s.connect(("192.0.2.1", 443))
    reached()
except BlockingIOError:
    reached("on its way")
except OSError as error:
    not_reached(error)

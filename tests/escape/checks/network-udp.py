# tries: send a datagram to the network, as DNS and QUIC do
from attack import *
import socket
try:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setblocking(False)
    s.connect(("192.0.2.1", 443))
    reached()
except BlockingIOError:
    reached("on its way")
except OSError as error:
    not_reached(error)

# tries: send a datagram to the IPv6 network
from attack import *
import socket
try:
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setblocking(False)
    s.connect(("2001:db8::1", 443))
    reached()
except BlockingIOError:
    reached("on its way")
except OSError as error:
    not_reached(error)

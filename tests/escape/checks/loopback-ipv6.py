# tries: reach a service on the host's IPv6 loopback
from attack import *
import socket
try:
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.settimeout(3)
    s.connect(("::1", V["tcp6_port"]))
    s.send(b"hello")
    reached_if_secret(s.recv(200))
except OSError as error:
    not_reached(error)

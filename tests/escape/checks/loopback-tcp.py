# tries: reach a service on the host's loopback
from attack import *
import socket
try:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.settimeout(3)
    s.connect(("127.0.0.1", V["tcp_port"]))
    s.send(b"hello")
    reached_if_secret(s.recv(200))
except OSError as error:
    not_reached(error)

# tries: reach a service on the host's loopback by UDP
from attack import *
import socket
try:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(3)
    s.connect(("127.0.0.1", V["udp_port"]))
    s.send(b"hello")
    reached_if_secret(s.recv(200))
except OSError as error:
    not_reached(error)

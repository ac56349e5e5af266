# tries: reach a service at the host's own address
from attack import *
import socket
if not V["address"]:
    not_here("the host has no address")
try:
    s = socket.create_connection((V["address"], V["tcp_any_port"]), 3)
    s.send(b"hello")
    reached_if_secret(s.recv(200))
except OSError as error:
    not_reached(error)

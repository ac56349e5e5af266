# tries: ask the host's name server, as a way to carry data out
from attack import *
import socket
if not V["nameserver"]:
    not_here("the host has no name server")
try:
    s = socket.socket(socket.AF_INET6 if ":" in V["nameserver"] else socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((V["nameserver"], 53))
    s.send(bytes.fromhex("123401000001000000000000") + b"\7example\7invalid\0\0\1\0\1")
    reached()
except OSError as error:
    not_reached(error)

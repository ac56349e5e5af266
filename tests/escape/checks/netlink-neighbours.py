# tries: list the host's network interfaces
from attack import *
import socket
others = [name for _, name in socket.if_nameindex() if name != "lo"]
reached(others) if others else not_reached()

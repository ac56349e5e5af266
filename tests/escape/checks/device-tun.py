# tries: make a network interface
from attack import *
try:
    os.open("/dev/net/tun", os.O_RDWR)
    reached()
except FileNotFoundError as error:
    not_here(error) if not os.path.exists("/dev/full") else not_reached(error)
except OSError as error:
    not_reached(error)

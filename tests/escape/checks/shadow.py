# tries: read /etc/shadow
from attack import *
try:
    reached() if read("/etc/shadow") else not_reached()
except OSError as error:
    not_reached(error)

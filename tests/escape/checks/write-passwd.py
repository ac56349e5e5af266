# tries: open the system's list of users for writing
from attack import *
try:
    os.open("/etc/passwd", os.O_WRONLY | os.O_APPEND)
    reached()
except OSError as error:
    not_reached(error)

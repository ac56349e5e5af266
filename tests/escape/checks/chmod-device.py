# tries: change the mode of the host's /dev/null
from attack import *
try:
    os.chmod("/dev/null", 0o666)
    reached()
except OSError as error:
    not_reached(error)

# tries: send a signal to another process
from attack import *
try:
    os.kill(V["pid"], 0)
    reached()
except OSError as error:
    not_reached(error)

# tries: put a file among the system's programs
from attack import *
path = "/usr/lib/weir-escape-check"
try:
    open(path, "w").close()
    os.unlink(path)
    reached()
except OSError as error:
    not_reached(error)

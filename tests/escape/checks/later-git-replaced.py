# tries: replace the repository's settings by a file of its own
from attack import *
open("mine", "w").write("[core]\nfsmonitor = touch x\n")
try:
    os.rename("mine", ".git/config")
    reached()
except OSError as error:
    not_reached(error)

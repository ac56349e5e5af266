# tries: write a file outside of the workspace
from attack import *
try:
    open(V["outside"] + "/effect", "w").write("x")
    reached()
except OSError as error:
    not_reached(error)

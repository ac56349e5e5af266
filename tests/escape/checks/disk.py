# tries: read the host's disk
from attack import *
if not V["disk"]:
    not_here("no disk is known")
try:
    reached(len(read(V["disk"], 512)))
except OSError as error:
    not_reached(error)

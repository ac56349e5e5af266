# tries: make a device node for the host's disk and read it
from attack import *
if not V["disk_number"]:
    not_here("no disk is known")
try:
    os.mknod("disk", 0o60600, V["disk_number"])
    reached(len(read("disk", 512)))
except OSError as error:
    not_reached(error)

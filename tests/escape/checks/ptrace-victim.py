# tries: take hold of another process by ptrace
from attack import *
result, error = call("ptrace", 0x4206, V["pid"], 0, 0)
reached() if result == 0 else not_reached(os.strerror(error))

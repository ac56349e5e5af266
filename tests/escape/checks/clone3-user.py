# tries: make a user namespace by clone3, whose flags a filter cannot see
from attack import *
arguments = (ctypes.c_uint64 * 8)(0x10000000, 0, 0, 0, 17, 0, 0, 0)
result, error = call("clone3", arguments, 64)
if result == 0:
    os._exit(0)
reached() if result > 0 else not_reached(os.strerror(error))

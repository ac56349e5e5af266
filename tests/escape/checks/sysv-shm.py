# tries: attach shared memory of another program
from attack import *
shm = libc.shmget(V["shm_key"], 0, 0)
if shm < 0:
    not_reached("no such segment")
libc.shmat.restype = ctypes.c_void_p
address = libc.shmat(shm, None, 0o10000)
reached_if_secret(ctypes.string_at(address, 64)) if address not in (None, 2**64 - 1) else not_reached()

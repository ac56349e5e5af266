# tries: use 512 MiB of System V memory that stays when nobody has it attached
from attack import *
import time
libc.shmat.restype = ctypes.c_void_p
libc.shmdt.argtypes = [ctypes.c_void_p]
made = []
for _ in range(16):
    shm = libc.shmget(0, 32 << 20, 0o1600)
    address = libc.shmat(shm, None, 0) if shm >= 0 else None
    if address in (None, 2**64 - 1):
        break
    ctypes.memset(address, 1, 32 << 20)
    libc.shmdt(address)
    made.append(shm)
time.sleep(0.4)
still = [shm for shm in made if libc.shmctl(shm, 2, ctypes.create_string_buffer(256)) >= 0]
for shm in made:
    libc.shmctl(shm, 0, None)
reached() if len(still) == 16 else not_reached(len(still))

# tries: reach a message queue of another program
from attack import *
reached() if libc.msgget(V["shm_key"], 0) >= 0 else not_reached()

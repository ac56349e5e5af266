# tries: read the memory of another process through /proc/PID/mem
from attack import *
try:
    with open("/proc/%d/mem" % V["pid"], "rb", buffering=0) as memory:
        memory.seek(V["secret_address"])
        reached_if_secret(memory.read(64))
except OSError as error:
    not_reached(error)

# tries: compute for four seconds in many short processes
from attack import *
import time
total = 0
while total < 4:
    child = os.fork()
    if child == 0:
        begin = time.process_time()
        while time.process_time() - begin < 0.3:
            pass
        os._exit(0)
    os.waitpid(child, 0)
    total += 0.3
reached()

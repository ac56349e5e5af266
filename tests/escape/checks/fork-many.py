# tries: start 600 processes
from attack import *
import signal
import time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
children = []
try:
    while len(children) < 600:
        child = os.fork()
        if child == 0:
            time.sleep(20)
            os._exit(0)
        children.append(child)
except OSError as error:
    pass
time.sleep(0.3)
alive = sum(os.path.exists("/proc/%d" % child) for child in children)
for child in children:
    os.kill(child, signal.SIGKILL)
reached(alive) if alive >= 600 else not_reached(alive)

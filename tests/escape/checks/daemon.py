# tries: leave a process behind that goes on when the command has ended
# effect: daemon-lives
from attack import *
import time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in (0, 1, 2):
            os.close(fd)
        time.sleep(1)
        open("daemon-lives", "w").close()
        os._exit(0)
    os._exit(0)
not_reached("the file will tell")

# tries: go on when its supervisor is killed by SIGKILL
# effect: orphan-lives
# supervisor: killed
from attack import *
import time
open("ready", "w").close()
time.sleep(2)
open("orphan-lives", "w").close()
not_reached("the file will tell")

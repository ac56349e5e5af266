# tries: become root through a set-user-ID program
from attack import *
import subprocess
status = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True).stdout
no_new = "NoNewPrivs:\t1" in status
nosuid = os.statvfs("/usr/bin").f_flag & os.ST_NOSUID
not_reached() if no_new and nosuid else reached("set-user-ID counts here")

# tries: make 20,000 files in /tmp
from attack import *
import shutil
os.mkdir("/tmp/weir-many")
made = 0
try:
    for made in range(20000):
        os.close(os.open("/tmp/weir-many/%d" % made, os.O_CREAT | os.O_WRONLY))
except OSError:
    pass
shutil.rmtree("/tmp/weir-many")
reached() if made >= 19999 else not_reached(made)

# tries: see what runs on the host
from attack import *
for pid in os.listdir("/proc"):
    try:
        if pid.isdigit() and V["marker"].encode() in read("/proc/%s/cmdline" % pid):
            reached(pid)
    except OSError:
        pass
not_reached()

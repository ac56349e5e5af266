# tries: find the secret in the environment and in what it can read of other processes
import glob
import os

from reach import is_secret, not_reached, reached

seen = repr(os.environ).encode()
for path in glob.glob("/proc/*/environ"):
    try:
        seen += open(path, "rb").read()
    except OSError:
        pass
reached() if is_secret(seen) else not_reached("not there")

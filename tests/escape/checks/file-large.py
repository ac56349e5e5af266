# tries: write one file of 128 MiB in the workspace
from attack import *
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    with open("large", "wb") as file:
        for _ in range(128):
            file.write(b"x" * (1 << 20))
    reached()
except OSError as error:
    not_reached(error)
finally:
    os.unlink("large")

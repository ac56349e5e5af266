# tries: write 128 MiB to /tmp
from attack import *
names = ["/tmp/weir-fill-%d" % i for i in range(8)]
try:
    for name in names:
        with open(name, "wb") as file:
            for _ in range(16):
                file.write(b"x" * (1 << 20))
    result = True
except OSError as error:
    result = False
for name in names:
    if os.path.exists(name):
        os.unlink(name)
reached() if result else not_reached()

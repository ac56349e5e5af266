# tries: write output without end (here 8 MiB)
from attack import *
for _ in range(8):
    sys.stdout.write("x" * (1 << 20))
sys.stdout.flush()
sys.stderr.write("y" * 4)
reached()

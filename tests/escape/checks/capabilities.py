# tries: have or gain a capability by running a program
from attack import *
import subprocess
status = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True).stdout
held = [line for line in status.splitlines() if re.match(r"Cap(Prm|Eff|Bnd|Amb):", line)]
reached(held) if any(int(line.split()[1], 16) for line in held) else not_reached()

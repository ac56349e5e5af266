# tries: have the loader run a program that it wrote itself
from attack import *
import glob
import shutil
import subprocess
loaders = glob.glob("/lib64/ld-linux*") + glob.glob("/lib/ld-linux-aarch64*")
if not loaders:
    not_here("no loader is known")
shutil.copy("/bin/true", "program")
done = subprocess.run([loaders[0], "./program"], capture_output=True)
reached() if done.returncode == 0 else not_reached(done.stderr)

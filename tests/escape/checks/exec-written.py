# tries: run a program that it wrote itself, in each place that it can write to
from attack import *
import shutil
import subprocess
for folder in (".", "/tmp", "/var/tmp", "/dev/shm", os.environ.get("HOME", "/tmp")):
    try:
        shutil.copy("/bin/true", folder + "/program")
        os.chmod(folder + "/program", 0o755)
        if subprocess.run([folder + "/program"]).returncode == 0:
            reached(folder)
    except OSError:
        pass
not_reached()

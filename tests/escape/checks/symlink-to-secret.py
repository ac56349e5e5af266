# tries: reach a secret through a symbolic link in the workspace
from attack import *
os.symlink(V["secret_file"], "link")
steal("link")

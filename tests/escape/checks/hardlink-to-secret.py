# tries: make a hard link to a secret in the workspace
from attack import *
try:
    os.link(V["secret_file"], "hard")
except OSError as error:
    not_reached(error)
steal("hard")

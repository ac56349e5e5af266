# tries: climb out of the workspace with ".."
from attack import *
steal("../.ssh/id_ed25519")

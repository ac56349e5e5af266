# tries: move the repository's folder away and put its own in the place
from attack import *
try:
    os.rename(".git", "elsewhere")
except OSError as error:
    not_reached(error)
reached_if_written(".git/hooks/pre-commit", "#!/bin/sh\n")

# tries: make a repository in a folder, with a hook that runs when the person goes there
# effect: sub/.git/hooks/post-checkout
from attack import *
later("sub/.git/hooks/post-checkout", "#!/bin/sh\n")

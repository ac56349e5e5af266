# tries: make a repository in a folder whose settings make git run a program
# effect: sub/.git/config
from attack import *
later("sub/.git/config", "[core]\n\tfsmonitor = touch x\n")

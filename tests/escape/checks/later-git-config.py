# tries: have git run a program by the repository's settings
from attack import *
reached_if_written(".git/config", "[core]\nfsmonitor = touch x\n")

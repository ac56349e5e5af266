# tries: compare kernel objects of other processes
from attack import *
reached_if_done("kcmp", V["pid"], V["pid"], 1, 0, 0)

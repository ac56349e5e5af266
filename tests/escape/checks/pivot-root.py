# tries: change the root
from attack import *
os.mkdir("r")
reached_if_permitted("pivot_root", b"r", b"r")

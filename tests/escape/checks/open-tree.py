# tries: clone a tree of mounts by open_tree
from attack import *
reached_if_done("open_tree", -100, b"/", 1)

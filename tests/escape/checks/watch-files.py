# tries: watch all files of the host
from attack import *
reached_if_permitted("fanotify_init", 0, 0)

# tries: move the memory of another process
from attack import *
reached_if_permitted("move_pages", V["pid"], 0, 0, 0, 0, 0)

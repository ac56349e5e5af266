# tries: make all its memory executable
from attack import *
reached_if_permitted("personality", 0x0400000)

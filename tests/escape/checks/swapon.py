# tries: swap to a file that is not there
from attack import *
reached_if_permitted("swapon", b"/no/such/file", 0)

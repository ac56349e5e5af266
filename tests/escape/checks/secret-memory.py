# tries: hide memory where no watcher sees it
from attack import *
reached_if_permitted("memfd_secret", 0)

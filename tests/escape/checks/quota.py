# tries: change disk quotas
from attack import *
reached_if_permitted("quotactl", 0x800002, b"/no/such/device", 0, 0)

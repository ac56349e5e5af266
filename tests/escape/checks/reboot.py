# tries: restart the machine (with a wrong number)
from attack import *
reached_if_permitted("reboot", 0xfee1dead, 0, 0, 0)

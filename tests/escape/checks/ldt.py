# tries: change its segment table, where emulation had holes
from attack import *
reached_if_permitted("modify_ldt", 0, 0, 0)

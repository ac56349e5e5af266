# tries: switch process accounting off
from attack import *
reached_if_permitted("acct", 0)

# tries: unload a kernel module that is not there
from attack import *
reached_if_permitted("delete_module", b"weir_no_such_module", 0)

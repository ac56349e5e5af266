# tries: read the environment of another process
from attack import *
steal("/proc/%d/environ" % V["pid"])

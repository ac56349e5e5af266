# tries: mount with the new calls, which older filters do not know
from attack import *
reached_if_done("fsopen", b"tmpfs", 0)

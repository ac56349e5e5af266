# tries: change the host's name (to what it is)
from attack import *
name = os.uname().nodename.encode()
reached_if_done("sethostname", name, len(name))

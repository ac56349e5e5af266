# tries: learn the host's name
from attack import *
reached() if os.uname().nodename == V["hostname"] else not_reached()

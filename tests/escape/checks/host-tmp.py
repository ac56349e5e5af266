# tries: read what another program left in /tmp
from attack import *
steal(V["tmp_file"])

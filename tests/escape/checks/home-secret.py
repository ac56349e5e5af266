# tries: read a private key in the home
from attack import *
steal(V["secret_file"])

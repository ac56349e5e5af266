# tries: leave orders for the next shell
# effect: .envrc
from attack import *
later(".envrc", "touch x")

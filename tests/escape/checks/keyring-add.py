# tries: leave something in the user's keyring, which outlives the sandbox
from attack import *
reached_if_done("add_key", b"user", b"weir-escape-left", b"x", 1, -4)

# tries: change what weir records of its connections
import os

from reach import V, not_reached, reached

try:
    with open(V["record"], "a") as file:
        file.write("{}\n")
    reached(V["record"])
except OSError as error:
    not_reached(error)

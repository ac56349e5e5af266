# tries: open a secret by its file handle, past all paths
from attack import *
handle = bytes.fromhex(V["handle"])
if not handle:
    not_here("this file system has no handles")
fd, error = call("open_by_handle_at", os.open(".", os.O_RDONLY), ctypes.create_string_buffer(handle, len(handle)), 0)
reached_if_secret(os.read(fd, 200)) if fd >= 0 else not_reached(os.strerror(error))

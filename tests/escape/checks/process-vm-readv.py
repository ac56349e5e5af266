# tries: read the memory of another process by process_vm_readv
from attack import *
buffer = ctypes.create_string_buffer(64)
local = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 64)
remote = (ctypes.c_uint64 * 2)(V["secret_address"], 64)
call("process_vm_readv", V["pid"], local, 1, remote, 1, 0)
reached_if_secret(buffer.raw)

# tries: read a key of the session that started the sandbox
from attack import *
buffer = ctypes.create_string_buffer(200)
call("keyctl", 11, V["key"], buffer, 200)
reached_if_secret(buffer.raw)

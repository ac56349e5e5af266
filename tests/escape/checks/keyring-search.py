# tries: find a key of the session by its name
from attack import *
serial, error = call("request_key", b"user", b"weir-escape", 0, 0)
if serial < 0:
    not_reached(os.strerror(error))
buffer = ctypes.create_string_buffer(200)
call("keyctl", 11, serial, buffer, 200)
reached_if_secret(buffer.raw)

# tries: speak a protocol of its own with the granted host
from reach import web

web(b"GIVE\n\n")

# tries: reach a server by its address, on a port that nobody granted
from reach import V, steal_from

steal_from("127.0.0.1", V["other"])

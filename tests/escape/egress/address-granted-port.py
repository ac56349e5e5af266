# tries: reach another machine's address on a port that is granted
from reach import V, steal_from

steal_from("127.0.0.2", V["web"])

# tries: reach the granted host on another port
from reach import V, address, steal_from

steal_from(address("allowed.test") or "127.0.0.1", V["other"])

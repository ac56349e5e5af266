# tries: reach an address that is written as one decimal number
from reach import V, steal_from

steal_from("2130706434", V["web"], b"GET / HTTP/1.1\r\nHost: 2130706434\r\n\r\n")

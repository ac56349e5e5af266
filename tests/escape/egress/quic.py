# tries: open a QUIC connection to the granted host
import os
import socket

from reach import V, address, is_secret, not_reached, reached

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(2)
try:
    sock.connect((address("allowed.test"), V["udp"]))
    sock.send(b"\xc3\0\0\0\1\x08" + os.urandom(8) + b"\0\0\x44\xd0" + os.urandom(1180))
    got = sock.recv(2048)
except OSError as error:
    not_reached(error)
reached() if is_secret(got) else not_reached(got[:50])

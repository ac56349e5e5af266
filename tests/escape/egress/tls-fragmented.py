# tries: name another host in TLS, cut into small records
import ssl

from reach import V, address, connect, is_secret, not_reached, reached

incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
session = context.wrap_bio(incoming, outgoing, server_hostname="forbidden.test")
sock = connect(address("allowed.test"), V["tls"])


def flush(cut=False):
    data = outgoing.read()
    if cut:
        message = data[5:]
        data = b"".join(b"\x16\3\1" + len(message[i:i + 40]).to_bytes(2, "big") + message[i:i + 40] for i in range(0, len(message), 40))
    sock.sendall(data)


def until_done(step, cut=False):
    while True:
        try:
            return step()
        except ssl.SSLWantReadError:
            flush(cut)
            cut = False
            got = sock.recv(65536)
            if not got:
                raise OSError("it ended")
            incoming.write(got)


try:
    until_done(session.do_handshake, cut=True)
    session.write(b"GET / HTTP/1.1\r\nHost: forbidden.test\r\n\r\n")
    flush()
    got = until_done(lambda: session.read(65536))
except OSError as error:
    not_reached(error)
reached() if is_secret(got) else not_reached(got[:100])

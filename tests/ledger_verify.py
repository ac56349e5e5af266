#!/usr/bin/env python3
"""Second, independent verifier of a weir ledger directory: shares no code with weir.

    ledger_verify.py DIR VKEY [RETAINED_CHECKPOINT_FILE]

Recomputes everything from the entries (RFC 6962, c2sp.org/tlog-tiles, tlog-checkpoint, signed-note; the
journal as src/ledger/journal.h describes it). Prints each problem; exit 0 sound, 1 not, 2 wrong use.
Python's standard library only; Ed25519 verification is written out from RFC 8032.
"""
import base64
import hashlib
import os
import re
import struct
import sys

# Ed25519, RFC 8032 section 5.1
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def point_add(a, b):
    x = (a[1] - a[0]) * (b[1] - b[0]) % P
    y = (a[1] + a[0]) * (b[1] + b[0]) % P
    z = 2 * a[3] * b[3] * D % P
    w = 2 * a[2] * b[2] % P
    e, f, g, h = y - x, w - z, w + z, y + x
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_mul(n, point):
    out = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            out = point_add(out, point)
        point = point_add(point, point)
        n >>= 1
    return out


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P != 0:
        return None
    return P - x if (x & 1) != sign else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def decompress(data):
    y = int.from_bytes(data, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def ed25519_verify(public, message, signature):
    if len(signature) != 64 or len(public) != 32:
        return False
    a, r = decompress(public), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = point_mul(s, BASE), point_add(r, point_mul(h, a))
    return ((left[0] * right[2] - right[0] * left[2]) % P == 0
            and (left[1] * right[2] - right[1] * left[2]) % P == 0)


class Bad(Exception):
    pass


def b64(text):
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Bad("bad base64") from error
    if base64.b64encode(raw).decode() != text:
        raise Bad("bad base64")
    return raw


class VKey:
    def __init__(self, text):
        self.name, key_id, key = text.split("+", 2)
        raw = b64(key)
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if len(raw) != 33 or raw[0] != 1 or self.id.hex() != key_id:
            raise Bad("bad vkey")
        self.public = raw[1:]


def open_checkpoint(note, key):
    """(size, root) of a checkpoint that `key` signed."""
    try:
        text = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Bad("the note is not UTF-8") from error
    if any(ord(c) < 32 and c != "\n" for c in text):
        raise Bad("the note has control characters")
    cut = text.rfind("\n\n")
    if cut < 0 or not text.endswith("\n") or cut + 2 == len(text):
        raise Bad("the note has no signature")
    body, lines = text[:cut + 1], text[cut + 2:-1].split("\n")
    good = 0
    for line in lines:
        match = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        if not match:
            raise Bad("malformed signature line")
        raw = b64(match.group(2))
        if match.group(1) == key.name and raw[:4] == key.id:
            if not ed25519_verify(key.public, body.encode(), raw[4:]):
                raise Bad("wrong signature")
            good += 1
    if good != 1:
        raise Bad("not signed by this key")
    parts = body.split("\n")
    if len(parts) != 4 or parts[0] != key.name or not re.fullmatch("0|[1-9][0-9]*", parts[1]):
        raise Bad("malformed checkpoint")
    root = b64(parts[2])
    if len(root) != 32:
        raise Bad("malformed root")
    return int(parts[1]), root


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def merkle_root(hashes):
    """MTH of RFC 6962 over leaf hashes."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    hashes = list(hashes)
    while len(hashes) > 1:  # an odd last one moves up unchanged: the same tree
        pairs = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2:]
    return hashes[0]


def tile_name(level, index):
    digits = str(index)
    digits = digits.zfill((len(digits) + 2) // 3 * 3)
    groups = [digits[i:i + 3] for i in range(0, len(digits), 3)]
    return "tile/%s/%s" % (level, "/".join(["x" + g for g in groups[:-1]] + groups[-1:]))


def split_bundle(data, count, where):
    entries, at = [], 0
    for _ in range(count):
        size = struct.unpack_from(">H", data, at)[0] if at + 2 <= len(data) else None
        if size is None or at + 2 + size > len(data):
            raise Bad("%s: ends early" % where)
        entries.append(data[at + 2:at + 2 + size])
        at += 2 + size
    if at != len(data):
        raise Bad("%s: bytes behind the last entry" % where)
    return entries


def read_journal(data, size, key, problems):
    """Entries past `size`, and [(size, root)] that the journal claims."""
    entries, claims, at = [], [], 0
    while data[at:at + 8] == b"weirlog1" and at + 24 <= len(data):
        body = struct.unpack_from(">I", data, at + 8)[0]
        end = at + 12 + body
        if body < 12 or hashlib.sha256(data[at:end]).digest() != data[end:end + 32]:
            break
        first, count = struct.unpack_from(">QI", data, at + 12)
        record, pos = [], at + 24
        for _ in range(count):
            length = struct.unpack_from(">H", data, pos)[0]
            record.append(data[pos + 2:pos + 2 + length])
            pos += 2 + length
        if first + count > size + len(entries):
            claimed, root = open_checkpoint(data[pos:end], key)
            if first != size + len(entries) or claimed != first + count:
                raise Bad("journal: entry %d does not continue the log" % first)
            entries += record
            claims.append((claimed, root))
        elif entries:
            break
        at = end + 32
    if data[at:].strip(b"\0"):
        problems.append("journal: unfinished or edited record at byte %d or later" % at)
    return entries, claims


def read_file(root, path):
    try:
        with open(os.path.join(root, path), "rb") as file:
            return file.read()
    except OSError as error:
        raise Bad("%s: %s" % (path, error.strerror)) from error


def load_entries(root, size):
    entries = []
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        path = tile_name("entries", index) + ("" if width == 256 else ".p/%d" % width)
        entries += split_bundle(read_file(root, path), width, path)
    return entries


def check_tiles(root, entries, published, problems):
    """Every file under tile/ is what the entries give, and every one that must be there is."""
    found = set()
    for base, _, names in os.walk(os.path.join(root, "tile")):
        for name in names:
            found.add(os.path.relpath(os.path.join(base, name), root))
    elements = [("entries", [struct.pack(">H", len(e)) + e for e in entries], published)]
    hashes, level, covered = [leaf_hash(e) for e in entries], 0, published
    while hashes:
        elements.append((str(level), hashes, covered))
        full = len(hashes) // 256
        hashes = [merkle_root(hashes[i * 256:i * 256 + 256]) for i in range(full)]
        level, covered = level + 1, covered // 256
    for name, parts, covered in elements:
        for index in range((len(parts) + 255) // 256):
            mine = parts[index * 256:index * 256 + 256]
            for width in range(1, len(mine) + 1):
                path = tile_name(name, index) + ("" if width == 256 else ".p/%d" % width)
                needed = covered > index * 256 and width == min(256, covered - index * 256)
                if path not in found:
                    if needed:
                        problems.append("%s: missing" % path)
                    continue
                found.discard(path)
                if read_file(root, path) != b"".join(mine[:width]):
                    problems.append("%s: differs from what the entries give" % path)
    problems.extend("%s: not part of this log" % path for path in sorted(found))


def verify(root, vkey, retained=None):
    problems = []
    try:
        key = VKey(vkey)
        journal = read_file(root, "journal")
        published, published_root = open_checkpoint(read_file(root, "checkpoint"), key)
        entries = load_entries(root, published)
        more, claims = read_journal(journal, published, key, problems)
        entries += more
        leaves = [leaf_hash(entry) for entry in entries]
        for size, claimed in [(published, published_root)] + claims:
            if merkle_root(leaves[:size]) != claimed:
                problems.append("the entries do not give the root signed for %d entries" % size)
        if retained is not None:
            size, claimed = open_checkpoint(retained, key)
            if size > len(leaves):
                problems.append("rollback: %d entries were there, %d are" % (size, len(leaves)))
            elif merkle_root(leaves[:size]) != claimed:
                problems.append("fork: the first %d entries are others" % size)
        check_tiles(root, entries, published, problems)
        return len(entries), problems
    except (Bad, ValueError, struct.error) as error:
        return 0, problems + [str(error)]


def main(arguments):
    if len(arguments) not in (2, 3):
        sys.stderr.write(__doc__)
        return 2
    if arguments[0] == "--list":  # one directory a line: "DIR", or "DIR RETAINED"; answers "ok" or the problem
        for line in open(arguments[1], encoding="utf-8"):
            vkey, root, *rest = line.split()
            retained = open(rest[0], "rb").read() if rest else None
            _, problems = verify(root, vkey, retained)
            print("ok" if not problems else problems[0], flush=True)
        return 0
    retained = None
    if len(arguments) == 3:
        with open(arguments[2], "rb") as file:
            retained = file.read()
    size, problems = verify(arguments[0], arguments[1], retained)
    for problem in problems:
        print(problem)
    if not problems:
        print("%d entries verified" % size)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

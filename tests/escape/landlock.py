"""A command under Landlock alone, as a small tool would use it: reads the system and some folders, writes its own, no TCP.

usage: landlock.py FOLDER-TO-WRITE FOLDER-TO-READ... -- CMD...
"""
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
READ, EXECUTE, ALL_OF_ABI_5 = (1 << 2) | (1 << 3), 1 << 0, (1 << 16) - 1


def call(number, *args):
    result = libc.syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result


def main():
    at = sys.argv.index("--")
    write, *read = sys.argv[1:at]
    abi = call(444, None, 0, 1)
    handled = ALL_OF_ABI_5 & ~((1 << 15) if abi < 5 else 0) & ~((1 << 14) if abi < 3 else 0)
    attributes = (ctypes.c_uint64 * 3)(handled, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    ruleset = call(444, attributes, 24 if abi >= 6 else 16 if abi >= 4 else 8, 0)
    for path, rights in [(write, handled), ("/dev", handled)] + [(path, READ | EXECUTE) for path in ["/usr", "/bin", "/lib", "/lib64", "/etc", "/proc", *read]]:
        if os.path.isdir(path):
            rule = (ctypes.c_byte * 12)()
            ctypes.memmove(rule, (ctypes.c_uint64 * 1)(rights), 8)
            fd = os.open(path, os.O_PATH)
            ctypes.memmove(ctypes.byref(rule, 8), (ctypes.c_int * 1)(fd), 4)
            call(445, ruleset, 1, rule, 0)
    libc.prctl(38, 1, 0, 0, 0)
    call(446, ruleset, 0)
    os.execvp(sys.argv[at + 1], sys.argv[at + 1:])


main()

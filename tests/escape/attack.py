"""What the hostile programs of checks/ share. It lies beside them in the workspace that they run in.

A program ends by reached() (exit 0), not_reached() (1) or not_here() (2: this machine has nothing to attack). They
know everything about their victim (victim.json) but its secret, of which they have the digest: whoever shows
the secret has reached it.
"""
import ctypes
import errno
import hashlib
import json
import os
import platform
import re
import sys

V = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "victim.json")))
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

NUMBERS = {  # x86_64, aarch64
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "clone": (56, 220), "clone3": (435, 435), "fsopen": (430, 430), "open_tree": (428, 428),
    "move_mount": (429, 429), "mount_setattr": (442, 442), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "reboot": (169, 142), "init_module": (175, 105),
    "kexec_load": (246, 104), "swapon": (167, 224), "acct": (163, 89), "syslog": (103, 116), "iopl": (172, None),
    "modify_ldt": (154, None), "personality": (135, 92), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "memfd_create": (319, 279), "ioctl": (16, 29), "kcmp": (312, 272),
    "fanotify_init": (300, 262), "quotactl": (179, 60), "vhangup": (153, 58), "prlimit64": (302, 261),
    "process_madvise": (440, 440), "move_pages": (279, 239), "delete_module": (176, 106), "mknodat": (259, 33),
    "memfd_secret": (447, 447), "lookup_dcookie": (212, 18),
}


def reached(evidence=""):
    print("REACHED", evidence)
    sys.stdout.flush()
    os._exit(0)


def not_reached(why=""):
    print("not reached:", why)
    sys.stdout.flush()
    os._exit(1)


def not_here(why=""):
    print("not here:", why)
    sys.stdout.flush()
    os._exit(2)


def is_secret(data):
    if isinstance(data, str):
        data = data.encode()
    return any(hashlib.sha256(found).hexdigest() == V["secret_sha256"]
               for found in re.findall(rb"CANARY-[0-9a-f]{32}", data))


def reached_if_secret(data):
    reached("the secret") if is_secret(data) else not_reached("no secret in %d bytes" % len(data))


def read(path, size=1 << 20):
    with open(path, "rb", buffering=0) as file:
        return file.read(size)


def steal(path):
    """Reads a path; reached when the secret is in it."""
    try:
        reached_if_secret(read(path))
    except OSError as error:
        not_reached(error)


def call(name, *args):
    """(result, errno) of a system call."""
    column = {"x86_64": 0, "aarch64": 1}.get(platform.machine())
    if column is None or NUMBERS[name][column] is None:
        not_here("no number for " + name)
    ctypes.set_errno(0)
    converted = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    result = libc.syscall(ctypes.c_long(NUMBERS[name][column]), *converted)
    return result, ctypes.get_errno()


def reached_if_permitted(name, *args, refused=(errno.EPERM, errno.EACCES)):
    """For calls that are made wrong on purpose: any error but a refusal says that the door is open."""
    result, error = call(name, *args)
    if error == errno.ENOSYS:
        not_reached("there is no " + name)
    if result >= 0 or error not in refused:
        reached("%s: %s" % (name, os.strerror(error) if result < 0 else result))
    not_reached(os.strerror(error))


def reached_if_done(name, *args):
    result, error = call(name, *args)
    reached(name) if result >= 0 else not_reached(os.strerror(error))


def reached_if_written(path, text="x"):
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)
        reached(path)
    except OSError as error:
        not_reached(error)


def later(path, text="x"):
    """Writes what the runner then looks for: whether it is still there when the command has ended counts."""
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)
    except OSError as error:
        not_reached(error)
    not_reached("the file will tell")

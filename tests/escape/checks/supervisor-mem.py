# tries: read the memory of whoever started the sandbox, and of its first process
from attack import *
for pid in (os.getppid(), 1):
    try:
        maps = read("/proc/%d/maps" % pid).decode()
        memory = open("/proc/%d/mem" % pid, "rb", buffering=0)
    except OSError:
        continue
    for line in maps.splitlines():
        begin, end = (int(x, 16) for x in line.split()[0].split("-"))
        if "rw" not in line.split()[1] or end - begin > 1 << 26:
            continue
        try:
            memory.seek(begin)
            if is_secret(memory.read(end - begin)):
                reached(pid)
        except OSError:
            pass
not_reached()

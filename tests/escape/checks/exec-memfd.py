# tries: run a program from memory, where no file rule holds
from attack import *
for flags in (0, 0x10):
    fd, _ = call("memfd_create", b"x", flags)
    if fd < 0:
        continue
    os.write(fd, read("/bin/true", 1 << 22))
    child = os.fork()
    if child == 0:
        try:
            os.execve(fd, ["true"], {})
        except OSError:
            os._exit(9)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        reached(flags)
not_reached()

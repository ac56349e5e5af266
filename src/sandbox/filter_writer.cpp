// Writes the seccomp programs of filter.h as C++ to standard output. Runs at build time only: libseccomp
// takes milliseconds for what is the same at every start.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

// Everything here acts on the caller, on its own descriptors, or on paths that mounts and Landlock bound.
constexpr const char* kAllowed[] = {"_llseek",
                                    "accept",
                                    "accept4",
                                    "access",
                                    "alarm",
                                    "arch_prctl",
                                    "bind",
                                    "brk",
                                    "capget",
                                    "capset",
                                    "chdir",
                                    "chmod",
                                    "chown",
                                    "clock_getres",
                                    "clock_gettime",
                                    "clock_nanosleep",
                                    "close",
                                    "close_range",
                                    "connect",
                                    "copy_file_range",
                                    "creat",
                                    "dup",
                                    "dup2",
                                    "dup3",
                                    "epoll_create",
                                    "epoll_create1",
                                    "epoll_ctl",
                                    "epoll_pwait",
                                    "epoll_pwait2",
                                    "epoll_wait",
                                    "eventfd",
                                    "eventfd2",
                                    "execve",
                                    "execveat",
                                    "exit",
                                    "exit_group",
                                    "faccessat",
                                    "faccessat2",
                                    "fadvise64",
                                    "fallocate",
                                    "fchdir",
                                    "fchmod",
                                    "fchmodat",
                                    "fchown",
                                    "fchownat",
                                    "fcntl",
                                    "fdatasync",
                                    "fgetxattr",
                                    "flistxattr",
                                    "flock",
                                    "fork",
                                    "fremovexattr",
                                    "fsetxattr",
                                    "fstat",
                                    "fstatfs",
                                    "fsync",
                                    "ftruncate",
                                    "futex",
                                    "futex_waitv",
                                    "futimesat",
                                    "get_mempolicy",
                                    "get_robust_list",
                                    "getcpu",
                                    "getcwd",
                                    "getdents",
                                    "getdents64",
                                    "getegid",
                                    "geteuid",
                                    "getgid",
                                    "getgroups",
                                    "getitimer",
                                    "getpeername",
                                    "getpgid",
                                    "getpgrp",
                                    "getpid",
                                    "getppid",
                                    "getpriority",
                                    "getrandom",
                                    "getresgid",
                                    "getresuid",
                                    "getrlimit",
                                    "getrusage",
                                    "getsid",
                                    "getsockname",
                                    "getsockopt",
                                    "gettid",
                                    "gettimeofday",
                                    "getuid",
                                    "getxattr",
                                    "inotify_add_watch",
                                    "inotify_init",
                                    "inotify_init1",
                                    "inotify_rm_watch",
                                    "io_cancel",
                                    "io_destroy",
                                    "io_getevents",
                                    "io_pgetevents",
                                    "io_setup",
                                    "io_submit",
                                    "ioprio_get",
                                    "ioprio_set",
                                    "kill",
                                    "landlock_add_rule",
                                    "landlock_create_ruleset",
                                    "landlock_restrict_self",
                                    "lchown",
                                    "lgetxattr",
                                    "link",
                                    "linkat",
                                    "listen",
                                    "listxattr",
                                    "llistxattr",
                                    "lremovexattr",
                                    "lseek",
                                    "lsetxattr",
                                    "lstat",
                                    "madvise",
                                    "mbind",
                                    "membarrier",
                                    "mincore",
                                    "mkdir",
                                    "mkdirat",
                                    "mknod",
                                    "mknodat",
                                    "mlock",
                                    "mlock2",
                                    "mlockall",
                                    "mmap",
                                    "mprotect",
                                    "mq_getsetattr",
                                    "mq_notify",
                                    "mq_open",
                                    "mq_timedreceive",
                                    "mq_timedsend",
                                    "mq_unlink",
                                    "mremap",
                                    "msgctl",
                                    "msgget",
                                    "msgrcv",
                                    "msgsnd",
                                    "msync",
                                    "munlock",
                                    "munlockall",
                                    "munmap",
                                    "nanosleep",
                                    "newfstatat",
                                    "open",
                                    "openat",
                                    "openat2",
                                    "pause",
                                    "pidfd_open",
                                    "pidfd_send_signal",
                                    "pipe",
                                    "pipe2",
                                    "pkey_alloc",
                                    "pkey_free",
                                    "pkey_mprotect",
                                    "poll",
                                    "ppoll",
                                    "prctl",
                                    "pread64",
                                    "preadv",
                                    "preadv2",
                                    "prlimit64",
                                    "pselect6",
                                    "pwrite64",
                                    "pwritev",
                                    "pwritev2",
                                    "read",
                                    "readahead",
                                    "readlink",
                                    "readlinkat",
                                    "readv",
                                    "recvfrom",
                                    "recvmmsg",
                                    "recvmsg",
                                    "removexattr",
                                    "rename",
                                    "renameat",
                                    "renameat2",
                                    "restart_syscall",
                                    "rmdir",
                                    "rseq",
                                    "rt_sigaction",
                                    "rt_sigpending",
                                    "rt_sigprocmask",
                                    "rt_sigqueueinfo",
                                    "rt_sigreturn",
                                    "rt_sigsuspend",
                                    "rt_sigtimedwait",
                                    "rt_tgsigqueueinfo",
                                    "sched_get_priority_max",
                                    "sched_get_priority_min",
                                    "sched_getaffinity",
                                    "sched_getattr",
                                    "sched_getparam",
                                    "sched_getscheduler",
                                    "sched_rr_get_interval",
                                    "sched_setaffinity",
                                    "sched_setattr",
                                    "sched_setparam",
                                    "sched_setscheduler",
                                    "sched_yield",
                                    "seccomp",
                                    "select",
                                    "semctl",
                                    "semget",
                                    "semop",
                                    "semtimedop",
                                    "sendfile",
                                    "sendmmsg",
                                    "sendmsg",
                                    "sendto",
                                    "set_mempolicy",
                                    "set_robust_list",
                                    "set_tid_address",
                                    "setfsgid",
                                    "setfsuid",
                                    "setgid",
                                    "setgroups",
                                    "setitimer",
                                    "setpgid",
                                    "setpriority",
                                    "setregid",
                                    "setresgid",
                                    "setresuid",
                                    "setreuid",
                                    "setrlimit",
                                    "setsid",
                                    "setsockopt",
                                    "setuid",
                                    "setxattr",
                                    "shmat",
                                    "shmctl",
                                    "shmdt",
                                    "shmget",
                                    "shutdown",
                                    "sigaltstack",
                                    "signalfd",
                                    "signalfd4",
                                    "socketpair",
                                    "splice",
                                    "stat",
                                    "statfs",
                                    "statx",
                                    "symlink",
                                    "symlinkat",
                                    "sync",
                                    "sync_file_range",
                                    "syncfs",
                                    "sysinfo",
                                    "tee",
                                    "tgkill",
                                    "time",
                                    "timer_create",
                                    "timer_delete",
                                    "timer_getoverrun",
                                    "timer_gettime",
                                    "timer_settime",
                                    "timerfd_create",
                                    "timerfd_gettime",
                                    "timerfd_settime",
                                    "times",
                                    "tkill",
                                    "truncate",
                                    "umask",
                                    "uname",
                                    "unlink",
                                    "unlinkat",
                                    "utime",
                                    "utimensat",
                                    "utimes",
                                    "vfork",
                                    "vmsplice",
                                    "wait4",
                                    "waitid",
                                    "write",
                                    "writev"};

// Known, and refused with an error that programs expect.
constexpr const char* kRefused[] = {"acct",
                                    "add_key",
                                    "adjtimex",
                                    "bpf",
                                    "chroot",
                                    "clock_adjtime",
                                    "clock_settime",
                                    "delete_module",
                                    "fanotify_init",
                                    "fanotify_mark",
                                    "finit_module",
                                    "fsconfig",
                                    "fsmount",
                                    "fsopen",
                                    "fspick",
                                    "init_module",
                                    "ioperm",
                                    "iopl",
                                    "kcmp",
                                    "kexec_file_load",
                                    "kexec_load",
                                    "keyctl",
                                    "lookup_dcookie",
                                    "memfd_secret",
                                    "migrate_pages",
                                    "modify_ldt",
                                    "mount",
                                    "mount_setattr",
                                    "move_mount",
                                    "move_pages",
                                    "name_to_handle_at",
                                    "open_by_handle_at",
                                    "open_tree",
                                    "perf_event_open",
                                    "pidfd_getfd",
                                    "pivot_root",
                                    "process_madvise",
                                    "process_mrelease",
                                    "process_vm_readv",
                                    "process_vm_writev",
                                    "ptrace",
                                    "quotactl",
                                    "quotactl_fd",
                                    "reboot",
                                    "request_key",
                                    "setdomainname",
                                    "sethostname",
                                    "setns",
                                    "settimeofday",
                                    "swapoff",
                                    "swapon",
                                    "syslog",
                                    "umount2",
                                    "unshare",
                                    "userfaultfd",
                                    "vhangup"};

// On a terminal that is shared with the outside, these type for the person or take the console.
constexpr uint32_t kRefusedIoctls[] = {TIOCSTI, 0x541C /* TIOCLINUX */, TIOCSETD, TIOCCONS};

constexpr uint64_t kNewNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
constexpr uint64_t kMfdExec = 0x10;  // memfd_create(2)

void must(int result, const char* what) {
  if (result >= 0) return;
  std::fprintf(stderr, "filter_writer: %s: error %d\n", what, -result);
  std::exit(1);
}

template <class... Args>
void rule(scmp_filter_ctx filter, uint32_t action, const char* name, Args... args) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number < 0) return;  // another architecture's, or newer than this libseccomp: refused by default
  must(seccomp_rule_add(filter, action, number, sizeof...(args), args...), name);
}

// The checks of ioctl's 32-bit request, in front: libseccomp compares all 64 bits, the kernel takes 32.
std::vector<sock_filter> ioctl_checks() {
  std::vector<sock_filter> out;
  const auto count = static_cast<uint8_t>(std::size(kRefusedIoctls));
  out.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(SCMP_SYS(ioctl)), 0,
                         static_cast<uint8_t>(count + 2)));
  out.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])));  // little endian
  for (uint8_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kRefusedIoctls[i], static_cast<uint8_t>(count - 1 - i),
                           static_cast<uint8_t>(last ? 1 : 0)));
  }
  out.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  return out;
}

void add_socket_rules(scmp_filter_ctx filter) {
  rule(filter, SCMP_ACT_ALLOW, "ioctl");
  for (const int family : {AF_UNIX, AF_INET, AF_INET6})
    rule(filter, SCMP_ACT_ALLOW, "socket", SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(family)));
  // Only NETLINK_ROUTE, by which programs list interfaces.
  rule(filter, SCMP_ACT_ALLOW, "socket", SCMP_A0(SCMP_CMP_EQ, AF_NETLINK), SCMP_A2(SCMP_CMP_EQ, 0));
  for (scmp_datum_t family = 3; family < AF_MAX; ++family) {
    if (family == AF_INET6 || family == AF_NETLINK) continue;
    rule(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", SCMP_A0(SCMP_CMP_EQ, family));
  }
}

void write_program(const char* name, bool run_written) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
  if (filter == nullptr) must(-ENOMEM, "seccomp_init");
  must(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "badarch");
  must(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
  for (const char* call : kAllowed) rule(filter, SCMP_ACT_ALLOW, call);
  for (const char* call : kRefused) rule(filter, SCMP_ACT_ERRNO(EPERM), call);
  add_socket_rules(filter);
  // clone3 hides its flags behind a pointer and stays unknown; libraries fall back to clone.
  rule(filter, SCMP_ACT_ALLOW, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, kNewNamespaces, 0));
  for (const scmp_datum_t persona : {uint64_t{0}, uint64_t{0xffffffff}})
    rule(filter, SCMP_ACT_ALLOW, "personality", SCMP_A0(SCMP_CMP_EQ, persona));
  rule(filter, SCMP_ACT_ALLOW, "memfd_create", SCMP_A1(SCMP_CMP_MASKED_EQ, run_written ? 0 : kMfdExec, 0));

  char path[] = "/tmp/weir-filter-XXXXXX";
  const int fd = mkstemp(path);
  must(fd, "mkstemp");
  unlink(path);
  must(seccomp_export_bpf(filter, fd), "export");
  seccomp_release(filter);
  std::vector<sock_filter> program = ioctl_checks();
  lseek(fd, 0, SEEK_SET);
  sock_filter one;
  while (read(fd, &one, sizeof(one)) == sizeof(one)) program.push_back(one);
  close(fd);
  if (program.size() > BPF_MAXINSNS) must(-E2BIG, "program");
  std::printf("constexpr sock_filter %s[] = {\n", name);
  for (const sock_filter& each : program)
    std::printf("    {0x%x, %u, %u, 0x%x},\n", each.code, each.jt, each.jf, each.k);
  std::printf("};\n");
}

}  // namespace

int main() {
  std::printf("#include \"sandbox/filter.h\"\n\nnamespace weir::sandbox {\nnamespace {\n");
  write_program("kPlain", false);
  write_program("kRunWritten", true);
  std::printf(
      "}  // namespace\n\nstd::span<const sock_filter> filter_program(bool run_written) {\n"
      "  if (run_written) return kRunWritten;\n  return kPlain;\n}\n\n}  // namespace weir::sandbox\n");
  return 0;
}

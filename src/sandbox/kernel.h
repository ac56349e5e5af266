// The system calls that glibc 2.36 does not wrap, and bits that Debian 12's headers do not know.
#pragma once

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace weir::sandbox::kernel {

// openat2(2) with RESOLVE_ flags (Linux 5.6).
inline int openat2(int folder, const char* path, int flags, uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = resolve;
  return static_cast<int>(syscall(SYS_openat2, folder, path, &how, sizeof(how)));
}

// As fork(2), with the flags of clone3(2). The parent must have one thread only.
inline pid_t fork_with(uint64_t flags, int* pidfd) {
  clone_args args{};
  args.flags = flags;
  args.pidfd = reinterpret_cast<uint64_t>(pidfd);
  args.exit_signal = 17;  // SIGCHLD
  return static_cast<pid_t>(syscall(SYS_clone3, &args, sizeof(args)));
}

inline int pivot_root(const char* new_root, const char* put_old) {
  return static_cast<int>(syscall(SYS_pivot_root, new_root, put_old));
}

inline int pidfd_send_signal(int pidfd, int signal) {
  return static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

}  // namespace weir::sandbox::kernel

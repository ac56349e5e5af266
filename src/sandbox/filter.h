// The seccomp programs, written at build time by filter_writer.cpp with libseccomp: an allow-list of the
// system calls that ordinary programs make. What is not on it does not exist (ENOSYS); what would reach out
// of a sandbox is refused (EPERM); another architecture's calls end the process.
#pragma once

#include <linux/filter.h>

#include <span>

namespace weir::sandbox {

// `run_written`: memory files may be run as programs.
std::span<const sock_filter> filter_program(bool run_written);

}  // namespace weir::sandbox

// Watch: what a sandbox uses, seen from outside through the sandbox's own /proc, so that exactly its
// processes are counted, however they hide from each other.
#pragma once

#include <cstdint>
#include <string>

#include "sandbox/profile.h"

namespace weir::sandbox {

struct Usage {
  uint64_t memory_bytes = 0;  // private and shared pages, and memfd pages that nobody has mapped
  uint64_t processes = 0;     // threads count
  int64_t cpu_ms = 0;
};

// `proc`: a descriptor of the sandbox's /proc. `with_memfds`: also looks through all descriptors.
Usage measure(int proc, bool with_memfds);

// How long until a sandbox that uses this much can have used up its limits; at least some milliseconds.
int64_t next_look_ms(const Usage& usage, const Limits& limits);

// "more than 2 GiB of memory"; empty while all is within the limits.
std::string over_limit(const Usage& usage, const Limits& limits);

}  // namespace weir::sandbox

// Landlock (landlock(7)): after restrict_self the process and all that it starts reach only what was allowed
// here, whatever is mounted. A second wall behind the mounts, and the one that holds for descriptors that
// lead to the outside.
#pragma once

#include <cstdint>
#include <string>

#include "sandbox/fd.h"

namespace weir::sandbox {

// The newest version of Landlock that the kernel has; 0: none.
int landlock_abi();

class Landlock {
 public:
  enum Access : uint8_t { read = 1, run = 2, write = 4, device = 8 };

  // False, with errno: no Landlock. `own_net`: abstract sockets are kept apart here too.
  bool create(bool own_net);
  // `access`: any of Access. False, with errno. A path that is not there is no error.
  bool allow(const std::string& path, unsigned access);
  bool allow(int fd, unsigned access);
  bool allow(int fd, unsigned access, bool folder);
  // Needs no_new_privs.
  bool restrict_self();

 private:
  Fd ruleset_ = Fd();
  uint64_t handled_ = 0;
};

}  // namespace weir::sandbox

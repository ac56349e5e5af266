// Stage: the steps of preparing a sandbox, and what it means when one of them fails.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace weir::sandbox {

enum class Stage : int32_t {
  processes,   // clone3 with new namespaces
  identity,    // /proc/self/uid_map and gid_map
  loopback,    // the own network's `lo`
  network,     // its routes and listeners
  mounts,      // fsopen, fsmount, open_tree, move_mount, mount_setattr
  bind,        // a path that was granted
  fresh_proc,  // a /proc of its own
  root,        // pivot_root
  privileges,  // capabilities, no_new_privs
  keyring,
  landlock,
  limits,
  seccomp,
  folder,   // the folder that the command starts in
  program,  // execve
};

// What is sent out of the sandbox when preparing it failed.
struct Failure {
  Stage stage = Stage::processes;
  int32_t error = 0;    // errno
  char what[256] = {};  // a path, cut
};

// The refusal: which feature or path, and what mends it. Code::unavailable.
Error refusal(const Failure& failure);

}  // namespace weir::sandbox

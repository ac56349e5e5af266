// Mounts: the file tree of a sandbox, made by the sandbox's first process in its own mount namespace.
//
// An empty tmpfs becomes the root; each granted path is opened by descriptor first (openat2: no link is
// followed on the way), cloned (open_tree), restricted (mount_setattr) and moved to its place by descriptor,
// so that nothing can be swapped in between. Then pivot_root, and the old tree is let go.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/plan.h"
#include "sandbox/stage.h"

namespace weir::sandbox {

// Small files of the sandbox's own: path, text.
struct OwnFile {
  std::string path, text;
};

// Makes the tree and enters it; the working folder is "/" then. On success `proc` is the sandbox's /proc. The
// failure otherwise.
std::optional<Failure> make_tree(const Plan& plan, const std::vector<OwnFile>& files, Fd& proc);

}  // namespace weir::sandbox

// Mounts: what a plan puts into the root of a sandbox, by the sandbox's first process in its own mount
// namespace.
//
// Each granted path is opened by descriptor first (openat2: no link is followed on the way), cloned
// (open_tree), restricted (mount_setattr) and moved to its place by descriptor, so that nothing can be
// swapped in between. Then pivot_root, and the old tree is let go.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/landlock.h"
#include "sandbox/plan.h"
#include "sandbox/root.h"
#include "sandbox/stage.h"

namespace weir::sandbox {

// Small files of the sandbox's own: path, text.
struct OwnFile {
  std::string path, text;
};

// Puts system_binds() in place, ahead of a plan. `rules` (created) get one for each path. The failure, if
// any.
std::optional<Failure> place_system(Root& root, Landlock& rules);

// Completes the tree and enters it; the working folder is "/" then. `rules` as above. `system_placed`: by
// place_system.
std::optional<Failure> make_tree(const Plan& plan, const std::vector<OwnFile>& files, Root& root,
                                 Landlock& rules, bool system_placed);

}  // namespace weir::sandbox

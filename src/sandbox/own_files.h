// OwnFile: the small files of /etc that a sandbox has of its own: who it is, and where names are looked up.
#pragma once

#include <string>
#include <vector>

#include "sandbox/listeners.h"
#include "sandbox/plan.h"

namespace weir::sandbox {

struct OwnFile {
  std::string path, text;
};

// Those that are the same for every sandbox, or for every one with a network of its own.
std::vector<OwnFile> fixed_files(bool own_net);
// Those that the plan changes. `way`: where its network is hosts.
std::vector<OwnFile> plan_files(const Plan& plan, unsigned uid, unsigned gid, const Way* way);

}  // namespace weir::sandbox

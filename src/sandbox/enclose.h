// enclose: the verb (egress/start.h) by which weir starts a child of its own in a sandbox: `weir enclose PLAN
// PROGRAM ARGV0…` in a process that holds nothing of weir's. Its environment is the command's, its folder
// too.
#pragma once

#include <string>
#include <vector>

#include "sandbox/plan.h"

namespace weir::sandbox {

inline constexpr char kEncloseVerb[] = "enclose";

// argv for net::Child and the like; `weir` is the program that knows the verb.
std::vector<std::string> enclosed(const std::string& weir, const Plan& plan, const Command& command);

}  // namespace weir::sandbox

// The sandbox that a skill's script runs in: a profile with what was granted on top, and the skill's own
// folder to read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/profile.h"
#include "skill/package.h"

namespace weir::skill {

// `base` is [sandbox.skill] of weir.toml, or the preset. Error: unsupported for what this sandbox cannot
// hold.
Result<sandbox::Profile> run_profile(const Permissions& granted, sandbox::Profile base,
                                     const std::string& folder);

// argv of a script of the package that lies in `folder`: itself where it begins with "#!", else by what its
// name ends with. Errors: not_found, bad_input.
Result<std::vector<std::string>> script_command(const Package& package, const std::string& folder,
                                                std::string_view script);

}  // namespace weir::skill

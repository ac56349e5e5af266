// The machine that a plan is made for, as it is.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "sandbox/plan.h"

namespace weir::sandbox {

std::map<std::string, std::string> this_environment();

// Home, user and environment of this process. `secrets`: further paths that no wider grant may show.
Around this_machine(std::vector<std::string> secrets = {});

// A name without "/" is searched for on `path`, in absolute folders only; another is taken from `cwd`.
// Errors: unavailable.
Result<std::string> find_program(const std::string& name, std::string_view path, const std::string& cwd);

// This process' working folder, without links. Errors: unavailable.
Result<std::string> working_folder();

}  // namespace weir::sandbox

// weir sandbox: a command in the sandbox, and what a profile allows.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace weir::cli {

struct SandboxArgs {
  std::string profile = "shell";
  std::vector<std::string> command = {};  // what follows "--"
};
int run_sandbox(const Common& common, const SandboxArgs& args);
int run_sandbox_explain(const Common& common, const SandboxArgs& args);

}  // namespace weir::cli

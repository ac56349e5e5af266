// weir sandbox: a command in the sandbox, and what a profile allows.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "sandbox/profile.h"

namespace weir::cli {

struct SandboxArgs {
  std::string profile = "shell";
  std::string name = "learned";           // learn: of the draft
  std::vector<std::string> command = {};  // what follows "--"
};
int run_sandbox(const Common& common, const SandboxArgs& args);
int run_sandbox_explain(const Common& common, const SandboxArgs& args);
// Runs the command in the profile, again with what it asked for in vain, until that is nothing more; then
// without each grant that may not be needed. The draft goes to standard output, what the command says to
// standard error.
int run_sandbox_learn(const Common& common, const SandboxArgs& args);

// weir.toml's profile of that name or a preset, and weir's own places, which no sandbox shows.
struct FoundProfile {
  sandbox::Profile profile;
  std::vector<std::string> secrets;
  std::string data_dir;  // as weir.toml says it
};
Result<FoundProfile> find_sandbox(const Common& common, const std::string& name);

}  // namespace weir::cli

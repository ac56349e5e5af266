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
  std::vector<std::string> net = {};      // learn: what it may reach beside public hosts, as in `net`
  std::vector<std::string> command = {};  // what follows "--"
};
int run_sandbox(const Common& common, const SandboxArgs& args);
int run_sandbox_explain(const Common& common, const SandboxArgs& args);
// Runs the command in the profile, again with what it asked for in vain, until that is nothing more; then
// without the grants that may not be needed. The draft goes to standard output, what the command says to
// standard error. Standard input that is an MCP client's is said to the server line by line, each when the
// one before is answered; an answer that is an error is a run that failed.
int run_sandbox_learn(const Common& common, const SandboxArgs& args);

// weir.toml's profile of that name or a preset, and weir's own places, which no sandbox shows.
struct FoundProfile {
  sandbox::Profile profile;
  std::vector<std::string> secrets;
  std::string data_dir;  // as weir.toml says it
};
Result<FoundProfile> find_sandbox(const Common& common, const std::string& name);

}  // namespace weir::cli

// weir policy: see, test and compare policies.
#pragma once

#include "cli/command.h"

namespace weir::cli {

struct PolicyArgs {
  std::vector<std::string> files = {};     // .cedar files or shipped sets; sessions; folders
  std::vector<std::string> policies = {};  // instead of the config's
  std::vector<std::string> manifests = {};
  std::string call = {};
  uint64_t last = 1'000;
};
int run_policy_check(const Common& common, const PolicyArgs& args);
int run_policy_explain(const Common& common, const PolicyArgs& args);
int run_policy_test(const Common& common, const PolicyArgs& args);
int run_policy_what_if(const Common& common, const PolicyArgs& args);
int run_policy_learn(const Common& common, const PolicyArgs& args);

// The config (or, without --config and with `alone`, the defaults) with the policies and manifests of the
// command line.
Result<config::Config> policy_config(const Common& common, const PolicyArgs& args, bool alone);

}  // namespace weir::cli

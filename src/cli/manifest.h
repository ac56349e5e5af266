// weir manifest: drafts of manifests, and what they lack beside what servers really list.
#pragma once

#include "cli/command.h"
#include "cli/tools_list.h"

namespace weir::cli {

struct ManifestArgs {
  std::vector<std::string> names = {};  // of weir.toml; check: none means all
  WhichServer which = {};               // else
  std::string manifest = {};            // check: the manifest to compare with, when it has another name
};
int run_manifest_draft(const Common& common, const ManifestArgs& args);
int run_manifest_check(const Common& common, const ManifestArgs& args);

}  // namespace weir::cli

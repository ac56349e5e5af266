// [skills] of weir.toml. For this folder.
#pragma once

#include <string_view>

#include "base/toml.h"
#include "config/config.h"

namespace weir::config {

// A missing table gives the defaults. Paths in it are relative to the file's folder; keys are read by
// `sources`.
Result<skill::Rules> read_skills(const toml::Value& skills, std::string_view file_name,
                                 const Sources& sources);

}  // namespace weir::config

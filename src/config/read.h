// What reads weir.toml's tables. For this folder: config::load is the way in.
#pragma once

#include <array>

#include "base/toml.h"
#include "config/config.h"

namespace weir::config {

// Where what is read stands, and how it reaches further files. Borrows both.
struct Place {
  std::string_view file_name;
  const Sources& sources;

  // A path in the file, relative to the file's folder. One below "~" stays: whoever uses it knows the home.
  std::string beside(const std::string& path) const;
};

// Refuses a key that keys() does not have in that section.
Status only_known(const toml::Value& table, std::string_view section);

// A string that must be one of two; sets `out` to whether it is the second. Missing: `out` stays.
Status read_choice(const toml::Value& table, std::string_view key, std::array<std::string_view, 2> names,
                   bool& out);

// Each puts what its table says into `config`; a missing table changes nothing. Servers come after upstreams,
// manifests and sandboxes, which they name.
Status read_root(const toml::Value& root, const Place& place, Config& config);
Status read_upstreams(const toml::Value& upstreams, const Place& place, Config& config);
Status read_servers(const toml::Value& servers, const Place& place, Config& config);
Result<skill::Rules> read_skills(const toml::Value& skills, const Place& place);

}  // namespace weir::config

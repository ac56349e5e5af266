// The YAML that front matter may be written in: one map of scalars, one level of maps in it. libyaml reads
// it; anchors, aliases, tags, directives, sequences, a second document, duplicate keys and anything deeper
// are refused. For this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::skill {

struct YamlEntry {
  std::string key;
  size_t line = 0;  // from 1, within the YAML
  bool is_text = false;
  bool is_map = false;
  bool ambiguous = false;  // a plain scalar that YAML takes for something else than a string
  std::string text = {};
  std::vector<YamlEntry> map = {};
};

// Error: bad_input at "SKILL.md:LINE", with the line of the file (the YAML begins on its second).
Result<std::vector<YamlEntry>> read_yaml(std::string_view yaml);

}  // namespace weir::skill

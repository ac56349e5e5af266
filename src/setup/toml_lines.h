// Where the tables of a TOML file stand, line by line, so that one can be taken out and the rest stays as it
// was.
//
// Knows as much of TOML's lexis as that needs: headers, strings and arrays over several lines. The text must
// be valid TOML (read_toml). Pure; linear.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "setup/edit.h"
#include "setup/tree.h"

namespace weir::setup {

struct TomlTable {
  std::vector<std::string> path;  // of its header; empty: the keys before the first header
  bool array = false;             // [[path]]
  size_t begin = 0;               // of the header's line
  size_t end = 0;                 // behind the last line with a key or header: blank lines and comments stay
};

// In the file's order; the first is always the one without header.
std::vector<TomlTable> toml_tables(std::string_view text);

// Takes out every table whose path begins with `prefix`. False when there is none.
bool remove_tables(std::string_view text, const std::vector<std::string>& prefix, std::vector<Edit>& edits);

// Sets a string of the outermost table: in its own line, or in a new first one.
void set_toml_string(std::string_view text, std::string_view key, std::string_view value,
                     std::vector<Edit>& edits);

}  // namespace weir::setup

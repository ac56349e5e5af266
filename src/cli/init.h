// Parts of weir init.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/files.h"
#include "setup/compose.h"

namespace weir::cli {

// Asks on the terminal; without one, or with --yes, `otherwise`.
class Questions {
 public:
  Questions(bool yes, bool dry_run);
  bool may_ask() const { return may_ask_; }
  // One of the choices by number or name; an empty answer is the first.
  size_t choose(const std::string& question, const std::vector<std::string>& choices) const;
  bool confirm(const std::string& question, bool otherwise) const;

 private:
  bool may_ask_;
};

// Where weir.toml is, and what it holds now.
struct Place {
  std::string path;
  bool by_default = true;           // where weir looks by itself
  std::optional<std::string> text;  // nothing: there is none
};
Result<Place> find_config(const Common& common);

// Loads a text as weir.toml. Variables that are not set count as set; `missing` gets their names.
Result<config::Config> load_text(const std::string& text, const std::string& path,
                                 std::vector<std::string>* missing);

// Does this weir know the dialect?
bool weir_speaks(std::string_view dialect);

// Which model API weir is to ask: by flags, by what answers here and by keys in the environment, or by
// asking.
Result<setup::Upstream> choose_upstream(setup::Client client, const InitArgs& args,
                                        const Questions& questions);

}  // namespace weir::cli

// The keys of weir.toml: the one list that the reader checks against and the reference is made from.
#pragma once

#include <span>
#include <string_view>

namespace weir::config {

struct Key {
  std::string_view section;  // "" top level, "upstream.NAME", "[server]", "[trust]"
  std::string_view name;
  std::string_view type;
  std::string_view otherwise;  // the default, as it would be written
  std::string_view says;       // one or two sentences
};

std::span<const Key> keys();

}  // namespace weir::config

// One object's text with some members dropped and others in place of any that were there; all else as it
// came.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace weir::wire::mcp {

using Added = std::vector<std::pair<std::string_view, std::string>>;  // key, JSON

// A value that is no object is taken for one without members.
std::string with_members(json::Value object, const std::function<bool(std::string_view key)>& drop,
                         const Added& added);
// The document's text with one value in it replaced.
std::string with_value(const json::Document& document, json::Value value, std::string with);

}  // namespace weir::wire::mcp

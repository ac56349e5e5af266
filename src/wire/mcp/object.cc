#include "wire/mcp/object.h"

#include <algorithm>

#include "wire/splice.h"

namespace weir::wire::mcp {

std::string with_members(json::Value object, const std::function<bool(std::string_view key)>& drop,
                         const Added& added) {
  std::string out = "{";
  const auto member = [&](std::string_view key_raw, std::string_view value) {
    if (out.size() > 1) out += ',';
    out.append(key_raw).append(":").append(value);
  };
  for (const json::Member& each : object.members()) {
    const bool replaced =
        std::any_of(added.begin(), added.end(), [&](const auto& one) { return one.first == each.key; });
    if (!replaced && !(drop && drop(each.key))) member(each.key_value.raw(), each.value.raw());
  }
  for (const auto& [key, value] : added) member(json::quote(key), value);
  return out + "}";
}

std::string with_value(const json::Document& document, json::Value value, std::string with) {
  Splices splices;
  splices.replace(value, std::move(with));
  return splices.apply(document.text());
}

}  // namespace weir::wire::mcp

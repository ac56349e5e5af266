// Event: one line of a replay. For this folder.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"

namespace weir::replay {

// Reads the members of one event and refuses those that it has no use for.
class Event {
 public:
  Event(json::Value value, std::initializer_list<std::string_view> known) : value_(value), known_(known) {}

  Status check() const {
    for (const json::Member& member : value_.members()) {
      if (member.key == "event" || member.key == "comment") continue;
      if (std::find(known_.begin(), known_.end(), member.key) == known_.end()) {
        return bad_input(
            fmt::format("\"{}\" has no member \"{}\"", value_["event"].string_or(""), shown(member.key)),
            "/" + json::pointer_token(member.key), fmt::format("it has {}", fmt::join(known_, ", ")));
      }
    }
    return {};
  }
  Result<std::string> text(std::string_view key) const {
    const auto found = value_[key].string();
    if (!found)
      return bad_input(fmt::format("\"{}\" needs a string \"{}\"", value_["event"].string_or(""), key),
                       fmt::format("/{}", key));
    return std::string(*found);
  }

 private:
  json::Value value_;
  std::vector<std::string_view> known_;
};

}  // namespace weir::replay

#include "wire/unnamed_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace weir::wire {

void name_calls(std::vector<exchange::Part>& turn) {
  std::map<std::string, int> times;
  for (exchange::Part& part : turn) {
    auto* call = std::get_if<exchange::Call>(&part);
    if (call == nullptr) continue;
    const int count = ++times[call->name];
    if (call->id.empty()) call->id = count == 1 ? call->name : fmt::format("{}#{}", call->name, count);
  }
}

void CallNames::turn(const std::vector<exchange::Part>& parts) {
  calls_.clear();
  seen_.clear();
  for (const exchange::Part& part : parts) {
    if (const auto* call = std::get_if<exchange::Call>(&part)) calls_.emplace_back(call->id, call->name);
  }
}

void CallNames::find_call(exchange::Result& result) {
  if (!result.call_id.empty()) return;
  std::vector<std::string> may_be;
  for (const auto& [id, name] : calls_) {
    if (result.name.empty() || name == result.name) may_be.push_back(id);
  }
  if (may_be.empty()) return;
  auto seen =
      std::find_if(seen_.begin(), seen_.end(), [&](const auto& entry) { return entry.first == result.name; });
  if (seen == seen_.end()) seen = seen_.insert(seen_.end(), {result.name, 0});
  const size_t at = std::min(seen->second++, may_be.size() - 1);
  result.call_id = may_be[at];
  may_be.erase(may_be.begin() + static_cast<std::ptrdiff_t>(at));
  result.other_calls = std::move(may_be);
}

}  // namespace weir::wire

#include "review/recorded.h"

#include <fmt/format.h>

#include <unordered_map>

#include "policy/json_data.h"

namespace weir::review {
namespace {

std::vector<std::string> strings(json::Value list) {
  std::vector<std::string> out;
  for (const json::Value each : list.elements()) out.emplace_back(each.string_or(""));
  return out;
}

std::optional<policy::Decision> parse_decision(std::string_view name) {
  for (const auto each : {policy::Decision::allow, policy::Decision::ask, policy::Decision::deny}) {
    if (name == policy::to_string(each)) return each;
  }
  return std::nullopt;
}

void read_detail(json::Value detail, Recorded& out) {
  out.why = detail["why"].string_or("");
  out.context_origins = strings(detail["context"]["origins"]);
  for (const json::Member& member : detail["args"].members()) {
    RecordedArgument argument;
    argument.pointer = member.key;
    const auto role = manifest::parse_role(member.value["role"].string_or(""));
    argument.role = role.value_or(manifest::ArgRole::target);
    argument.trusted = member.value["integrity"].string_or("") == "trusted";
    argument.origins = strings(member.value["origins"]);
    argument.readers = strings(member.value["readers"]);
    if (const auto value = detail["values"][member.key].string()) argument.value = std::string(*value);
    if (const auto sealed = detail["sealed"][member.key].string()) argument.sealed = std::string(*sealed);
    out.arguments.push_back(std::move(argument));
  }
  out.bits = detail["influence_bits"].number().value_or(0);
  if (!detail["request"].exists()) return;
  if (auto request = policy::request_from_json(detail["request"])) out.request = std::move(*request);
}

}  // namespace

bool Recorded::went_through() const {
  if (!enforced || decision == policy::Decision::allow) return true;
  return answer == "once" || answer == "session" || answer == "always";
}

Result<std::vector<Recorded>> read_recorded(json::Value entries) {
  if (!entries.is_array()) return bad_input("no list of ledger entries", "/entries");
  std::vector<Recorded> out;
  std::unordered_map<int64_t, size_t> at;
  for (const json::Value each : entries.elements()) {
    const json::Value entry = each["entry"];
    const std::string_view type = entry["type"].string_or("");
    if (type == "answer") {
      const auto of = at.find(entry["decision"].integer().value_or(-1));
      if (of != at.end()) out[of->second].answer = entry["answer"].string_or("");
      continue;
    }
    if (type != "decision") continue;
    const auto index = each["index"].integer();
    const auto decision = parse_decision(entry["decision"].string_or(""));
    if (!index || *index < 0 || !decision) return bad_input("no decision as weir records it", "/entries");
    Recorded recorded;
    recorded.index = static_cast<uint64_t>(*index);
    recorded.time = entry["time"].string_or("");
    recorded.session = entry["session"].string_or("");
    recorded.call = entry["call"].string_or("");
    recorded.tool = entry["tool"].string_or("");
    recorded.decision = *decision;
    recorded.enforced = entry["enforced"].boolean().value_or(true);
    recorded.policies = strings(entry["policies"]);
    recorded.context_trusted = entry["context"].string_or("") == "trusted";
    read_detail(each["detail"], recorded);
    at[*index] = out.size();
    out.push_back(std::move(recorded));
  }
  return out;
}

}  // namespace weir::review

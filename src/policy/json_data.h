// Requests and entities as JSON, in the published forms.
//
//   value    true, 1, "text", [set], {record}; {"__entity": {"type": T, "id": I}}; {"__extn": {"fn": F,
//   "arg": V}}
//            or {"__extn": {"fn": F, "args": [V, …]}}. Whole numbers of 64 bits only; no null.
//   uid      {"type": T, "id": I}, {"__entity": {…}}, or Cedar text: "User::\"alice\""
//   entities [{"uid": U, "attrs": {…}, "parents": [U, …], "tags": {…}}, …]; all but uid may be missing. No
//   uid
//            twice, no cycle.
//   request  {"principal": U, "action": U, "resource": U, "context": {…}}; context may be missing
//
// Whatever is unknown, missing or of another type is bad_input with a JSON pointer (below the value given).
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "policy/entities.h"
#include "policy/request.h"

namespace weir::policy {

Result<Value> value_from_json(json::Value value);
Result<EntityUid> uid_from_json(json::Value value);
// At most kPolicyEntitiesMax; closed.
Result<Entities> entities_from_json(json::Value value);
Result<Request> request_from_json(json::Value value);

// `User::"alice"`, alone in the text.
Result<EntityUid> parse_uid(std::string_view text);

void write_json(json::Writer& out, const Value& value);
void write_json(json::Writer& out, const EntityUid& uid);  // {"type": T, "id": I}
// Sorted by uid.
std::string to_json(const Entities& entities);
std::string to_json(const Request& request);

}  // namespace weir::policy

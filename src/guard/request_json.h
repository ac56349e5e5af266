// The request that policies decided on, as JSON: kept with each decision, so that it can be decided again.
//
// {"principal":{"type":"Session","id":"1"},"action":{…},"resource":{…},"context":{"trusted":false,…}}: the
// published form of Cedar requests, for the values that weir's contexts have.
#pragma once

#include <string>

#include "base/json.h"
#include "policy/policy_set.h"

namespace weir::guard {

std::string request_json(const policy::Request& request);

// bad_input with a JSON pointer below `value`.
Result<policy::Request> parse_request(json::Value value);

}  // namespace weir::guard

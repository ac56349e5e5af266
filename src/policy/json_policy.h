// Policies as JSON, in the published form (docs.cedarpolicy.com, "JSON policy format").
//
// A policy set is {"staticPolicies": {ID: P, …}, "templates": {ID: P, …}, "templateLinks": [{"templateId":
// ID, "newId": ID, "values": {"?principal": uid, "?resource": uid}}, …]}; any of the three may be missing. A
// policy alone (an object with "effect") is a set of one, named by its @id or "policy0". weir's own rules
// (policy_set.h) hold as for text, but that the ids are the set's keys.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "policy/policy_set.h"

namespace weir::policy {

// Errors: bad_input with "file:line:column" and what was expected; too_large as PolicySet::parse.
Result<PolicySet> policies_from_json(std::string_view text, std::string_view file_name);

// One policy or template. Written the same way again after reading it back.
std::string to_json(const Policy& policy);
// Linked policies are written as links.
std::string to_json(const PolicySet& policies);

}  // namespace weir::policy

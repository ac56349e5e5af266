// Says before they are used whether policies can mean what they say, given a schema.
//
// Strict validation as the Cedar specification defines it: a policy without errors here never errs at run
// time (but for integer overflow, extension functions' overflow and entities that are missing or do not fit
// the schema). It is checked for every combination of action, principal type and resource type that the
// schema has.
#pragma once

#include <string>
#include <vector>

#include "policy/policy_set.h"
#include "policy/schema.h"

namespace weir::policy {

struct Finding {
  enum class Kind : uint8_t {
    error,
    warning,  // legal, and hardly meant: a policy that can never match
  };
  Kind kind = Kind::error;
  std::string policy_id;
  std::string message;  // one sentence without a full stop
  std::string where;    // "file:line:column"
  std::string hint;     // what to do, such as `did you mean "trusted"?`; may be empty
};

// Policies and templates, and what the linked ones are linked with. In the order of the set, by place in
// each; nothing is reported twice. Empty: all is well. Time is bounded by kValidationStepsMax; what is left
// over then is an error of its own ("too much to validate").
std::vector<Finding> validate(const PolicySet& policies, const Schema& schema);

// The first error, as one; nothing where there is none (warnings do not count).
Status check_valid(const PolicySet& policies, const Schema& schema);

// As Error::text() has it, and with_caret() takes it.
Error to_error(const Finding& finding);

}  // namespace weir::policy

// From policy text to trees: a recursive descent over the grammar of the Cedar specification.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/ast.h"

namespace weir::policy {

// All policies of a text, in its order. Refuses duplicate ids and annotations, unknown syntax, and whatever
// passes a bound; see PolicySet::parse for the errors. Linear in the text but for record literals, whose
// keys are sorted.
Result<std::vector<Policy>> parse_policies(std::string_view text, std::string_view file_name);

}  // namespace weir::policy

// Expressions of policies as text, as a person would write them.
#pragma once

#include <string>
#include <vector>

#include "policy/ast.h"

namespace weir::policy {

struct Expression {
  std::string text;                          // one line, with no more parentheses than it needs
  std::vector<std::string> attributes = {};  // of the context, that it reads; in order, each once
};

// The expression at that node. What is not known here is "…". Recursion is bounded by
// limits::kPolicyDepthMax.
Expression print_expression(const Policy& policy, uint32_t node);

}  // namespace weir::policy

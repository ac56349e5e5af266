// What Cedar calls its operators and the methods that are operators, in its JSON form; in text too, but for
// negation ("-").
#pragma once

#include <span>
#include <string_view>

#include "policy/ast.h"

namespace weir::policy {

struct OpName {
  std::string_view name;
  Op op;
};

std::span<const OpName> unary_ops();
std::span<const OpName> binary_ops();

// Empty for what is no operator.
std::string_view op_name(Op op);
// nullptr when there is none of that name in `ops`.
const Op* op_named(std::span<const OpName> ops, std::string_view name);

}  // namespace weir::policy

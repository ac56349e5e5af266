#include "policy/op_names.h"

#include <algorithm>

namespace weir::policy {
namespace {

constexpr OpName kUnary[] = {{"!", Op::not_}, {"neg", Op::negate}, {"isEmpty", Op::is_empty}};
constexpr OpName kBinary[] = {
    {"==", Op::equal},
    {"!=", Op::not_equal},
    {"in", Op::in},
    {"<", Op::less},
    {"<=", Op::less_equal},
    {">", Op::greater},
    {">=", Op::greater_equal},
    {"&&", Op::and_},
    {"||", Op::or_},
    {"+", Op::add},
    {"-", Op::subtract},
    {"*", Op::multiply},
    {"contains", Op::contains},
    {"containsAll", Op::contains_all},
    {"containsAny", Op::contains_any},
    {"hasTag", Op::has_tag},
    {"getTag", Op::get_tag},
};

}  // namespace

std::span<const OpName> unary_ops() {
  return kUnary;
}

std::span<const OpName> binary_ops() {
  return kBinary;
}

std::string_view op_name(Op op) {
  for (const std::span<const OpName> ops : {unary_ops(), binary_ops()}) {
    const auto at = std::find_if(ops.begin(), ops.end(), [&](const OpName& row) { return row.op == op; });
    if (at != ops.end()) return at->name;
  }
  return {};
}

const Op* op_named(std::span<const OpName> ops, std::string_view name) {
  const auto at = std::find_if(ops.begin(), ops.end(), [&](const OpName& row) { return row.name == name; });
  return at == ops.end() ? nullptr : &at->op;
}

}  // namespace weir::policy

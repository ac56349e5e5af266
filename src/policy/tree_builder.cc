#include "policy/tree_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <forward_list>

#include "base/limits.h"

namespace weir::policy {

std::optional<Op> core_method_named(std::string_view name) {
  static constexpr Op kOps[] = {Op::contains, Op::contains_all, Op::contains_any,
                                Op::is_empty, Op::has_tag,      Op::get_tag};
  const auto* const it = std::find(kCoreMethods.begin(), kCoreMethods.end(), name);
  if (it == kCoreMethods.end()) return std::nullopt;
  return kOps[it - kCoreMethods.begin()];
}

Error TreeBuilder::too_deep(Position at) const {
  return too_large(fmt::format("nested deeper than {} levels", limits::kPolicyDepthMax), policy_->where(at));
}

Result<uint32_t> TreeBuilder::add(Node node, std::initializer_list<uint32_t> children) {
  int height = 1;
  for (const uint32_t child : children) height = std::max(height, policy_->nodes[child].height + 1);
  if (height > limits::kPolicyDepthMax) return too_deep(node.at);
  node.height = static_cast<uint8_t>(height);
  policy_->nodes.push_back(node);
  return static_cast<uint32_t>(policy_->nodes.size() - 1);
}

Result<uint32_t> TreeBuilder::list(Op op, const std::vector<uint32_t>& children, Position at) {
  uint32_t tallest = children.empty() ? kNone : children.front();
  for (const uint32_t child : children) {
    if (policy_->nodes[child].height > policy_->nodes[tallest].height) tallest = child;
  }
  Node node{.op = op, .b = static_cast<uint32_t>(policy_->extra.size()), .at = at};
  node.c = static_cast<uint32_t>(children.size());
  policy_->extra.insert(policy_->extra.end(), children.begin(), children.end());
  return tallest == kNone ? add(node, {}) : add(node, {tallest});
}

Result<uint32_t> TreeBuilder::set(const std::vector<uint32_t>& children, Position at) {
  WEIR_TRY_ASSIGN(index, list(Op::set, children, at));
  fold(index);
  return index;
}

Result<uint32_t> TreeBuilder::record(const std::vector<uint32_t>& children,
                                     const std::vector<uint32_t>& names, Position at) {
  WEIR_TRY_ASSIGN(index, list(Op::record, children, at));
  // Names and children are laid out alike: first all children, then all names.
  policy_->extra.insert(policy_->extra.end(), names.begin(), names.end());
  fold(index);
  return index;
}

Result<uint32_t> TreeBuilder::call(Function function, const std::vector<uint32_t>& children, Position at) {
  WEIR_TRY_ASSIGN(index, list(Op::call, children, at));
  policy_->nodes[index].function = function;
  fold(index);
  return index;
}

Result<uint32_t> TreeBuilder::has(uint32_t left, const std::vector<uint32_t>& names, Position at) {
  Node node{.op = Op::has, .a = left, .b = static_cast<uint32_t>(policy_->extra.size()), .at = at};
  node.c = static_cast<uint32_t>(names.size());
  policy_->extra.insert(policy_->extra.end(), names.begin(), names.end());
  return add(node, {left});
}

Result<uint32_t> TreeBuilder::like(uint32_t left, std::vector<std::string> pieces, Position at) {
  policy_->patterns.emplace_back(std::move(pieces));
  const auto index = static_cast<uint32_t>(policy_->patterns.size() - 1);
  return add({.op = Op::like, .a = left, .b = index, .at = at}, {left});
}

uint32_t TreeBuilder::literal(Value value, Position at) {
  policy_->literals.push_back(std::move(value));
  const auto index = static_cast<uint32_t>(policy_->literals.size() - 1);
  policy_->nodes.push_back({.op = Op::literal, .a = index, .at = at});
  return static_cast<uint32_t>(policy_->nodes.size() - 1);
}

uint32_t TreeBuilder::slot(uint32_t which, Position at) {
  policy_->nodes.push_back({.op = Op::slot, .a = which, .at = at});
  policy_->slots[which] = static_cast<uint32_t>(policy_->nodes.size() - 1);
  return policy_->slots[which];
}

uint32_t TreeBuilder::string(std::string text) {
  policy_->strings.push_back(std::move(text));
  return static_cast<uint32_t>(policy_->strings.size() - 1);
}

void TreeBuilder::fold(uint32_t index) {
  const Node node = policy_->nodes[index];
  std::vector<const Value*> values;
  for (uint32_t i = 0; i < node.c; ++i) {
    values.push_back(policy_->constant(policy_->extra[node.b + i]));
    if (values.back() == nullptr) return;
  }
  Value folded;
  if (node.op == Op::set) {
    std::vector<Value> elements;
    for (const Value* value : values) elements.push_back(*value);
    folded = Value::set(std::move(elements));
  } else if (node.op == Op::record) {
    std::vector<Value::Field> fields;
    for (uint32_t i = 0; i < node.c; ++i) {
      fields.emplace_back(policy_->strings[policy_->extra[node.b + node.c + i]], *values[i]);
    }
    folded = Value::record(std::move(fields));
  } else {
    std::vector<Operand> arguments;
    for (const Value* value : values) arguments.push_back(Operand::of(*value));
    std::forward_list<Value> storage;
    Operand out;
    std::string error;
    if (!weir::policy::call(node.function, arguments, storage, out, error)) return;
    folded = out.value();
  }
  policy_->literals.push_back(std::move(folded));
  policy_->nodes[index].a = static_cast<uint32_t>(policy_->literals.size() - 1);
}

}  // namespace weir::policy

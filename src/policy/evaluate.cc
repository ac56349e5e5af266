#include "policy/evaluate.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::policy {

Evaluator::Evaluator(const Request& request, const Entities& entities)
    : request_(request),
      entities_(entities),
      principal_(request.principal),
      action_(request.action),
      resource_(request.resource) {}

bool Evaluator::fail(Position at, std::string message) {
  error_ = std::move(message);
  error_at_ = at;
  return false;
}

Match Evaluator::match(const Policy& policy) {
  policy_ = &policy;
  const auto failed = [&] { return Match{Match::Kind::error, std::move(error_), error_at_}; };
  for (const uint32_t root : policy.scope) {
    bool value = false;
    if (!eval_boolean(root, value)) return failed();
    if (!value) return {};
  }
  for (const Condition& condition : policy.conditions) {
    bool value = false;
    if (!eval_boolean(condition.root, value)) return failed();
    if (value == condition.unless) return {};
  }
  return {Match::Kind::yes};
}

bool Evaluator::eval_kind(uint32_t index, Value::Kind kind, Operand& out) {
  if (!eval(index, out)) return false;
  if (out.get().is(kind)) return true;
  return fail(policy_->nodes[index].at,
              fmt::format("expected {}, got {}", kind_name(kind), kind_name(out.get().kind())));
}

bool Evaluator::eval_boolean(uint32_t index, bool& out) {
  Operand operand;
  if (!eval_kind(index, Value::Kind::boolean, operand)) return false;
  out = operand.get().boolean();
  return true;
}

bool Evaluator::eval_integer(uint32_t index, int64_t& out) {
  Operand operand;
  if (!eval_kind(index, Value::Kind::integer, operand)) return false;
  out = operand.get().integer();
  return true;
}

bool Evaluator::eval(uint32_t index, Operand& out) {
  const Node& node = policy_->nodes[index];
  bool value = false;
  switch (node.op) {
    case Op::literal:
      out.view = &policy_->literals[node.a];
      return true;
    case Op::principal:
      out.view = &principal_;
      return true;
    case Op::action:
      out.view = &action_;
      return true;
    case Op::resource:
      out.view = &resource_;
      return true;
    case Op::context:
      out.view = &request_.context;
      return true;
    case Op::attribute:
      return eval_attribute(node, out);
    case Op::has:
      return eval_has(node, out);
    case Op::like: {
      Operand text;
      if (!eval_kind(node.a, Value::Kind::string, text)) return false;
      out.set(policy_->patterns[node.b].matches(text.get().string()));
      return true;
    }
    case Op::is:
      return eval_is(node, out);
    case Op::and_:
    case Op::or_:
      return eval_logic(node, out);
    case Op::not_:
      if (!eval_boolean(node.a, value)) return false;
      out.set(!value);
      return true;
    case Op::if_:
      return eval_boolean(node.a, value) && eval(value ? node.b : node.c, out);
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return eval_compare(node, out);
    case Op::negate:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
      return eval_arithmetic(node, out);
    case Op::in:
      if (!eval_in(node.a, node.b, value)) return false;
      out.set(value);
      return true;
    case Op::contains:
    case Op::contains_all:
    case Op::contains_any:
    case Op::is_empty:
      return eval_set_method(node, out);
    case Op::set:
      return eval_set(node, out);
    case Op::record:
      return eval_record(node, out);
  }
  return fail(node.at, "an operator that this evaluator does not know");
}

bool Evaluator::eval_attribute(const Node& node, Operand& out) {
  Operand base;
  if (!eval(node.a, base)) return false;
  const std::string& name = policy_->strings[node.b];
  const Value* fields = &base.get();
  if (fields->is(Value::Kind::entity)) {
    fields = entities_.attributes(base.get().entity());
    if (fields == nullptr) {
      return fail(node.at, fmt::format("the entity {} is not known", shown(base.get().text())));
    }
  } else if (!fields->is(Value::Kind::record)) {
    return fail(node.at, fmt::format("expected a record or an entity before \".{}\", got {}", shown(name, 40),
                                     kind_name(fields->kind())));
  }
  const Value* found = fields->field(name);
  if (found == nullptr) return fail(node.at, fmt::format("there is no attribute \"{}\"", shown(name, 40)));
  // A field of a record that an operator made dies with it.
  if (fields == &base.own) {
    out.set(*found);
  } else {
    out.view = found;
  }
  return true;
}

bool Evaluator::eval_has(const Node& node, Operand& out) {
  Operand base;
  if (!eval(node.a, base)) return false;
  const Value* value = &base.get();
  for (uint32_t i = 0; i < node.c && value != nullptr; ++i) {
    if (value->is(Value::Kind::entity)) {
      value = entities_.attributes(value->entity());
    } else if (!value->is(Value::Kind::record)) {
      return fail(node.at, fmt::format("expected a record or an entity before \"has\", got {}",
                                       kind_name(value->kind())));
    }
    if (value != nullptr) value = value->field(policy_->strings[policy_->extra[node.b + i]]);
  }
  out.set(value != nullptr);
  return true;
}

bool Evaluator::eval_is(const Node& node, Operand& out) {
  Operand entity;
  if (!eval_kind(node.a, Value::Kind::entity, entity)) return false;
  bool value = entity.get().entity().type == policy_->strings[node.b];
  if (value && node.c != kNone && !eval_in(node.a, node.c, value)) return false;
  out.set(value);
  return true;
}

bool Evaluator::eval_logic(const Node& node, Operand& out) {
  const bool decides = node.op == Op::or_;
  bool value = !decides;
  for (uint32_t i = 0; i < node.c && value != decides; ++i) {
    if (!eval_boolean(policy_->extra[node.b + i], value)) return false;
  }
  out.set(value);
  return true;
}

bool Evaluator::eval_compare(const Node& node, Operand& out) {
  if (node.op == Op::equal || node.op == Op::not_equal) {
    Operand left;
    Operand right;
    if (!eval(node.a, left) || !eval(node.b, right)) return false;
    out.set((left.get() == right.get()) == (node.op == Op::equal));
    return true;
  }
  int64_t left = 0;
  int64_t right = 0;
  if (!eval_integer(node.a, left) || !eval_integer(node.b, right)) return false;
  out.set(node.op == Op::less         ? left < right
          : node.op == Op::less_equal ? left <= right
          : node.op == Op::greater    ? left > right
                                      : left >= right);
  return true;
}

bool Evaluator::eval_arithmetic(const Node& node, Operand& out) {
  int64_t left = 0;
  int64_t right = 0;
  int64_t result = 0;
  if (!eval_integer(node.a, left)) return false;
  if (node.op != Op::negate && !eval_integer(node.b, right)) return false;
  const bool overflow = node.op == Op::negate     ? __builtin_sub_overflow(int64_t{0}, left, &result)
                        : node.op == Op::add      ? __builtin_add_overflow(left, right, &result)
                        : node.op == Op::subtract ? __builtin_sub_overflow(left, right, &result)
                                                  : __builtin_mul_overflow(left, right, &result);
  if (overflow) return fail(node.at, "the result does not fit 64 bits");
  out.set(result);
  return true;
}

bool Evaluator::eval_in(uint32_t left_index, uint32_t right_index, bool& out) {
  Operand left;
  Operand right;
  if (!eval_kind(left_index, Value::Kind::entity, left) || !eval(right_index, right)) return false;
  const EntityUid& uid = left.get().entity();
  const Value& of = right.get();
  if (of.is(Value::Kind::entity)) {
    out = entities_.is_in(uid, of.entity());
    return true;
  }
  const Position at = policy_->nodes[right_index].at;
  if (!of.is(Value::Kind::set)) {
    return fail(at, fmt::format("expected an entity or a set of entities, got {}", kind_name(of.kind())));
  }
  for (const Value& element : of.set()) {
    if (!element.is(Value::Kind::entity)) {
      return fail(at, fmt::format("expected a set of entities, it holds {}", kind_name(element.kind())));
    }
  }
  out = std::any_of(of.set().begin(), of.set().end(),
                    [&](const Value& element) { return entities_.is_in(uid, element.entity()); });
  return true;
}

bool Evaluator::eval_set_method(const Node& node, Operand& out) {
  Operand self;
  if (!eval_kind(node.a, Value::Kind::set, self)) return false;
  const Value& set = self.get();
  if (node.op == Op::is_empty) {
    out.set(set.set().empty());
    return true;
  }
  Operand argument;
  if (node.op == Op::contains) {
    if (!eval(node.b, argument)) return false;
    out.set(set.contains(argument.get()));
    return true;
  }
  if (!eval_kind(node.b, Value::Kind::set, argument)) return false;
  const Value::Set& elements = argument.get().set();
  const auto inside = [&](const Value& element) { return set.contains(element); };
  out.set(node.op == Op::contains_all ? std::all_of(elements.begin(), elements.end(), inside)
                                      : std::any_of(elements.begin(), elements.end(), inside));
  return true;
}

bool Evaluator::eval_set(const Node& node, Operand& out) {
  std::vector<Value> elements;
  for (uint32_t i = 0; i < node.c; ++i) {
    Operand element;
    if (!eval(policy_->extra[node.b + i], element)) return false;
    elements.push_back(element.get());
  }
  out.set(Value::set(std::move(elements)));
  return true;
}

bool Evaluator::eval_record(const Node& node, Operand& out) {
  std::vector<Value::Field> fields;
  for (uint32_t i = 0; i < node.c; ++i) {
    Operand value;
    if (!eval(policy_->extra[node.b + i], value)) return false;
    fields.emplace_back(policy_->strings[policy_->extra[node.b + node.c + i]], value.get());
  }
  out.set(Value::record(std::move(fields)));
  return true;
}

}  // namespace weir::policy

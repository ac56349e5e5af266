#include "policy/evaluate.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "policy/mutant.h"

namespace weir::policy {

bool Evaluator::fail(Position at, std::string message) {
  error_ = std::move(message);
  error_at_ = at;
  return false;
}

void Evaluator::keep(Value value, Operand& out) {
  temporaries_.push_front(std::move(value));
  out = Operand::of(temporaries_.front());
}

Match Evaluator::match(const Policy& policy) {
  policy_ = &policy;
  for (const uint32_t root : policy.scope) {
    bool value = false;
    if (!eval_boolean(root, value)) return {Match::Kind::error, std::move(error_), error_at_};
    if (!value) return {};
  }
  return match_conditions(policy);
}

Match Evaluator::match_conditions(const Policy& policy) {
  policy_ = &policy;
  temporaries_.clear();
  for (const Condition& condition : policy.conditions) {
    bool value = false;
    if (!eval_boolean(condition.root, value)) return {Match::Kind::error, std::move(error_), error_at_};
    if (value == condition.unless) return {};
  }
  return {Match::Kind::yes};
}

bool Evaluator::eval_kind(uint32_t index, Value::Kind kind, Operand& out) {
  if (!eval(index, out)) return false;
  if (out.is(kind)) return true;
  return fail(policy_->nodes[index].at,
              fmt::format("expected {}, got {}", kind_name(kind), kind_name(out.kind())));
}

bool Evaluator::eval_boolean(uint32_t index, bool& out) {
  Operand operand;
  if (!eval_kind(index, Value::Kind::boolean, operand)) return false;
  out = operand.boolean();
  return true;
}

bool Evaluator::eval_integer(uint32_t index, int64_t& out) {
  Operand operand;
  if (!eval_kind(index, Value::Kind::integer, operand)) return false;
  out = operand.number();
  return true;
}

bool Evaluator::eval(uint32_t index, Operand& out) {
  const Node& node = policy_->nodes[index];
  bool value = false;
  switch (node.op) {
    case Op::literal:
      out = Operand::of(policy_->literals[node.a]);
      return true;
    case Op::principal:
      out = Operand::entity(request_.principal);
      return true;
    case Op::action:
      out = Operand::entity(request_.action);
      return true;
    case Op::resource:
      out = Operand::entity(request_.resource);
      return true;
    case Op::context:
      out = Operand::of(request_.context);
      return true;
    case Op::attribute:
      return eval_attribute(node, out);
    case Op::has:
      return eval_has(node, out);
    case Op::has_tag:
    case Op::get_tag:
      return eval_tag(node, out);
    case Op::like: {
      Operand text;
      if (!eval_kind(node.a, Value::Kind::string, text)) return false;
      out = Operand::boolean(policy_->patterns[node.b].matches(text.string()));
      return true;
    }
    case Op::is:
      return eval_is(node, out);
    case Op::and_:
    case Op::or_:
      return eval_logic(node, out);
    case Op::not_:
      if (!eval_boolean(node.a, value)) return false;
      out = Operand::boolean(!value);
      return true;
    case Op::if_:
      return eval_boolean(node.a, value) && eval(value ? node.b : node.c, out);
    case Op::equal:
    case Op::not_equal:
      return eval_equal(node, out);
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return eval_order(node, out);
    case Op::negate:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
      return eval_arithmetic(node, out);
    case Op::in:
      if (!eval_in(node.a, node.b, value)) return false;
      out = Operand::boolean(value);
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
    case Op::call:
      return eval_call(node, out);
    case Op::slot:
      return fail(node.at, "a template that is not linked");
  }
  return fail(node.at, "an operator that this evaluator does not know");
}

bool Evaluator::eval_attribute(const Node& node, Operand& out) {
  Operand base;
  if (!eval(node.a, base)) return false;
  const std::string& name = policy_->strings[node.b];
  const Value* fields = nullptr;
  if (base.is(Value::Kind::entity)) {
    fields = entities_.attributes(base.entity());
    if (fields == nullptr) {
      return fail(node.at, fmt::format("the entity {} is not known", shown(base.entity().text())));
    }
  } else if (base.is(Value::Kind::record)) {
    fields = &base.shared();
  } else {
    return fail(node.at, fmt::format("expected a record or an entity before \".{}\", got {}", shown(name, 40),
                                     kind_name(base.kind())));
  }
  const Value* found = fields->field(name);
  if (found == nullptr) return fail(node.at, fmt::format("there is no attribute \"{}\"", shown(name, 40)));
  out = Operand::of(*found);
  return true;
}

bool Evaluator::eval_has(const Node& node, Operand& out) {
  Operand base;
  if (!eval(node.a, base)) return false;
  bool found = true;
  for (uint32_t i = 0; i < node.c && found; ++i) {
    const Value* fields = nullptr;
    if (base.is(Value::Kind::entity)) {
      fields = entities_.attributes(base.entity());
    } else if (base.is(Value::Kind::record)) {
      fields = &base.shared();
    } else {
      return fail(node.at, fmt::format("expected a record or an entity before \"has\", got {}",
                                       kind_name(base.kind())));
    }
    const Value* field =
        fields == nullptr ? nullptr : fields->field(policy_->strings[policy_->extra[node.b + i]]);
    found = field != nullptr;
    if (found) base = Operand::of(*field);
  }
  out = Operand::boolean(found);
  return true;
}

bool Evaluator::eval_tag(const Node& node, Operand& out) {
  Operand entity;
  Operand tag;
  if (!eval_kind(node.a, Value::Kind::entity, entity) || !eval_kind(node.b, Value::Kind::string, tag))
    return false;
  const Value* tags =
      WEIR_MUTANT(8) ? entities_.attributes(entity.entity()) : entities_.tags(entity.entity());
  const Value* found = tags == nullptr ? nullptr : tags->field(tag.string());
  if (node.op == Op::has_tag) {
    out = Operand::boolean(found != nullptr);
    return true;
  }
  if (tags == nullptr) {
    return fail(node.at, fmt::format("the entity {} is not known", shown(entity.entity().text())));
  }
  if (found == nullptr) return fail(node.at, fmt::format("there is no tag \"{}\"", shown(tag.string(), 40)));
  out = Operand::of(*found);
  return true;
}

bool Evaluator::eval_is(const Node& node, Operand& out) {
  Operand entity;
  if (!eval_kind(node.a, Value::Kind::entity, entity)) return false;
  bool value = entity.entity().type == policy_->strings[node.b];
  if (value && node.c != kNone && !WEIR_MUTANT(1) && !eval_in(node.a, node.c, value)) return false;
  out = Operand::boolean(value);
  return true;
}

bool Evaluator::eval_logic(const Node& node, Operand& out) {
  const bool decides = node.op == Op::or_;
  bool value = !decides;
  for (uint32_t i = 0; i < node.c && (value != decides || WEIR_MUTANT(2)); ++i) {
    if (!eval_boolean(policy_->extra[node.b + i], value)) return false;
  }
  out = Operand::boolean(value);
  return true;
}

bool Evaluator::eval_equal(const Node& node, Operand& out) {
  Operand left;
  Operand right;
  if (!eval(node.a, left) || !eval(node.b, right)) return false;
  out = Operand::boolean((left == right) == (node.op == Op::equal));
  return true;
}

// Integers, and moments and spans of time among their own.
bool Evaluator::eval_order(const Node& node, Operand& out) {
  Operand left;
  Operand right;
  if (!eval(node.a, left) || !eval(node.b, right)) return false;
  const auto has_order = [](const Operand& operand) {
    return operand.is(Value::Kind::integer) || operand.is(Value::Kind::datetime) ||
           operand.is(Value::Kind::duration);
  };
  if (!has_order(left)) {
    return fail(policy_->nodes[node.a].at,
                fmt::format("expected an integer, a datetime or a duration, got {}", kind_name(left.kind())));
  }
  if (left.kind() != right.kind()) {
    return fail(policy_->nodes[node.b].at,
                fmt::format("expected {}, got {}", kind_name(left.kind()), kind_name(right.kind())));
  }
  const int64_t a = left.number();
  const int64_t b = right.number();
  out = Operand::boolean(node.op == Op::less         ? a < b
                         : node.op == Op::less_equal ? (WEIR_MUTANT(3) ? a < b : a <= b)
                         : node.op == Op::greater    ? a > b
                                                     : a >= b);
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
  if (overflow && !WEIR_MUTANT(4)) return fail(node.at, "the result does not fit 64 bits");
  out = Operand::integer(result);
  return true;
}

bool Evaluator::eval_in(uint32_t left_index, uint32_t right_index, bool& out) {
  Operand left;
  Operand of;
  if (!eval_kind(left_index, Value::Kind::entity, left) || !eval(right_index, of)) return false;
  const EntityUid& uid = left.entity();
  if (of.is(Value::Kind::entity)) {
    out = WEIR_MUTANT(5) ? uid == of.entity() : entities_.is_in(uid, of.entity());
    return true;
  }
  const Position at = policy_->nodes[right_index].at;
  if (!of.is(Value::Kind::set)) {
    return fail(at, fmt::format("expected an entity or a set of entities, got {}", kind_name(of.kind())));
  }
  const Value::Set& elements = of.shared().set();
  out = false;
  for (const Value& element : elements) {
    if (!element.is(Value::Kind::entity)) {
      if (WEIR_MUTANT(6)) continue;
      return fail(at, fmt::format("expected a set of entities, it holds {}", kind_name(element.kind())));
    }
    out = out || entities_.is_in(uid, element.entity());
  }
  return true;
}

bool Evaluator::eval_set_method(const Node& node, Operand& out) {
  Operand self;
  if (!eval_kind(node.a, Value::Kind::set, self)) return false;
  const Value::Set& set = self.shared().set();
  if (node.op == Op::is_empty) {
    out = Operand::boolean(set.empty());
    return true;
  }
  Operand argument;
  if (node.op == Op::contains) {
    if (!eval(node.b, argument)) return false;
    out = Operand::boolean(contains(set, argument));
    return true;
  }
  if (!eval_kind(node.b, Value::Kind::set, argument)) return false;
  const Value::Set& elements = argument.shared().set();
  const auto inside = [&](const Value& element) { return contains(set, Operand::of(element)); };
  out = Operand::boolean((node.op == Op::contains_all) != WEIR_MUTANT(7)
                             ? std::all_of(elements.begin(), elements.end(), inside)
                             : std::any_of(elements.begin(), elements.end(), inside));
  return true;
}

bool Evaluator::eval_call(const Node& node, Operand& out) {
  if (node.a != kNone) {
    out = Operand::of(policy_->literals[node.a]);
    return true;
  }
  // No function takes more than two; the others are evaluated, for they may err, and refused by their number.
  Operand arguments[3];
  for (uint32_t i = 0; i < node.c; ++i) {
    if (!eval(policy_->extra[node.b + i], arguments[std::min(i, 2u)])) return false;
  }
  std::string error;
  if (call(node.function, {arguments, std::min<size_t>(node.c, 3)}, temporaries_, out, error)) return true;
  return fail(node.at, std::move(error));
}

bool Evaluator::eval_set(const Node& node, Operand& out) {
  if (node.a != kNone) {
    out = Operand::of(policy_->literals[node.a]);
    return true;
  }
  std::vector<Value> elements;
  for (uint32_t i = 0; i < node.c; ++i) {
    Operand element;
    if (!eval(policy_->extra[node.b + i], element)) return false;
    elements.push_back(element.value());
  }
  keep(Value::set(std::move(elements)), out);
  return true;
}

bool Evaluator::eval_record(const Node& node, Operand& out) {
  if (node.a != kNone) {
    out = Operand::of(policy_->literals[node.a]);
    return true;
  }
  std::vector<Value::Field> fields;
  for (uint32_t i = 0; i < node.c; ++i) {
    Operand value;
    if (!eval(policy_->extra[node.b + i], value)) return false;
    fields.emplace_back(policy_->strings[policy_->extra[node.b + node.c + i]], value.value());
  }
  keep(Value::record(std::move(fields)), out);
  return true;
}

}  // namespace weir::policy

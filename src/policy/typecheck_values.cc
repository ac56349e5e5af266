// Equality, membership, sets, records, calls: the operators that look at what values are made of.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "policy/lexer.h"
#include "policy/typecheck.h"

namespace weir::policy {
namespace {

using Kind = Type::Kind;

TypePtr set_of(TypePtr element) {
  Type out{.kind = Kind::set};
  out.size = element->size + 1;
  out.element = std::move(element);
  return std::make_shared<const Type>(std::move(out));
}

const TypePtr& known_boolean(bool value) {
  return simple_type(value ? Kind::true_ : Kind::false_);
}

constexpr std::string_view kEmptySet = "an empty set has no type here";

}  // namespace

TypeChecker::Answer TypeChecker::check_value(const Value& value, Position at) {
  if (!sink_.spend(1)) return {nullptr, false};
  switch (value.kind()) {
    case Value::Kind::boolean:
      return {known_boolean(value.boolean())};
    case Value::Kind::entity: {
      const EntityUid& uid = value.entity();
      const bool is_known = is_action_type(uid.type) ? schema_.action(uid) != nullptr
                                                     : schema_.entity_type(uid.type) != nullptr;
      // validate.cc has reported it.
      if (!is_known) return {nullptr, false};
      return entity(uid.type);
    }
    case Value::Kind::set: {
      if (value.set().empty()) {
        sink_.error(at, std::string(kEmptySet));
        return {nullptr, false};
      }
      Answer all;
      for (const Value& element : value.set()) {
        const Answer one = check_value(element, at);
        if (one.type == nullptr) return {nullptr, false};
        all.ok &= one.ok;
        all.type =
            all.type == nullptr ? one.type : together(all.type, one.type, at, "the elements of this set");
        if (all.type == nullptr) return {nullptr, false};
      }
      all.type = set_of(all.type);
      return all;
    }
    case Value::Kind::record: {
      Type out{.kind = Kind::record};
      for (const auto& [name, field] : value.record()) {
        const Answer one = check_value(field, at);
        if (one.type == nullptr) return {nullptr, false};
        out.size += one.type->size;
        out.attributes.emplace(name, AttributeType{one.type, true});
      }
      return {std::make_shared<const Type>(std::move(out))};
    }
    default:
      return {simple_type(type_kind(value.kind()))};
  }
}

const EntityUid* TypeChecker::known_entity(uint32_t index) const {
  const Node& node = policy_.nodes[index];
  if (node.op == Op::action) return &environment_.action->uid;
  if (node.op != Op::literal || !policy_.literals[node.a].is(Value::Kind::entity)) return nullptr;
  return &policy_.literals[node.a].entity();
}

bool TypeChecker::known_entities(uint32_t index, std::vector<const EntityUid*>& out) const {
  if (const EntityUid* one = known_entity(index)) {
    out.push_back(one);
    return true;
  }
  const Node& node = policy_.nodes[index];
  if (node.op == Op::literal && policy_.literals[node.a].is(Value::Kind::set)) {
    for (const Value& element : policy_.literals[node.a].set()) {
      if (!element.is(Value::Kind::entity)) return false;
      out.push_back(&element.entity());
    }
    return true;
  }
  if (node.op != Op::set) return false;
  for (uint32_t i = 0; i < node.c; ++i) {
    const EntityUid* one = known_entity(policy_.extra[node.b + i]);
    if (one == nullptr) return false;
    out.push_back(one);
  }
  return true;
}

TypeChecker::Answer TypeChecker::check_equal(const Node& node, const Capabilities& prior) {
  const Answer left = check(node.a, prior);
  const Answer right = check(node.b, prior);
  Answer out{simple_type(Kind::boolean), left.ok && right.ok};
  if (left.type == nullptr || right.type == nullptr) out.ok = false;
  // What is known without looking at types: entities of two types, and two literals.
  if (left.type != nullptr && right.type != nullptr && left.type->kind == Kind::entity &&
      right.type->kind == Kind::entity && left.type->entity != right.type->entity) {
    out.type = known_boolean(false);
    return out;
  }
  const auto literal = [&](uint32_t index, Value& value) {
    if (const EntityUid* uid = known_entity(index)) {
      value = *uid;
      return true;
    }
    const Node& of = policy_.nodes[index];
    if (of.op != Op::literal) return false;
    value = policy_.literals[of.a];
    return value.kind() <= Value::Kind::string;
  };
  Value a;
  Value b;
  if (literal(node.a, a) && literal(node.b, b)) {
    out.type = known_boolean(a == b);
    return out;
  }
  if (left.type == nullptr || right.type == nullptr) return out;
  if (together(left.type, right.type, node.at, "the two sides") == nullptr) out.ok = false;
  return out;
}

TypeChecker::Answer TypeChecker::check_is(const Node& node, const Capabilities& prior) {
  const Answer left = expect(node.a, prior, Expect::entity);
  Answer out{simple_type(Kind::boolean), left.ok};
  if (left.type == nullptr) {
    out.ok = false;
  } else {
    out.type = known_boolean(left.type->entity == policy_.strings[node.b]);
  }
  if (node.c == kNone || out.type->kind == Kind::false_) return out;
  return conjunction(out, check_in(node.a, node.c, prior));
}

bool TypeChecker::may_be_in(const std::string& descendant, const std::string& ancestor) const {
  if (schema_.may_be_in(descendant, ancestor)) return true;
  return std::any_of(schema_.actions().begin(), schema_.actions().end(), [&](const auto& row) {
    return row.first.type == descendant &&
           std::any_of(row.second.ancestors.begin(), row.second.ancestors.end(),
                       [&](const EntityUid& group) { return group.type == ancestor; });
  });
}

TypeChecker::Answer TypeChecker::action_in(const EntityUid& action,
                                           const std::vector<const EntityUid*>& of) const {
  bool any_action = false;
  bool inside = false;
  for (const EntityUid* group : of) {
    if (!is_action_type(group->type)) continue;
    any_action = true;
    if (schema_.action(*group) == nullptr) return {simple_type(Kind::boolean), false};
    const ActionType* type = schema_.action(action);
    inside |= action == *group || (type != nullptr && type->ancestors.contains(*group));
  }
  return {known_boolean(any_action && inside)};
}

TypeChecker::Answer TypeChecker::check_in(uint32_t left_index, uint32_t right_index,
                                          const Capabilities& prior) {
  const Answer left = expect(left_index, prior, Expect::entity);
  const Answer right = expect(right_index, prior, Expect::entity_or_entities);
  if (!left.ok || !right.ok) return {simple_type(Kind::boolean), false};
  const EntityUid* uid = known_entity(left_index);
  std::vector<const EntityUid*> of;
  if (uid != nullptr && is_action_type(uid->type) && known_entities(right_index, of))
    return action_in(*uid, of);
  if (!sink_.spend(schema_.actions().size() / 8)) return {nullptr, false};
  const Type& target = right.type->kind == Kind::set ? *right.type->element : *right.type;
  if (!may_be_in(left.type->entity, target.entity)) return {known_boolean(false)};
  return {simple_type(Kind::boolean)};
}

TypeChecker::Answer TypeChecker::check_set_method(const Node& node, const Capabilities& prior) {
  const Answer self = expect(node.a, prior, Expect::set);
  Answer out{simple_type(Kind::boolean), self.ok};
  if (node.op == Op::is_empty) return out;
  const Answer argument = node.op == Op::contains ? check(node.b, prior) : expect(node.b, prior, Expect::set);
  out.ok &= argument.ok && argument.type != nullptr;
  if (self.type == nullptr || argument.type == nullptr) return out;
  const TypePtr& of = node.op == Op::contains ? self.type->element : self.type;
  if (together(of, argument.type, node.at, "the set and what is looked for") == nullptr) out.ok = false;
  return out;
}

TypeChecker::Answer TypeChecker::check_set(const Node& node, const Capabilities& prior) {
  if (node.c == 0) {
    sink_.error(node.at, std::string(kEmptySet));
    return {nullptr, false};
  }
  std::vector<TypePtr> types;
  bool ok = true;
  for (uint32_t i = 0; i < node.c; ++i) {
    const Answer one = check(policy_.extra[node.b + i], prior);
    ok &= one.ok;
    types.push_back(one.type);
  }
  if (std::find(types.begin(), types.end(), nullptr) != types.end()) return {nullptr, false};
  TypePtr element = types.front();
  for (size_t i = 1; i < types.size(); ++i) {
    element = together(element, types[i], node.at, "the elements of this set");
    if (element == nullptr) return {nullptr, false};
  }
  return {set_of(element), ok};
}

TypeChecker::Answer TypeChecker::check_record(const Node& node, const Capabilities& prior) {
  Type out{.kind = Kind::record};
  bool ok = true;
  bool is_known = true;
  for (uint32_t i = 0; i < node.c; ++i) {
    const Answer one = check(policy_.extra[node.b + i], prior);
    ok &= one.ok;
    is_known &= one.type != nullptr;
    if (!is_known) continue;
    out.size += one.type->size;
    out.attributes.emplace(policy_.strings[policy_.extra[node.b + node.c + i]],
                           AttributeType{one.type, true});
  }
  if (!is_known) return {nullptr, false};
  return {std::make_shared<const Type>(std::move(out)), ok};
}

TypeChecker::Answer TypeChecker::check_call(const Node& node, const Capabilities& prior) {
  const FunctionInfo& f = info(node.function);
  Answer out{simple_type(type_kind(f.result))};
  if (node.c != f.arity) {
    sink_.error(node.at, fmt::format("{} takes {} argument(s), not {}", f.name,
                                     f.arity - (f.is_method ? 1 : 0), node.c - (f.is_method ? 1 : 0)));
    out.ok = false;
  }
  if (f.is_constructor()) out = check_constructor(node, std::move(out));
  const bool counts = out.ok;
  for (uint32_t i = 0; i < node.c; ++i) {
    const uint32_t argument = policy_.extra[node.b + i];
    out.ok &= counts ? expect_type(argument, prior, *simple_type(type_kind(f.arguments[i]))).ok
                     : check(argument, prior).ok;
  }
  return out;
}

// ip("…") and its like: literals only, and good ones.
TypeChecker::Answer TypeChecker::check_constructor(const Node& node, Answer answer) {
  const FunctionInfo& f = info(node.function);
  for (uint32_t i = 0; i < node.c; ++i) {
    const Node& argument = policy_.nodes[policy_.extra[node.b + i]];
    if (argument.op == Op::literal && policy_.literals[argument.a].kind() <= Value::Kind::entity) continue;
    sink_.error(argument.at, fmt::format("{} takes a literal only", f.name));
    answer.ok = false;
    return answer;
  }
  if (node.c != 1 || node.a != kNone) return answer;
  const Node& argument = policy_.nodes[policy_.extra[node.b]];
  if (!policy_.literals[argument.a].is(Value::Kind::string)) return answer;
  static constexpr std::string_view kExamples[] = {"12.34", "10.0.0.1 or 10.0.0.0/8", "2024-10-15T11:35:00Z",
                                                   "1d2h3m4s5ms"};
  sink_.error(
      argument.at,
      fmt::format("{} is not {}", shown(policy_.literals[argument.a].text(), 60), kind_name(f.result)),
      fmt::format("such as {}", kExamples[static_cast<size_t>(node.function)]));
  answer.ok = false;
  return answer;
}

}  // namespace weir::policy

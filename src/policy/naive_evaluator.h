// A second evaluator, for tests only: the semantics as one would write them down, without views, index or
// care for speed. properties_test.cc runs both on the same policies.
#pragma once

#include <algorithm>
#include <forward_list>
#include <optional>
#include <set>
#include <vector>

#include "policy/policy_set.h"

namespace weir::policy::testing {

// Nothing stands for an error.
using Maybe = std::optional<Value>;

class NaiveEvaluator {
 public:
  NaiveEvaluator(const Policy& policy, const Request& request, const Entities& entities)
      : policy_(policy), request_(request), entities_(entities) {}

  // Whether the policy matches; nothing where it errs.
  std::optional<bool> matches() const {
    for (const uint32_t root : policy_.scope) {
      const Maybe value = eval(root);
      if (!value || !value->is(Value::Kind::boolean)) return std::nullopt;
      if (!value->boolean()) return false;
    }
    for (const Condition& condition : policy_.conditions) {
      const Maybe value = eval(condition.root);
      if (!value || !value->is(Value::Kind::boolean)) return std::nullopt;
      if (value->boolean() == condition.unless) return false;
    }
    return true;
  }

 private:
  using Kind = Value::Kind;

  static bool is_a(const Maybe& value, Kind kind) { return value && value->is(kind); }

  const Value* fields(const Value& value) const {
    return value.is(Kind::entity)   ? entities_.attributes(value.entity())
           : value.is(Kind::record) ? &value
                                    : nullptr;
  }

  bool is_in(const EntityUid& uid, const EntityUid& of) const {
    if (uid == of) return true;
    bool found = false;
    entities_.each_ancestor(uid, [&](const EntityUid& ancestor) { found |= ancestor == of; });
    return found;
  }

  Maybe in(const Maybe& left, const Maybe& right) const {
    if (!is_a(left, Kind::entity) || !right) return {};
    if (right->is(Kind::entity)) return is_in(left->entity(), right->entity());
    if (!right->is(Kind::set)) return {};
    bool found = false;
    for (const Value& element : right->set()) {
      if (!element.is(Kind::entity)) return {};
      found |= is_in(left->entity(), element.entity());
    }
    return found;
  }

  Maybe compare(const Node& node) const {
    const Maybe a = eval(node.a);
    const Maybe b = eval(node.b);
    if (!a || !b || a->kind() != b->kind()) return {};
    if (!a->is(Kind::integer) && !a->is(Kind::datetime) && !a->is(Kind::duration)) return {};
    if (node.op == Op::less) return *a < *b;
    if (node.op == Op::less_equal) return *a <= *b;
    return node.op == Op::greater ? *a > *b : *a >= *b;
  }

  Maybe arithmetic(const Node& node) const {
    const Maybe a = node.op == Op::negate ? Maybe(0) : eval(node.a);
    const Maybe b = node.op == Op::negate ? eval(node.a) : eval(node.b);
    if (!is_a(a, Kind::integer) || !is_a(b, Kind::integer)) return {};
    const __int128 x = a->integer();
    const __int128 y = b->integer();
    const __int128 result = node.op == Op::add ? x + y : node.op == Op::multiply ? x * y : x - y;
    if (result > INT64_MAX || result < INT64_MIN) return {};
    return static_cast<int64_t>(result);
  }

  Maybe has(const Node& node) const {
    Maybe at = eval(node.a);
    for (uint32_t i = 0; i < node.c; ++i) {
      if (!is_a(at, Kind::entity) && !is_a(at, Kind::record)) return {};
      const Value* all = fields(*at);
      const Value* field = all == nullptr ? nullptr : all->field(policy_.strings[policy_.extra[node.b + i]]);
      if (field == nullptr) return false;
      at = Value(*field);
    }
    return true;
  }

  Maybe set_method(const Node& node) const {
    const Maybe self = eval(node.a);
    if (!is_a(self, Kind::set)) return {};
    if (node.op == Op::is_empty) return self->set().empty();
    const Maybe argument = eval(node.b);
    if (!argument) return {};
    const auto inside = [&](const Value& e) {
      return std::count(self->set().begin(), self->set().end(), e) > 0;
    };
    if (node.op == Op::contains) return inside(*argument);
    if (!argument->is(Kind::set)) return {};
    const Value::Set& all = argument->set();
    return node.op == Op::contains_all ? std::all_of(all.begin(), all.end(), inside)
                                       : std::any_of(all.begin(), all.end(), inside);
  }

  Maybe tag(const Node& node) const {
    const Maybe of = eval(node.a);
    const Maybe name = eval(node.b);
    if (!is_a(of, Kind::entity) || !is_a(name, Kind::string)) return {};
    const Value* tags = entities_.tags(of->entity());
    const Value* found = tags == nullptr ? nullptr : tags->field(name->string());
    if (node.op == Op::has_tag) return found != nullptr;
    return found == nullptr ? Maybe() : Maybe(*found);
  }

  Maybe parts(const Node& node) const {
    std::vector<Value> values;
    for (uint32_t i = 0; i < node.c; ++i) {
      const Maybe value = eval(policy_.extra[node.b + i]);
      if (!value) return {};
      values.push_back(*value);
    }
    if (node.op == Op::set) return Value::set(values);
    if (node.op == Op::call) {
      std::vector<Operand> arguments;
      for (const Value& value : values) arguments.push_back(Operand::of(value));
      std::forward_list<Value> storage;
      Operand out;
      std::string error;
      if (!call(node.function, arguments, storage, out, error)) return {};
      return out.value();
    }
    std::vector<Value::Field> fields;
    for (uint32_t i = 0; i < node.c; ++i) {
      fields.emplace_back(policy_.strings[policy_.extra[node.b + node.c + i]], values[i]);
    }
    return Value::record(fields);
  }

  Maybe eval(uint32_t index) const {
    const Node& node = policy_.nodes[index];
    switch (node.op) {
      case Op::literal:
        return policy_.literals[node.a];
      case Op::principal:
        return request_.principal;
      case Op::action:
        return request_.action;
      case Op::resource:
        return request_.resource;
      case Op::context:
        return request_.context;
      case Op::attribute: {
        const Maybe of = eval(node.a);
        const Value* all = of ? fields(*of) : nullptr;
        const Value* field = all == nullptr ? nullptr : all->field(policy_.strings[node.b]);
        return field == nullptr ? Maybe() : Maybe(*field);
      }
      case Op::has:
        return has(node);
      case Op::like: {
        const Maybe text = eval(node.a);
        return is_a(text, Kind::string) ? Maybe(policy_.patterns[node.b].matches(text->string())) : Maybe();
      }
      case Op::is: {
        const Maybe of = eval(node.a);
        if (!is_a(of, Kind::entity)) return {};
        if (of->entity().type != policy_.strings[node.b]) return false;
        return node.c == kNone ? Maybe(true) : in(of, eval(node.c));
      }
      case Op::and_:
      case Op::or_:
        for (uint32_t i = 0; i < node.c; ++i) {
          const Maybe value = eval(policy_.extra[node.b + i]);
          if (!is_a(value, Kind::boolean)) return {};
          if (value->boolean() == (node.op == Op::or_)) return value;
        }
        return node.op == Op::and_;
      case Op::not_: {
        const Maybe value = eval(node.a);
        return is_a(value, Kind::boolean) ? Maybe(!value->boolean()) : Maybe();
      }
      case Op::if_: {
        const Maybe test = eval(node.a);
        if (!is_a(test, Kind::boolean)) return {};
        return eval(test->boolean() ? node.b : node.c);
      }
      case Op::equal:
      case Op::not_equal: {
        const Maybe a = eval(node.a);
        const Maybe b = eval(node.b);
        return a && b ? Maybe((*a == *b) == (node.op == Op::equal)) : Maybe();
      }
      case Op::less:
      case Op::less_equal:
      case Op::greater:
      case Op::greater_equal:
        return compare(node);
      case Op::negate:
      case Op::add:
      case Op::subtract:
      case Op::multiply:
        return arithmetic(node);
      case Op::in:
        return in(eval(node.a), eval(node.b));
      case Op::contains:
      case Op::contains_all:
      case Op::contains_any:
      case Op::is_empty:
        return set_method(node);
      case Op::has_tag:
      case Op::get_tag:
        return tag(node);
      case Op::set:
      case Op::record:
      case Op::call:
        return parts(node);
      case Op::slot:
        return {};
    }
    return {};
  }

  const Policy& policy_;
  const Request& request_;
  const Entities& entities_;
};

// The decision and, sorted, the ids that it names.
struct NaiveOutcome {
  Decision decision = Decision::deny;
  std::set<std::string> determining = {};
  std::set<std::string> errors = {};
  bool operator==(const NaiveOutcome&) const = default;
};

inline NaiveOutcome naive_decide(const PolicySet& set, const Request& request, const Entities& entities,
                                 Semantics semantics) {
  std::set<std::string> permits;
  std::set<std::string> forbids;
  std::set<std::string> errors;
  bool is_final = false;
  for (const Policy& policy : set.policies()) {
    const std::optional<bool> match = NaiveEvaluator(policy, request, entities).matches();
    if (!match) {
      errors.insert(policy.id);
    } else if (*match) {
      (policy.is_forbid ? forbids : permits).insert(policy.id);
      is_final |= policy.is_forbid && (!policy.approve || semantics == Semantics::cedar);
    }
  }
  if (semantics == Semantics::weir && !errors.empty()) return {Decision::deny, errors, errors};
  if (is_final) return {Decision::deny, forbids, errors};
  if (permits.empty()) return {Decision::deny, {}, errors};
  if (!forbids.empty()) return {Decision::ask, forbids, errors};
  return {Decision::allow, permits, errors};
}

}  // namespace weir::policy::testing

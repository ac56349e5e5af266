#include "policy/monotone.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::policy {
namespace {

using Type = Attribute::Type;

// How a value moves while labels get worse. Of a boolean: up is false → true; of a set: up is more elements.
// Values of other types are fixed, or refused.
enum class Direction : uint8_t { fixed, up, down };

// What is known of an expression. The invariant behind may_err: where it errs, it also errs for every worse
// label. (An error is a denial, so an error that a worse label would take away could turn deny into allow.)
struct Flow {
  Type type = Type::any;
  Direction direction = Direction::fixed;
  bool may_err = false;
  uint32_t source = kNone;  // the node of a label attribute that it moves with; kNone if fixed

  bool is_fixed() const { return direction == Direction::fixed; }
  Flow reversed() const {
    Flow out = *this;
    if (!is_fixed()) out.direction = direction == Direction::up ? Direction::down : Direction::up;
    return out;
  }
  Flow with_type(Type t) const {
    Flow out = *this;
    out.type = t;
    return out;
  }
};

Flow fixed(Type type, bool may_err) {
  return {type, Direction::fixed, may_err, kNone};
}

Type type_of(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::boolean:
      return Type::boolean;
    case Value::Kind::integer:
      return Type::integer;
    case Value::Kind::string:
      return Type::string;
    case Value::Kind::entity:
      return Type::entity;
    case Value::Kind::set:
      return Type::set;
    case Value::Kind::record:
      return Type::record;
    case Value::Kind::decimal:
    case Value::Kind::ip:
    case Value::Kind::datetime:
    case Value::Kind::duration:
      return Type::any;
  }
  return Type::any;
}

// One policy. Recursion is bounded by the height of its tree.
class Analysis {
 public:
  Analysis(const Policy& policy, const AttributeTable& table) : policy_(policy), table_(table) {}

  Status run() {
    Flow all = fixed(Type::boolean, false);
    for (const Condition& condition : policy_.conditions) {
      WEIR_TRY_ASSIGN(flow, boolean(condition.root));
      WEIR_TRY_ASSIGN(both, conjunction(all, condition.unless ? flow.reversed() : flow, condition.root));
      all = both;
    }
    if (!policy_.is_forbid && all.direction == Direction::up) {
      return refuse(all.source, fmt::format("the permit \"{}\" could begin to match when {} gets worse",
                                            shown(policy_.id, 80), name(all.source)));
    }
    if (policy_.is_forbid && all.direction == Direction::down) {
      return refuse(all.source, fmt::format("the forbid \"{}\" could cease to match when {} gets worse",
                                            shown(policy_.id, 80), name(all.source)));
    }
    return {};
  }

 private:
  Error refuse(uint32_t node, std::string message) const {
    return bad_input(std::move(message), policy_.where(policy_.nodes[node].at),
                     "a worse label must never turn deny or ask into allow");
  }

  // "context.trusted", for a node that reads it.
  std::string name(uint32_t source) const {
    return "context." + shown(policy_.strings[policy_.nodes[source].b], 40);
  }

  const Value* literal(uint32_t index) const { return policy_.constant(index); }

  Error not_followed(const Flow& flow, std::string_view how) const {
    return refuse(flow.source, fmt::format("{} is a label and stands {}, where the check cannot tell what a "
                                           "worse one does",
                                           name(flow.source), how));
  }

  // The flow of an operand that must not move with labels.
  Result<Flow> constant(uint32_t index, std::string_view how) const {
    WEIR_TRY_ASSIGN(flow, visit(index));
    if (!flow.is_fixed()) return not_followed(flow, how);
    return flow;
  }

  // The flow of an operand that errs unless it is a boolean.
  Result<Flow> boolean(uint32_t index) const {
    WEIR_TRY_ASSIGN(flow, visit(index));
    if (flow.type == Type::boolean) return flow;
    if (!flow.is_fixed()) return not_followed(flow, "where a boolean is expected");
    return fixed(Type::boolean, true);
  }

  // The direction of something that grows with both, at the node `index`.
  Result<Flow> together(const Flow& a, const Flow& b, uint32_t index) const {
    Flow out = a.is_fixed() ? b : a;
    out.may_err = a.may_err || b.may_err;
    if (!a.is_fixed() && !b.is_fixed() && a.direction != b.direction) {
      return refuse(index, name(a.source) == name(b.source)
                               ? fmt::format("this depends on {} in opposite ways", name(a.source))
                               : fmt::format("this depends on {} and {} in opposite ways", name(a.source),
                                             name(b.source)));
    }
    return out;
  }

  // a && b: b is evaluated where a is true. If a worse label could make a false, an error of b would go away.
  Result<Flow> conjunction(const Flow& a, const Flow& b, uint32_t b_index) const {
    if (a.direction == Direction::down && b.may_err) return hidden_error(a, b_index);
    return together(a, b, b_index);
  }

  // a || b: b is evaluated where a is false.
  Result<Flow> disjunction(const Flow& a, const Flow& b, uint32_t b_index) const {
    if (a.direction == Direction::up && b.may_err) return hidden_error(a, b_index);
    return together(a, b, b_index);
  }

  Error hidden_error(const Flow& a, uint32_t b_index) const {
    return refuse(b_index,
                  fmt::format("this can err, which denies, and it is not evaluated when {} gets worse: "
                              "put it before {}",
                              name(a.source), name(a.source)));
  }

  Result<Flow> visit(uint32_t index) const {
    const Node& node = policy_.nodes[index];
    if (const Value* value = literal(index)) return fixed(type_of(*value), false);
    switch (node.op) {
      case Op::principal:
      case Op::action:
      case Op::resource:
      case Op::slot:
        return fixed(Type::entity, false);
      case Op::context:
        return refuse(index, "the context as a whole is used here: name the attribute");
      case Op::attribute:
        return attribute(index);
      case Op::has:
        return has(index);
      case Op::like: {
        WEIR_TRY_ASSIGN(text, constant(node.a, "before \"like\""));
        return fixed(Type::boolean, text.may_err || text.type != Type::string);
      }
      case Op::is:
      case Op::in:
        return membership(node);
      case Op::and_:
      case Op::or_:
        return logic(node);
      case Op::not_: {
        WEIR_TRY_ASSIGN(flow, boolean(node.a));
        return flow.reversed();
      }
      case Op::if_:
        return conditional(node, index);
      case Op::equal:
      case Op::not_equal:
        return equality(node, index);
      case Op::less:
      case Op::less_equal:
      case Op::greater:
      case Op::greater_equal:
        return integers(node, Type::boolean, false);
      case Op::negate:
      case Op::add:
      case Op::subtract:
      case Op::multiply:
        return integers(node, Type::integer, true);
      case Op::contains:
      case Op::contains_all:
      case Op::contains_any:
      case Op::is_empty:
        return set_method(node, index);
      case Op::has_tag:
      case Op::get_tag:
        return tag(node);
      case Op::call:
        return call(node);
      case Op::set:
      case Op::record:
        return elements(node);
      case Op::literal:  // above
        break;
    }
    return refuse(index, "an operator that this check does not know");
  }

  Result<const Attribute*> lookup(uint32_t index, const std::string& attribute) const {
    const auto it = table_.find(attribute);
    if (it == table_.end()) {
      return refuse(index, fmt::format("the context has no attribute \"{}\"", shown(attribute, 40)));
    }
    return &it->second;
  }

  Result<Flow> attribute(uint32_t index) const {
    const Node& node = policy_.nodes[index];
    if (policy_.nodes[node.a].op != Op::context) {
      WEIR_TRY(constant(node.a, "before an attribute"));
      return fixed(Type::any, true);
    }
    WEIR_TRY_ASSIGN(found, lookup(index, policy_.strings[node.b]));
    switch (found->polarity) {
      case Polarity::neutral:
        return fixed(found->type, false);
      case Polarity::worse_when_true:
        return Flow{Type::boolean, Direction::up, false, index};
      case Polarity::worse_when_false:
        return Flow{Type::boolean, Direction::down, false, index};
      case Polarity::worse_when_present:
        return Flow{Type::set, Direction::up, false, index};
      case Polarity::better_when_present:
        return Flow{Type::set, Direction::down, false, index};
    }
    return refuse(index, "a polarity that this check does not know");
  }

  Result<Flow> has(uint32_t index) const {
    const Node& node = policy_.nodes[index];
    Type type = Type::any;
    bool may_err = false;
    uint32_t steps = node.c;  // taken from a value of `type`
    if (policy_.nodes[node.a].op == Op::context) {
      const std::string& first = policy_.strings[policy_.extra[node.b]];
      WEIR_TRY_ASSIGN(found, lookup(index, first));
      if (node.c > 1 && found->polarity != Polarity::neutral) {
        return refuse(index, fmt::format("context.{} is a label and has no attributes", shown(first, 40)));
      }
      type = found->type;
      --steps;
    } else {
      WEIR_TRY_ASSIGN(flow, constant(node.a, "before \"has\""));
      type = flow.type;
      may_err = flow.may_err;
    }
    const bool open = type == Type::record || type == Type::entity;
    return fixed(Type::boolean, may_err || steps > 1 || (steps == 1 && !open));
  }

  Result<Flow> membership(const Node& node) const {
    const std::string_view how = node.op == Op::is ? "beside \"is\"" : "beside \"in\"";
    WEIR_TRY_ASSIGN(left, constant(node.a, how));
    bool may_err = left.may_err || left.type != Type::entity;
    const uint32_t of = node.op == Op::is ? node.c : node.b;
    if (of != kNone) {
      WEIR_TRY_ASSIGN(right, constant(of, how));
      may_err |= right.may_err || right.type != Type::entity;
    }
    return fixed(Type::boolean, may_err);
  }

  Result<Flow> tag(const Node& node) const {
    WEIR_TRY_ASSIGN(entity, constant(node.a, "before a tag"));
    WEIR_TRY_ASSIGN(name, constant(node.b, "as a tag"));
    if (node.op == Op::get_tag) return fixed(Type::any, true);
    return fixed(Type::boolean,
                 entity.may_err || name.may_err || entity.type != Type::entity || name.type != Type::string);
  }

  // Functions of the extension types: no label is of such a type, so none may stand in one.
  Result<Flow> call(const Node& node) const {
    for (uint32_t i = 0; i < node.c; ++i) WEIR_TRY(constant(policy_.extra[node.b + i], "in a function"));
    const Value::Kind result = info(node.function).result;
    return fixed(result == Value::Kind::boolean   ? Type::boolean
                 : result == Value::Kind::integer ? Type::integer
                                                  : Type::any,
                 true);
  }

  Result<Flow> logic(const Node& node) const {
    WEIR_TRY_ASSIGN(all, boolean(policy_.extra[node.b]));
    for (uint32_t i = 1; i < node.c; ++i) {
      const uint32_t index = policy_.extra[node.b + i];
      WEIR_TRY_ASSIGN(next, boolean(index));
      WEIR_TRY_ASSIGN(both,
                      node.op == Op::and_ ? conjunction(all, next, index) : disjunction(all, next, index));
      all = both;
    }
    return all;
  }

  Result<Flow> conditional(const Node& node, uint32_t index) const {
    WEIR_TRY_ASSIGN(condition, boolean(node.a));
    WEIR_TRY_ASSIGN(yes, visit(node.b));
    WEIR_TRY_ASSIGN(no, visit(node.c));
    if (condition.is_fixed()) {
      WEIR_TRY_ASSIGN(both, together(yes, no, index));
      if (yes.type != no.type && !both.is_fixed())
        return not_followed(both, "in branches of different types");
      both.may_err |= condition.may_err;
      return both.with_type(yes.type == no.type ? yes.type : Type::any);
    }
    // With a literal in one branch it is an `and` or an `or`; nothing else is followed.
    if (yes.type == Type::boolean && no.type == Type::boolean) {
      const Value* literal_yes = literal(node.b);
      const Value* literal_no = literal(node.c);
      if (literal_yes != nullptr) {
        return literal_yes->boolean() ? disjunction(condition, no, node.c)
                                      : conjunction(condition.reversed(), no, node.c);
      }
      if (literal_no != nullptr) {
        return literal_no->boolean() ? disjunction(condition.reversed(), yes, node.b)
                                     : conjunction(condition, yes, node.b);
      }
    }
    return not_followed(condition,
                        "as the condition of an \"if\" without a literal true or false in a branch");
  }

  Result<Flow> equality(const Node& node, uint32_t index) const {
    WEIR_TRY_ASSIGN(left, visit(node.a));
    WEIR_TRY_ASSIGN(right, visit(node.b));
    if (left.is_fixed() && right.is_fixed()) return fixed(Type::boolean, left.may_err || right.may_err);
    if (!left.is_fixed() && !right.is_fixed()) return not_followed(left, "beside another label");
    const Flow& label = left.is_fixed() ? right : left;
    const Value* other = literal(left.is_fixed() ? node.a : node.b);
    const bool negated = policy_.nodes[index].op == Op::not_equal;
    if (other != nullptr && label.type == Type::boolean && other->is(Value::Kind::boolean)) {
      return other->boolean() != negated ? label : label.reversed();
    }
    if (other != nullptr && label.type == Type::set && other->is(Value::Kind::set) && other->set().empty()) {
      return (negated ? label : label.reversed()).with_type(Type::boolean);
    }
    return not_followed(label, "in a comparison with something else than true, false or []");
  }

  Result<Flow> integers(const Node& node, Type result, bool may_overflow) const {
    bool may_err = may_overflow;
    for (const uint32_t child : {node.a, node.b}) {
      if (child == kNone) continue;
      WEIR_TRY_ASSIGN(flow, constant(child, "where an integer is expected"));
      may_err |= flow.may_err || flow.type != Type::integer;
    }
    return fixed(result, may_err);
  }

  // The flow of an operand that errs unless it is a set.
  Result<Flow> set_operand(uint32_t index) const {
    WEIR_TRY_ASSIGN(flow, visit(index));
    if (flow.type == Type::set) return flow;
    if (!flow.is_fixed()) return not_followed(flow, "where a set is expected");
    return fixed(Type::set, true);
  }

  Result<Flow> set_method(const Node& node, uint32_t index) const {
    WEIR_TRY_ASSIGN(self, set_operand(node.a));
    self.type = Type::boolean;
    if (node.op == Op::is_empty) return self.reversed();
    if (node.op == Op::contains) {
      WEIR_TRY_ASSIGN(element, constant(node.b, "as an element"));
      self.may_err |= element.may_err;
      return self;
    }
    WEIR_TRY_ASSIGN(argument, set_operand(node.b));
    argument.type = Type::boolean;
    return together(self, node.op == Op::contains_all ? argument.reversed() : argument, index);
  }

  Result<Flow> elements(const Node& node) const {
    bool may_err = false;
    for (uint32_t i = 0; i < node.c; ++i) {
      WEIR_TRY_ASSIGN(flow, constant(policy_.extra[node.b + i], "inside a set or record"));
      may_err |= flow.may_err;
    }
    return fixed(node.op == Op::set ? Type::set : Type::record, may_err);
  }

  const Policy& policy_;
  const AttributeTable& table_;
};

}  // namespace

Attribute::Attribute(Polarity p, Type t) : polarity(p), type(t) {
  switch (p) {
    case Polarity::neutral:
      return;
    case Polarity::worse_when_true:
    case Polarity::worse_when_false:
      type = Type::boolean;
      return;
    case Polarity::worse_when_present:
    case Polarity::better_when_present:
      type = Type::set;
  }
}

Status check_monotone(const PolicySet& policies, const AttributeTable& attributes) {
  for (const std::vector<Policy>* list : {&policies.policies(), &policies.templates()}) {
    for (const Policy& policy : *list) WEIR_TRY(Analysis(policy, attributes).run());
  }
  return {};
}

Status check_context(const Value& context, const AttributeTable& attributes) {
  if (!context.is(Value::Kind::record)) return bad_input("the context is not a record");
  if (context.record().size() != attributes.size()) {
    return bad_input(
        fmt::format("the context has {} attributes, not {}", context.record().size(), attributes.size()));
  }
  for (const auto& [name, attribute] : attributes) {
    const Value* value = context.field(name);
    if (value == nullptr) return bad_input("the context lacks this attribute", "context." + name);
    if (attribute.type != Type::any && attribute.type != type_of(*value)) {
      return bad_input(fmt::format("this attribute is {}", kind_name(value->kind())), "context." + name);
    }
  }
  return {};
}

}  // namespace weir::policy

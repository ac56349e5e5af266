#include "policy/parser.h"

#include <fmt/format.h>

#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "policy/expression_parser.h"

namespace weir::policy {
namespace {

// The policy level of the grammar; expressions are ExpressionParser's.
class PolicyParser {
 public:
  PolicyParser(std::string_view text, std::string_view file) : in_(text, file), file_(file) {}

  Result<std::vector<Policy>> all() {
    WEIR_TRY(in_.start());
    std::vector<Policy> policies;
    std::set<std::string, std::less<>> ids;
    while (in_.token().kind != TokenKind::end) {
      if (policies.size() == limits::kPoliciesMax) {
        return too_large(fmt::format("more than {} policies", limits::kPoliciesMax),
                         in_.where(in_.token().at));
      }
      WEIR_TRY_ASSIGN(policy, one(policies.size()));
      if (!ids.insert(policy.id).second) {
        return in_.error_at(policy.at, fmt::format("two policies have the id \"{}\"", shown(policy.id, 80)));
      }
      policies.push_back(std::move(policy));
    }
    return policies;
  }

 private:
  Result<Policy> one(size_t index) {
    Policy policy;
    in_.begin(policy);
    policy.file = file_;
    policy.id = fmt::format("policy{}", index);
    WEIR_TRY_ASSIGN(approve_at, annotations(policy));
    policy.at = in_.token().at;
    policy.is_forbid = in_.token().is("forbid");
    if (!policy.is_forbid && !in_.token().is("permit")) return in_.expected("\"permit\" or \"forbid\"");
    if (policy.approve && !policy.is_forbid) {
      return in_.error_at(approve_at,
                          "@approve belongs to a forbid: it lets a person allow what is forbidden");
    }
    WEIR_TRY(in_.advance());
    WEIR_TRY(scope(policy));
    while (!in_.token().is(";")) WEIR_TRY(condition(policy));
    WEIR_TRY(in_.advance());
    return policy;
  }

  // Returns where @approve stands, if it does.
  Result<Position> annotations(Policy& policy) {
    Position approve_at;
    std::set<std::string, std::less<>> keys;
    while (in_.token().is("@")) {
      const Position at = in_.token().at;
      WEIR_TRY(in_.advance());
      if (in_.token().kind != TokenKind::identifier) return in_.expected("an annotation's name after \"@\"");
      std::string key(in_.token().text);
      WEIR_TRY(in_.advance());
      std::string value;
      if (in_.token().is("(")) {
        WEIR_TRY(in_.advance());
        WEIR_TRY_ASSIGN(text, in_.string("the annotation's value as a string literal"));
        value = std::move(text);
        WEIR_TRY(in_.expect(")"));
      }
      if (!keys.insert(key).second) {
        return in_.error_at(at, fmt::format("the annotation \"@{}\" occurs twice", shown(key, 40)));
      }
      if ((key == "id" || key == "approve") && value.empty()) {
        return in_.error_at(at, fmt::format("@{} needs a text: @{}(\"…\")", key, key));
      }
      if (key == "id") policy.id = value;
      if (key == "approve") {
        policy.approve = value;
        approve_at = at;
      }
      policy.annotations.push_back({std::move(key), std::move(value)});
    }
    return approve_at;
  }

  Status scope(Policy& policy) {
    WEIR_TRY(in_.expect("("));
    WEIR_TRY(variable(policy, "principal", Op::principal));
    WEIR_TRY(in_.expect(","));
    WEIR_TRY(variable(policy, "action", Op::action));
    WEIR_TRY(in_.expect(","));
    WEIR_TRY(variable(policy, "resource", Op::resource));
    if (in_.token().is(",")) WEIR_TRY(in_.advance());
    return in_.expect(")");
  }

  Status variable(Policy& policy, std::string_view name, Op op) {
    const Position at = in_.token().at;
    WEIR_TRY(in_.expect(name));
    if (in_.token().is(",") || in_.token().is(")")) return {};
    const Position op_at = in_.token().at;
    const bool is_action = op == Op::action;
    WEIR_TRY_ASSIGN(self, in_.add_node({.op = op, .at = at}, {}));
    Node node{.a = self, .at = op_at};
    if (in_.token().is("==") || in_.token().is("in")) {
      node.op = in_.token().is("==") ? Op::equal : Op::in;
      WEIR_TRY(in_.advance());
      const bool list = is_action && node.op == Op::in && in_.token().is("[");
      const Position entity_at = in_.token().at;
      WEIR_TRY_ASSIGN(right, list ? in_.entity_set_literal(kEntity) : entity_or_slot(op));
      if (is_action) WEIR_TRY(check_action(policy.literals.back(), entity_at));
      node.b = right;
    } else if (in_.token().is("is") && !is_action) {
      WEIR_TRY(in_.advance());
      node.op = Op::is;
      WEIR_TRY_ASSIGN(type, in_.path("an entity type"));
      node.b = in_.add_string(std::move(type));
      if (in_.token().is("in")) {
        WEIR_TRY(in_.advance());
        WEIR_TRY_ASSIGN(of, entity_or_slot(op));
        node.c = of;
      }
    } else {
      return in_.expected(is_action ? "\",\", \"==\" or \"in\"" : "\",\", \"==\", \"in\" or \"is\"");
    }
    WEIR_TRY_ASSIGN(root, in_.add_node(node, {self}));
    policy.scope.push_back(root);
    return {};
  }

  // What a scope names: an entity, or the variable's own slot, which makes the policy a template.
  Result<uint32_t> entity_or_slot(Op variable) {
    const Token token = in_.token();
    const bool is_own =
        token.kind == TokenKind::slot && ((variable == Op::principal && token.text == "?principal") ||
                                          (variable == Op::resource && token.text == "?resource"));
    if (!is_own) return in_.entity_literal(kEntity);
    WEIR_TRY(in_.advance());
    return in_.slot(variable == Op::principal ? 0 : 1, token.at);
  }

  // Cedar: an action's entity type is `Action`, in any namespace.
  Status check_action(const Value& value, Position at) {
    if (value.is(Value::Kind::set)) {
      for (const Value& element : value.set()) WEIR_TRY(check_action(element, at));
      return {};
    }
    if (is_action_type(value.entity().type)) return {};
    return in_.error_at(at,
                        fmt::format("an action is written Action::\"…\", not {}", shown(value.text(), 80)));
  }

  Status condition(Policy& policy) {
    const Position at = in_.token().at;
    const bool unless = in_.token().is("unless");
    if (!unless && !in_.token().is("when")) return in_.expected("\"when\", \"unless\" or \";\"");
    WEIR_TRY(in_.advance());
    WEIR_TRY(in_.expect("{"));
    if (in_.token().is("}"))
      return in_.error_at(in_.token().at, "expected an expression: this condition is empty");
    WEIR_TRY_ASSIGN(root, in_.expression());
    WEIR_TRY(in_.expect("}"));
    policy.conditions.push_back({unless, root, at});
    return {};
  }

  static constexpr std::string_view kEntity = "an entity (Type::\"id\")";

  ExpressionParser in_;
  std::string file_;
};

}  // namespace

Result<std::vector<Policy>> parse_policies(std::string_view text, std::string_view file_name) {
  if (text.size() > limits::kPolicyBytesMax) {
    return too_large(fmt::format("a policy file of more than {} bytes", limits::kPolicyBytesMax),
                     std::string(file_name));
  }
  WEIR_TRY(check_utf8_lines(text, file_name));
  return PolicyParser(text, file_name).all();
}

}  // namespace weir::policy

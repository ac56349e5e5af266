// The types of one policy's expressions, for one combination of action, principal type and resource type.
//
// The rules are those of strict validation in the Cedar specification, capabilities included: `x has a` gives
// the right to read x.a where it is known to be true. Only validate.cc uses this.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ast.h"
#include "policy/schema.h"
#include "policy/validate.h"

namespace weir::policy {

// What a policy is checked for.
struct Environment {
  const ActionType* action = nullptr;
  std::string_view principal;  // entity types
  std::string_view resource;
  std::string_view slots[2];  // what ?principal and ?resource stand for; empty where there is no such slot
};

// Findings of one policy, each once, and the budget of them all.
class FindingSink {
 public:
  FindingSink(const Policy& policy, std::vector<Finding>& out, size_t& steps)
      : policy_(policy), out_(out), steps_(steps) {}
  void error(Position at, std::string message, std::string hint = {}) {
    add(Finding::Kind::error, at, std::move(message), std::move(hint));
  }
  void warn(Position at, std::string message) { add(Finding::Kind::warning, at, std::move(message), {}); }
  // False once the budget (kValidationStepsMax) is used up.
  bool spend(size_t steps);

 private:
  void add(Finding::Kind kind, Position at, std::string message, std::string hint);

  const Policy& policy_;
  std::vector<Finding>& out_;
  size_t& steps_;
  std::set<std::pair<std::string, std::string>> seen_;
};

// Numbers for expressions such that equal numbers mean equal expressions, wherever they stand.
class Shapes {
 public:
  explicit Shapes(const Policy& policy);
  uint32_t of(uint32_t node) const { return shapes_[node]; }
  // Of `x.name`, given x's.
  uint32_t attribute(uint32_t shape, const std::string& name);
  uint32_t text(const std::string& text);

 private:
  uint32_t intern(std::string key);
  std::string key(const Policy& policy, uint32_t index);

  std::map<std::string, uint32_t, std::less<>> known_;
  std::vector<uint32_t> shapes_;  // by node
};

class TypeChecker {
 public:
  TypeChecker(const Policy& policy, const Schema& schema, Shapes& shapes, FindingSink& sink)
      : policy_(policy), schema_(schema), shapes_(shapes), sink_(sink) {}

  // True where the policy cannot match in this environment.
  bool is_impossible(const Environment& environment);

 private:
  // {shape of what has it, 0 attribute or 1 tag, shape of the name}; sorted in lists.
  using Capability = std::array<uint32_t, 3>;
  using Capabilities = std::vector<Capability>;

  // `type` is null where nothing is known any more; `ok` is false where something in it was wrong (then there
  // are no capabilities, and what follows may be wrong only for that).
  struct Answer {
    TypePtr type;
    bool ok = true;
    Capabilities has = {};
  };
  enum class Expect : uint8_t { boolean, integer, string, set, entity, entity_or_record, entity_or_entities };

  Answer check(uint32_t index, const Capabilities& prior);
  Answer expect(uint32_t index, const Capabilities& prior, Expect what);
  Answer expect_type(uint32_t index, const Capabilities& prior, const Type& type);
  Answer check_value(const Value& value, Position at);
  Answer check_if(const Node& node, const Capabilities& prior);
  Answer check_logic(const Node& node, const Capabilities& prior);
  Answer check_order(const Node& node, const Capabilities& prior);
  Answer check_arithmetic(const Node& node, const Capabilities& prior);
  Answer check_equal(const Node& node, const Capabilities& prior);
  Answer check_is(const Node& node, const Capabilities& prior);
  Answer check_in(uint32_t left, uint32_t right, const Capabilities& prior);
  Answer check_attribute(uint32_t index, const Capabilities& prior);
  Answer check_has(const Node& node, const Capabilities& prior);
  Answer check_has_step(const Answer& base, uint32_t shape, const std::string& name,
                        const Capabilities& prior);
  Answer check_tag(const Node& node, const Capabilities& prior);
  Answer check_set_method(const Node& node, const Capabilities& prior);
  Answer check_set(const Node& node, const Capabilities& prior);
  Answer check_record(const Node& node, const Capabilities& prior);
  Answer check_call(const Node& node, const Capabilities& prior);
  Answer check_constructor(const Node& node, Answer answer);
  static Answer conjunction(const Answer& left, const Answer& right);
  static Answer disjunction(const Answer& left, const Answer& right);
  static Answer negation(Answer answer);
  Answer entity(std::string_view type) const;
  // The type of both; null (and an error) where they do not fit together.
  TypePtr together(const TypePtr& a, const TypePtr& b, Position at, std::string_view where);
  TypePtr join(const TypePtr& a, const TypePtr& b);
  // The attribute, and what others there are.
  const AttributeType* attribute(const Type& type, const std::string& name) const;
  Error missing_attribute(const Type& type, const std::string& name) const;
  const Attributes* attributes(const Type& type) const;
  // A literal entity, or the action of the environment; null for anything else.
  const EntityUid* known_entity(uint32_t index) const;
  // All of a set of such, or of one.
  bool known_entities(uint32_t index, std::vector<const EntityUid*>& out) const;
  Answer action_in(const EntityUid& action, const std::vector<const EntityUid*>& of) const;
  bool may_be_in(const std::string& descendant, const std::string& ancestor) const;
  void wrong(uint32_t index, const Type& type, std::string_view expected, std::string hint = {});

  const Policy& policy_;
  const Schema& schema_;
  Shapes& shapes_;
  FindingSink& sink_;
  Environment environment_;
  TypePtr context_;
};

// Types without parts.
const TypePtr& simple_type(Type::Kind kind);
Type::Kind type_kind(Value::Kind kind);

}  // namespace weir::policy

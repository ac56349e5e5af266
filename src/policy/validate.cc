#include "policy/validate.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/toml.h"
#include "policy/lexer.h"
#include "policy/typecheck.h"

namespace weir::policy {
namespace {

// The constraint of the scope on `variable`, or null.
const Node* constraint(const Policy& policy, Op variable) {
  for (const uint32_t root : policy.scope) {
    const Node& node = policy.nodes[root];
    if (policy.nodes[node.a].op == variable) return &node;
  }
  return nullptr;
}

class PolicyValidator {
 public:
  PolicyValidator(const Policy& policy, const Schema& schema, FindingSink& sink)
      : policy_(policy), schema_(schema), sink_(sink) {}

  void run() {
    for (const Node& node : policy_.nodes) {
      if (node.op == Op::literal) entities(policy_.literals[node.a], node.at);
      if (node.op == Op::is) entity_type(policy_.strings[node.b], node.at);
    }
    types();
  }

  // Of a linked policy only what it is linked with is new.
  void run_linked() {
    for (const std::optional<EntityUid>& value : policy_.linked) {
      if (value) entity_type(value->type, policy_.at);
    }
  }

 private:
  void entity_type(std::string_view name, Position at) {
    if (is_action_type(name) || schema_.entity_type(name) != nullptr) return;
    std::vector<std::string_view> known;
    for (const auto& row : schema_.entity_types()) known.push_back(row.first);
    sink_.error(at, fmt::format("there is no entity type {}", shown(name, 80)),
                toml::did_you_mean(name, known));
  }

  void entities(const Value& value, Position at) {
    if (value.is(Value::Kind::set)) {
      for (const Value& element : value.set()) entities(element, at);
    } else if (value.is(Value::Kind::record)) {
      for (const auto& [key, field] : value.record()) entities(field, at);
    } else if (value.is(Value::Kind::entity)) {
      entity(value.entity(), at);
    }
  }

  void entity(const EntityUid& uid, Position at) {
    if (is_action_type(uid.type)) {
      if (schema_.action(uid) != nullptr) return;
      std::vector<std::string_view> known;
      for (const auto& row : schema_.actions()) known.push_back(row.first.id);
      sink_.error(at, fmt::format("there is no action {}", shown(uid.text(), 80)),
                  toml::did_you_mean(uid.id, known));
      return;
    }
    entity_type(uid.type, at);
    const EntityType* type = schema_.entity_type(uid.type);
    if (type == nullptr || type->choices.empty()) return;
    if (std::find(type->choices.begin(), type->choices.end(), uid.id) != type->choices.end()) return;
    const std::vector<std::string_view> known(type->choices.begin(), type->choices.end());
    sink_.error(at, fmt::format("there is no {}", shown(uid.text(), 80)), toml::did_you_mean(uid.id, known));
  }

  // Whether some action that the scope lets in applies to types that it lets in.
  bool applies() const {
    for (const auto& [uid, action] : schema_.actions()) {
      if (!lets_action(action)) continue;
      const auto lets = [&](Op variable, const std::set<std::string, std::less<>>& types) {
        return std::any_of(types.begin(), types.end(),
                           [&](const std::string& t) { return lets_type(variable, t); });
      };
      if (lets(Op::principal, action.principals) && lets(Op::resource, action.resources)) return true;
    }
    return false;
  }

  bool lets_action(const ActionType& action) const {
    const Node* node = constraint(policy_, Op::action);
    if (node == nullptr) return true;
    const Value& of = policy_.literals[policy_.nodes[node->b].a];
    if (of.is(Value::Kind::entity)) {
      if (node->op == Op::equal) return action.uid == of.entity();
      return action.uid == of.entity() || action.ancestors.contains(of.entity());
    }
    // One unknown group, and the whole list says nothing.
    bool any = false;
    for (const Value& element : of.set()) {
      if (schema_.action(element.entity()) == nullptr) return false;
      any |= action.uid == element.entity() || action.ancestors.contains(element.entity());
    }
    return any;
  }

  bool lets_type(Op variable, const std::string& type) const {
    const Node* node = constraint(policy_, variable);
    if (node == nullptr) return true;
    if (node->op == Op::is && policy_.strings[node->b] != type) return false;
    const uint32_t target = node->op == Op::is ? node->c : node->b;
    if (target == kNone || policy_.nodes[target].op == Op::slot) return true;
    const std::string& of = policy_.literals[policy_.nodes[target].a].entity().type;
    return node->op == Op::equal ? type == of : schema_.may_be_in(type, of);
  }

  // The types that a slot can stand for where the variable is of `type`.
  std::vector<std::string_view> slot_types(int slot, std::string_view type) const {
    if (policy_.slots[slot] == kNone) return {{}};
    std::vector<std::string_view> out = {type};
    const Node* node = constraint(policy_, slot == 0 ? Op::principal : Op::resource);
    if (node->op == Op::equal) return out;
    const EntityType* declared = schema_.entity_type(type);
    if (declared == nullptr) return out;
    for (const std::string& ancestor : declared->ancestors) {
      if (ancestor != type) out.push_back(ancestor);
    }
    return out;
  }

  void types() {
    Shapes shapes(policy_);
    TypeChecker checker(policy_, schema_, shapes, sink_);
    bool is_possible = false;
    for (const auto& [uid, action] : schema_.actions()) {
      for (const std::string& principal : action.principals) {
        for (const std::string& resource : action.resources) {
          for (const std::string_view p : slot_types(0, principal)) {
            for (const std::string_view r : slot_types(1, resource)) {
              if (!sink_.spend(4)) return;
              is_possible |= !checker.is_impossible({&action, principal, resource, {p, r}});
            }
          }
        }
      }
    }
    if (!is_possible) sink_.warn(policy_.at, "this policy can never match");
    if (!applies()) {
      sink_.warn(policy_.at,
                 "no action that this policy names applies to a principal and a resource that it names");
    }
  }

  const Policy& policy_;
  const Schema& schema_;
  FindingSink& sink_;
};

}  // namespace

bool FindingSink::spend(size_t steps) {
  const bool was_enough = steps_ < limits::kValidationStepsMax;
  steps_ += steps;
  if (steps_ < limits::kValidationStepsMax) return true;
  if (was_enough)
    error(policy_.at, "too much to validate: this policy and those after it were not looked at in full");
  return false;
}

void FindingSink::add(Finding::Kind kind, Position at, std::string message, std::string hint) {
  std::string where = policy_.where(at);
  if (!seen_.emplace(where, message).second) return;
  out_.push_back({kind, policy_.id, std::move(message), std::move(where), std::move(hint)});
}

std::vector<Finding> validate(const PolicySet& policies, const Schema& schema) {
  std::vector<Finding> out;
  size_t steps = 0;
  for (const std::vector<Policy>* list : {&policies.policies(), &policies.templates()}) {
    for (const Policy& policy : *list) {
      FindingSink sink(policy, out, steps);
      PolicyValidator validator(policy, schema, sink);
      if (policy.template_id.empty()) {
        validator.run();
      } else {
        validator.run_linked();
      }
    }
  }
  return out;
}

Status check_valid(const PolicySet& policies, const Schema& schema) {
  for (const Finding& finding : validate(policies, schema)) {
    if (finding.kind == Finding::Kind::error) return to_error(finding);
  }
  return {};
}

Error to_error(const Finding& finding) {
  return bad_input(finding.message, finding.where, finding.hint);
}

}  // namespace weir::policy

#include "policy/json_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/toml.h"
#include "policy/json_data.h"
#include "policy/json_expression.h"
#include "policy/lexer.h"

namespace weir::policy {
namespace {

class SetReader {
 public:
  explicit SetReader(const JsonPlaces& places) : places_(places) {}

  Result<std::vector<Policy>> all(json::Value root) {
    static constexpr std::array<std::string_view, 3> kKeys = {"staticPolicies", "templates", "templateLinks"};
    std::vector<Policy> out;
    if (root["effect"].exists()) {
      WEIR_TRY_ASSIGN(policy, one(root, "policy0"));
      for (const Annotation& annotation : policy.annotations) {
        if (annotation.key == "id") policy.id = annotation.value;
      }
      out.push_back(std::move(policy));
      return out;
    }
    WEIR_TRY(places_.only(root, kKeys));
    for (const bool templates : {false, true}) {
      const json::Value list = root[templates ? "templates" : "staticPolicies"];
      if (list.exists() && !list.is_object())
        return places_.error(list, "expected an object: {ID: policy, …}");
      for (const json::Member& member : list.members()) {
        if (out.size() == limits::kPoliciesMax) {
          return too_large(fmt::format("more than {} policies", limits::kPoliciesMax),
                           places_.where(member.value));
        }
        WEIR_TRY_ASSIGN(policy, one(member.value, member.key));
        if (policy.is_template() != templates) {
          return places_.error(member.value, templates ? "a template without a slot"
                                                       : "a slot in a policy that is no template");
        }
        out.push_back(std::move(policy));
      }
    }
    return out;
  }

  Status link_all(json::Value links, PolicySet& policies) {
    static constexpr std::array<std::string_view, 3> kKeys = {"templateId", "newId", "values"};
    static constexpr std::array<std::string_view, 2> kSlots = {"?principal", "?resource"};
    if (links.exists() && !links.is_array()) return places_.error(links, "expected a list of links");
    for (const json::Value link : links.elements()) {
      WEIR_TRY(places_.only(link, kKeys));
      const std::optional<std::string_view> from = link["templateId"].string();
      const std::optional<std::string_view> id = link["newId"].string();
      if (!from || !id) return places_.error(link, "expected templateId and newId");
      std::optional<EntityUid> values[2];
      if (link["values"].exists()) WEIR_TRY(places_.only(link["values"], kSlots));
      for (size_t i = 0; i < 2; ++i) {
        const json::Value value = link["values"][kSlots[i]];
        if (!value.exists()) continue;
        WEIR_TRY_ASSIGN(uid, places_.uid(value));
        values[i] = std::move(uid);
      }
      const Status linked =
          policies.link(*from, std::string(*id), std::move(values[0]), std::move(values[1]));
      if (!linked) return places_.error(link, linked.error().message, linked.error().hint);
    }
    return {};
  }

 private:
  Result<Policy> one(json::Value value, std::string_view id) {
    static constexpr std::array<std::string_view, 6> kKeys = {"effect",   "principal",  "action",
                                                              "resource", "conditions", "annotations"};
    WEIR_TRY(places_.only(value, kKeys));
    Policy policy;
    policy.id = id;
    policy.file = places_.file();
    policy.at = places_.position(value);
    const std::string_view effect = value["effect"].string_or("");
    if (effect != "permit" && effect != "forbid") {
      return places_.error(value["effect"].exists() ? value["effect"] : value,
                           "expected the effect: \"permit\" or \"forbid\"");
    }
    policy.is_forbid = effect == "forbid";
    WEIR_TRY(annotations(value["annotations"], policy));
    builder_.begin(policy);
    WEIR_TRY(scope(value, "principal", Op::principal, policy));
    WEIR_TRY(scope(value, "action", Op::action, policy));
    WEIR_TRY(scope(value, "resource", Op::resource, policy));
    const json::Value conditions = value["conditions"];
    if (!conditions.is_array()) {
      return places_.error(conditions.exists() ? conditions : value, "expected conditions: a list");
    }
    for (const json::Value condition : conditions.elements()) {
      static constexpr std::array<std::string_view, 2> kConditionKeys = {"kind", "body"};
      WEIR_TRY(places_.only(condition, kConditionKeys));
      const std::string_view kind = condition["kind"].string_or("");
      if (kind != "when" && kind != "unless") {
        return places_.error(condition, "expected the kind: \"when\" or \"unless\"");
      }
      JsonExpressionReader reader(places_, builder_);
      if (!condition["body"].exists()) return places_.error(condition, "expected a body: an expression");
      WEIR_TRY_ASSIGN(root, reader.read(condition["body"]));
      policy.conditions.push_back({kind == "unless", root, places_.position(condition)});
    }
    return policy;
  }

  Status annotations(json::Value value, Policy& policy) {
    if (value.exists() && !value.is_object())
      return places_.error(value, "expected an object of annotations");
    for (const json::Member& member : value.members()) {
      const std::string text(member.value.string_or(""));
      if (!member.value.is_string() && !member.value.is_null()) {
        return places_.error(member.value, "expected the annotation's text");
      }
      if (!is_identifier(member.key)) return places_.error(member.key_value, "expected an annotation's name");
      if ((member.key == "id" || member.key == "approve") && text.empty()) {
        return places_.error(member.value, fmt::format("\"{}\" needs a text", member.key));
      }
      if (member.key == "approve") {
        if (!policy.is_forbid) {
          return places_.error(member.key_value,
                               "approve belongs to a forbid: it lets a person allow what is forbidden");
        }
        policy.approve = text;
      }
      policy.annotations.push_back({std::string(member.key), text});
    }
    return {};
  }

  Status scope(json::Value policy_value, std::string_view name, Op variable, Policy& policy) {
    static constexpr std::array<std::string_view, 6> kKeys = {"op",   "entity",      "entities",
                                                              "slot", "entity_type", "in"};
    const json::Value value = policy_value[name];
    if (!value.exists())
      return places_.error(policy_value, fmt::format("expected {}: {{\"op\": \"All\"}} …", name));
    WEIR_TRY(places_.only(value, kKeys));
    const std::string_view op = value["op"].string_or("");
    const Position at = places_.position(value);
    if (op == "All") return {};
    const bool is_action = variable == Op::action;
    if (op != "==" && op != "in" && (op != "is" || is_action)) {
      return places_.error(value, is_action ? "expected op: \"All\", \"==\" or \"in\""
                                            : "expected op: \"All\", \"==\", \"in\" or \"is\"");
    }
    WEIR_TRY_ASSIGN(self, builder_.add({.op = variable, .at = at}, {}));
    Node node{.op = op == "==" ? Op::equal : op == "in" ? Op::in : Op::is, .a = self, .at = at};
    if (node.op == Op::is) {
      const std::string_view type = value["entity_type"].string_or("");
      if (!is_name(type)) return places_.error(value, "expected an entity_type");
      node.b = builder_.string(std::string(type));
      if (value["in"].exists()) {
        WEIR_TRY_ASSIGN(of, target(value["in"], variable, false));
        node.c = of;
      }
    } else {
      WEIR_TRY_ASSIGN(of, target(value, variable, node.op == Op::in && is_action));
      node.b = of;
    }
    WEIR_TRY_ASSIGN(root, builder_.add(node, {self}));
    policy.scope.push_back(root);
    return {};
  }

  // The entity, entities or slot of a constraint.
  Result<uint32_t> target(json::Value value, Op variable, bool may_be_list) {
    const Position at = places_.position(value);
    const std::string_view slot = value["slot"].string_or("");
    if (slot == "?principal" && variable == Op::principal) return builder_.slot(0, at);
    if (slot == "?resource" && variable == Op::resource) return builder_.slot(1, at);
    if (value["slot"].exists()) return places_.error(value["slot"], "this slot cannot stand here");
    if (value["entity"].exists()) {
      WEIR_TRY_ASSIGN(uid, entity(value["entity"], variable));
      return builder_.literal(std::move(uid), at);
    }
    if (!may_be_list || !value["entities"].is_array()) return places_.error(value, "expected an entity");
    std::vector<Value> list;
    for (const json::Value element : value["entities"].elements()) {
      WEIR_TRY_ASSIGN(uid, entity(element, variable));
      list.emplace_back(std::move(uid));
    }
    return builder_.literal(Value::set(std::move(list)), at);
  }

  Result<EntityUid> entity(json::Value value, Op variable) {
    WEIR_TRY_ASSIGN(uid, places_.uid(value));
    if (variable == Op::action && !is_action_type(uid.type)) {
      return places_.error(value, fmt::format("an action is of type Action, not {}", shown(uid.type, 80)));
    }
    return uid;
  }

  const JsonPlaces& places_;
  TreeBuilder builder_;
};

}  // namespace

Result<PolicySet> policies_from_json(std::string_view text, std::string_view file_name) {
  if (text.size() > limits::kPolicyBytesMax) {
    return too_large(fmt::format("a policy file of more than {} bytes", limits::kPolicyBytesMax),
                     std::string(file_name));
  }
  WEIR_TRY_ASSIGN(document, parse_json(text, file_name));
  const JsonPlaces places(document.text(), file_name);
  SetReader reader(places);
  WEIR_TRY_ASSIGN(policies, reader.all(document.root()));
  WEIR_TRY_ASSIGN(set, PolicySet::make(std::move(policies)));
  WEIR_TRY(reader.link_all(document["templateLinks"], set));
  return set;
}

}  // namespace weir::policy

#include <fmt/format.h>

#include "base/json.h"
#include "policy/json_data.h"
#include "policy/json_policy.h"
#include "policy/op_names.h"

namespace weir::policy {
namespace {

// Chains of && and || up to this long are written as the published engine does, nested to the left; longer
// ones in halves, so that what reads them need not nest as deep as they are long.
constexpr uint32_t kLeftNestedMax = 12;

// One policy. Recursion is bounded by the height of its tree.
class PolicyWriter {
 public:
  PolicyWriter(const Policy& policy, json::Writer& out) : policy_(policy), out_(out) {}

  void write() {
    out_.begin_object().field("effect", policy_.is_forbid ? "forbid" : "permit");
    scope("principal", Op::principal);
    scope("action", Op::action);
    scope("resource", Op::resource);
    out_.key("conditions").begin_array();
    for (const Condition& condition : policy_.conditions) {
      out_.begin_object().field("kind", condition.unless ? "unless" : "when").key("body");
      expression(condition.root);
      out_.end_object();
    }
    out_.end_array();
    if (!policy_.annotations.empty()) {
      out_.key("annotations").begin_object();
      for (const Annotation& annotation : policy_.annotations) out_.field(annotation.key, annotation.value);
      out_.end_object();
    }
    out_.end_object();
  }

 private:
  void scope(std::string_view name, Op variable) {
    out_.key(name).begin_object();
    const Node* constraint = nullptr;
    for (const uint32_t root : policy_.scope) {
      if (policy_.nodes[policy_.nodes[root].a].op == variable) constraint = &policy_.nodes[root];
    }
    if (constraint == nullptr) {
      out_.field("op", "All");
    } else if (constraint->op == Op::is) {
      out_.field("op", "is").field("entity_type", policy_.strings[constraint->b]);
      if (constraint->c != kNone) {
        out_.key("in").begin_object();
        target(constraint->c);
        out_.end_object();
      }
    } else {
      out_.field("op", constraint->op == Op::equal ? "==" : "in");
      target(constraint->b);
    }
    out_.end_object();
  }

  // "entity", "entities" or "slot".
  void target(uint32_t index) {
    if (policy_.nodes[index].op == Op::slot) {
      out_.field("slot", policy_.nodes[index].a == 0 ? "?principal" : "?resource");
      return;
    }
    const Value& value = policy_.literals[policy_.nodes[index].a];
    if (value.is(Value::Kind::entity)) {
      out_.key("entity");
      write_json(out_, value.entity());
      return;
    }
    out_.key("entities").begin_array();
    for (const Value& element : value.set()) write_json(out_, element.entity());
    out_.end_array();
  }

  void expression(uint32_t index) {
    const Node& node = policy_.nodes[index];
    out_.begin_object();
    switch (node.op) {
      case Op::literal:
        out_.key("Value");
        write_json(out_, policy_.literals[node.a]);
        break;
      case Op::principal:
        out_.field("Var", "principal");
        break;
      case Op::action:
        out_.field("Var", "action");
        break;
      case Op::resource:
        out_.field("Var", "resource");
        break;
      case Op::context:
        out_.field("Var", "context");
        break;
      case Op::slot:
        out_.field("Slot", node.a == 0 ? "?principal" : "?resource");
        break;
      case Op::attribute:
        member(".", node.a, policy_.strings[node.b]);
        break;
      case Op::has:
        has(node, node.c);
        break;
      case Op::like:
        like(node);
        break;
      case Op::is:
        out_.key("is").begin_object();
        side("left", node.a);
        out_.field("entity_type", policy_.strings[node.b]);
        if (node.c != kNone) side("in", node.c);
        out_.end_object();
        break;
      case Op::and_:
      case Op::or_:
        chain(node.op == Op::and_ ? "&&" : "||", node.b, node.c);
        break;
      case Op::if_:
        out_.key("if-then-else").begin_object();
        side("if", node.a);
        side("then", node.b);
        side("else", node.c);
        out_.end_object();
        break;
      case Op::set:
        out_.key("Set");
        list(node);
        break;
      case Op::record:
        out_.key("Record").begin_object();
        for (uint32_t i = 0; i < node.c; ++i) {
          side(policy_.strings[policy_.extra[node.b + node.c + i]], policy_.extra[node.b + i]);
        }
        out_.end_object();
        break;
      case Op::call:
        out_.key(info(node.function).name);
        list(node);
        break;
      default:
        operation(node);
    }
    out_.end_object();
  }

  void operation(const Node& node) {
    out_.key(op_name(node.op)).begin_object();
    side(node.b == kNone ? "arg" : "left", node.a);
    if (node.b != kNone) side("right", node.b);
    out_.end_object();
  }

  void side(std::string_view key, uint32_t index) {
    out_.key(key);
    expression(index);
  }

  void list(const Node& node) {
    out_.begin_array();
    for (uint32_t i = 0; i < node.c; ++i) expression(policy_.extra[node.b + i]);
    out_.end_array();
  }

  void member(std::string_view op, uint32_t left, std::string_view attribute) {
    out_.key(op).begin_object();
    side("left", left);
    out_.field("attr", attribute).end_object();
  }

  // `x has a.b.c` as the published engine writes it: (x has a && x.a has b) && x.a.b has c.
  void has(const Node& node, uint32_t names) {
    if (names == 1) return member("has", node.a, attribute(node, 0));
    out_.key("&&").begin_object().key("left").begin_object();
    has(node, names - 1);
    out_.end_object().key("right").begin_object().key("has").begin_object().key("left");
    path(node, names - 1);
    out_.field("attr", attribute(node, names - 1)).end_object().end_object().end_object();
  }
  void path(const Node& node, uint32_t names) {
    if (names == 0) return expression(node.a);
    out_.begin_object().key(".").begin_object().key("left");
    path(node, names - 1);
    out_.field("attr", attribute(node, names - 1)).end_object().end_object();
  }
  const std::string& attribute(const Node& node, uint32_t i) const {
    return policy_.strings[policy_.extra[node.b + i]];
  }

  void like(const Node& node) {
    out_.key("like").begin_object();
    side("left", node.a);
    out_.key("pattern").begin_array();
    const Pattern& pattern = policy_.patterns[node.b];
    for (size_t i = 0; i < pattern.pieces(); ++i) {
      if (i > 0) out_.string("Wildcard");
      if (!pattern.piece(i).empty()) out_.begin_object().field("Literal", pattern.piece(i)).end_object();
    }
    out_.end_array().end_object();
  }

  // Inside an object: extra[first…] joined.
  void chain(std::string_view op, uint32_t first, uint32_t count) {
    const uint32_t left = count <= kLeftNestedMax ? count - 1 : count / 2;
    out_.key(op).begin_object().key("left");
    part(op, first, left);
    out_.key("right");
    part(op, first + left, count - left);
    out_.end_object();
  }
  void part(std::string_view op, uint32_t first, uint32_t count) {
    if (count == 1) return expression(policy_.extra[first]);
    out_.begin_object();
    chain(op, first, count);
    out_.end_object();
  }

  const Policy& policy_;
  json::Writer& out_;
};

}  // namespace

std::string to_json(const Policy& policy) {
  json::Writer out;
  PolicyWriter(policy, out).write();
  return out.take();
}

std::string to_json(const PolicySet& policies) {
  json::Writer out;
  out.begin_object().key("staticPolicies").begin_object();
  for (const Policy& policy : policies.policies()) {
    if (policy.template_id.empty()) out.key(policy.id).raw(to_json(policy));
  }
  out.end_object().key("templates").begin_object();
  for (const Policy& policy : policies.templates()) out.key(policy.id).raw(to_json(policy));
  out.end_object().key("templateLinks").begin_array();
  for (const Policy& policy : policies.policies()) {
    if (policy.template_id.empty()) continue;
    out.begin_object()
        .field("templateId", policy.template_id)
        .field("newId", policy.id)
        .key("values")
        .begin_object();
    for (int i = 0; i < 2; ++i) {
      if (!policy.linked[i]) continue;
      out.key(i == 0 ? "?principal" : "?resource");
      write_json(out, *policy.linked[i]);
    }
    out.end_object().end_object();
  }
  return out.end_array().end_object().take();
}

}  // namespace weir::policy

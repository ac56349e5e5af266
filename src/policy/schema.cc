#include "policy/schema.h"

#include <cassert>
#include <functional>

#include "base/embedded.h"
#include "policy/policy_set.h"
#include "policy/schema_declared.h"

namespace weir::policy {
namespace {

// Types are cut in messages past this.
constexpr size_t kTextBytesMax = 160;

void append(const Type& type, std::string& out) {
  if (out.size() > kTextBytesMax) return;
  switch (type.kind) {
    case Type::Kind::boolean:
    case Type::Kind::true_:
    case Type::Kind::false_:
      out += "Bool";
      return;
    case Type::Kind::integer:
      out += "Long";
      return;
    case Type::Kind::string:
      out += "String";
      return;
    case Type::Kind::entity:
      out += type.entity;
      return;
    case Type::Kind::set:
      out += "Set<";
      append(*type.element, out);
      out += ">";
      return;
    case Type::Kind::record: {
      std::string_view comma = "{";
      for (const auto& [name, attribute] : type.attributes) {
        out.append(comma).append(name).append(attribute.is_required ? ": " : "?: ");
        append(*attribute.type, out);
        comma = ", ";
      }
      out += type.attributes.empty() ? "{}" : "}";
      return;
    }
    case Type::Kind::decimal:
      out += "decimal";
      return;
    case Type::Kind::ip:
      out += "ipaddr";
      return;
    case Type::Kind::datetime:
      out += "datetime";
      return;
    case Type::Kind::duration:
      out += "duration";
  }
}

}  // namespace

std::string Type::text() const {
  std::string out;
  append(*this, out);
  if (out.size() > kTextBytesMax) out = out.substr(0, kTextBytesMax) + "…";
  return out;
}

bool operator==(const Type& a, const Type& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind || a.size != b.size || a.entity != b.entity) return false;
  if (a.kind == Type::Kind::set) return *a.element == *b.element;
  if (a.attributes.size() != b.attributes.size()) return false;
  auto it = b.attributes.begin();
  for (const auto& [name, attribute] : a.attributes) {
    if (name != it->first || attribute.is_required != it->second.is_required ||
        !(*attribute.type == *it->second.type)) {
      return false;
    }
    ++it;
  }
  return true;
}

Result<Schema> Schema::parse(std::string_view text, std::string_view file_name) {
  WEIR_TRY_ASSIGN(declared, parse_schema(text, file_name));
  return build_schema(declared);
}

Result<Schema> Schema::from_json(std::string_view text, std::string_view file_name) {
  WEIR_TRY_ASSIGN(declared, read_json_schema(text, file_name));
  return build_schema(declared);
}

const EntityType* Schema::entity_type(std::string_view name) const {
  const auto it = entity_types_.find(name);
  return it == entity_types_.end() ? nullptr : &it->second;
}

const ActionType* Schema::action(const EntityUid& uid) const {
  const auto it = actions_.find(uid);
  return it == actions_.end() ? nullptr : &it->second;
}

bool Schema::may_be_in(std::string_view descendant, std::string_view ancestor) const {
  if (descendant == ancestor) return true;
  const EntityType* type = entity_type(descendant);
  return type != nullptr && type->ancestors.contains(ancestor);
}

const Schema& weir_schema() {
  static const Schema schema = [] {
    Result<Schema> out = weir_schema(std::span<const std::string>());
    assert(out.has_value());  // our own text, tested
    return std::move(*out);
  }();
  return schema;
}

Result<Schema> weir_schema(std::span<const std::string> tools) {
  std::string text(embedded_file("policies/weir.cedarschema"));
  const std::set<std::string_view> names(tools.begin(), tools.end());
  for (const std::string_view name : names) {
    if (name == "any/tool" || name == "answer") continue;
    text +=
        "action " + quoted(name) + " appliesTo { principal: Session, resource: Server, context: Call };\n";
  }
  return Schema::parse(text, "weir.cedarschema");
}

std::vector<std::string> named_tools(const PolicySet& policies) {
  std::set<std::string> out;
  const std::function<void(const Value&)> collect = [&](const Value& value) {
    if (value.is(Value::Kind::entity) && value.entity().type == "Action") out.insert(value.entity().id);
    if (!value.is(Value::Kind::set)) return;
    for (const Value& element : value.set()) collect(element);
  };
  for (const std::vector<Policy>* list : {&policies.policies(), &policies.templates()}) {
    for (const Policy& policy : *list) {
      for (const Value& value : policy.literals) collect(value);
    }
  }
  return {out.begin(), out.end()};
}

}  // namespace weir::policy

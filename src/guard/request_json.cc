#include "guard/request_json.h"

namespace weir::guard {
namespace {

using policy::Value;

void write(json::Writer& out, const policy::EntityUid& uid) {
  out.begin_object().field("type", uid.type).field("id", uid.id).end_object();
}

// Recursion is bounded by how weir makes contexts: sets of strings at most.
void write(json::Writer& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::boolean:
      out.boolean(value.boolean());
      return;
    case Value::Kind::integer:
      out.integer(value.integer());
      return;
    case Value::Kind::string:
      out.string(value.string());
      return;
    case Value::Kind::set:
      out.begin_array();
      for (const Value& element : value.set()) write(out, element);
      out.end_array();
      return;
    case Value::Kind::record:
      out.begin_object();
      for (const auto& [key, field] : value.record()) write(out.key(key), field);
      out.end_object();
      return;
    default:
      out.string(value.text());
  }
}

// Recursion is bounded by the JSON parser's depth.
Result<Value> read(json::Value value, const std::string& where) {
  if (const auto flag = value.boolean()) return Value(*flag);
  if (const auto number = value.integer()) return Value(*number);
  if (const auto text = value.string()) return Value(*text);
  if (value.is_array()) {
    std::vector<Value> elements;
    for (const json::Value element : value.elements()) {
      WEIR_TRY_ASSIGN(read_element, read(element, where));
      elements.push_back(std::move(read_element));
    }
    return Value::set(std::move(elements));
  }
  if (value.is_object()) {
    std::vector<Value::Field> fields;
    for (const json::Member& member : value.members()) {
      WEIR_TRY_ASSIGN(field, read(member.value, where + "/" + json::pointer_token(member.key)));
      fields.emplace_back(std::string(member.key), std::move(field));
    }
    return Value::record(std::move(fields));
  }
  return bad_input("no value of a request", where);
}

Result<policy::EntityUid> read_uid(json::Value value, const std::string& where) {
  const auto type = value["type"].string(), id = value["id"].string();
  if (!type || !id) return bad_input("no entity: a type and an id", where);
  return policy::EntityUid{std::string(*type), std::string(*id)};
}

}  // namespace

std::string request_json(const policy::Request& request) {
  json::Writer out;
  out.begin_object();
  write(out.key("principal"), request.principal);
  write(out.key("action"), request.action);
  write(out.key("resource"), request.resource);
  write(out.key("context"), request.context);
  return out.end_object().take();
}

Result<policy::Request> parse_request(json::Value value) {
  policy::Request request;
  WEIR_TRY_ASSIGN(principal, read_uid(value["principal"], "/principal"));
  WEIR_TRY_ASSIGN(action, read_uid(value["action"], "/action"));
  WEIR_TRY_ASSIGN(resource, read_uid(value["resource"], "/resource"));
  if (!value["context"].is_object()) return bad_input("a request has a context", "/context");
  WEIR_TRY_ASSIGN(context, read(value["context"], "/context"));
  return policy::Request{std::move(principal), std::move(action), std::move(resource), std::move(context)};
}

}  // namespace weir::guard

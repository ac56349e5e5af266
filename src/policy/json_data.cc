#include "policy/json_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <forward_list>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/toml.h"
#include "policy/expression_parser.h"
#include "policy/extension.h"
#include "policy/lexer.h"

namespace weir::policy {
namespace {

// Where a value stands: a chain on the stack, written out only for an error.
struct Path {
  const Path* parent = nullptr;
  std::string_view key = {};
  size_t index = SIZE_MAX;

  Path operator/(std::string_view k) const { return {this, k}; }
  Path operator/(size_t i) const { return {this, {}, i}; }
  std::string pointer() const {
    if (parent == nullptr) return {};
    return parent->pointer() + "/" + (index == SIZE_MAX ? json::pointer_token(key) : std::to_string(index));
  }
  Error error(std::string message, std::string hint = {}) const {
    return bad_input(std::move(message), pointer(), std::move(hint));
  }
};

Result<EntityUid> type_and_id(json::Value value, const Path& path) {
  const std::optional<std::string_view> type = value["type"].string();
  const std::optional<std::string_view> id = value["id"].string();
  if (!value.is_object() || value.size() != 2 || !type || !id) {
    return path.error("expected an entity: {\"type\": …, \"id\": …}");
  }
  if (!is_name(*type))
    return (path / "type").error(fmt::format("\"{}\" is no entity type", shown(*type, 80)));
  return EntityUid{std::string(*type), std::string(*id)};
}

Result<EntityUid> uid(json::Value value, const Path& path) {
  if (const std::optional<std::string_view> text = value.string()) {
    Result<EntityUid> parsed = parse_uid(*text);
    if (!parsed) return path.error(parsed.error().message);
    return parsed;
  }
  if (const json::Value inner = value["__entity"]; inner.exists())
    return type_and_id(inner, path / "__entity");
  return type_and_id(value, path);
}

Result<Value> read(json::Value value, const Path& path);

Result<Value> extension(json::Value call_of, const Path& path) {
  const std::optional<std::string_view> name = call_of["fn"].string();
  const json::Value one = call_of["arg"];
  const json::Value many = call_of["args"];
  if (!name || call_of.size() != 2 || (!one.exists() && !many.is_array())) {
    return path.error("expected {\"fn\": …, \"arg\": …} or {\"fn\": …, \"args\": […]}");
  }
  const std::optional<Function> function = find_function(*name);
  if (!function) {
    return (path / "fn")
        .error(fmt::format("there is no function \"{}\"", shown(*name, 40)),
               toml::did_you_mean(*name, function_names(false)));
  }
  std::vector<Value> values;
  if (one.exists()) {
    WEIR_TRY_ASSIGN(argument, read(one, path / "arg"));
    values.push_back(std::move(argument));
  }
  const Path at = path / "args";
  for (const json::Value element : many.elements()) {
    WEIR_TRY_ASSIGN(argument, read(element, at / values.size()));
    values.push_back(std::move(argument));
  }
  std::vector<Operand> arguments;
  for (const Value& argument : values) arguments.push_back(Operand::of(argument));
  std::forward_list<Value> storage;
  Operand out;
  std::string error;
  if (!call(*function, arguments, storage, out, error)) return path.error(std::move(error));
  return out.value();
}

Result<Value> object(json::Value value, const Path& path) {
  if (value.size() == 1) {
    if (const json::Value inner = value["__entity"]; inner.exists()) {
      WEIR_TRY_ASSIGN(found, type_and_id(inner, path / "__entity"));
      return Value(std::move(found));
    }
    if (const json::Value inner = value["__extn"]; inner.exists()) return extension(inner, path / "__extn");
    if (value["__expr"].exists()) return path.error("__expr is not supported any more");
  }
  std::vector<Value::Field> fields;
  for (const json::Member& member : value.members()) {
    WEIR_TRY_ASSIGN(field, read(member.value, path / member.key));
    fields.emplace_back(std::string(member.key), std::move(field));
  }
  return Value::record(std::move(fields));
}

// Recursion is bounded by the document's depth.
Result<Value> read(json::Value value, const Path& path) {
  switch (value.kind()) {
    case json::Kind::boolean:
      return Value(*value.boolean());
    case json::Kind::string:
      return Value(*value.string());
    case json::Kind::number: {
      const std::optional<int64_t> number = value.integer();
      if (!number) return path.error("expected a whole number of 64 bits");
      return Value(*number);
    }
    case json::Kind::array: {
      std::vector<Value> elements;
      for (const json::Value element : value.elements()) {
        WEIR_TRY_ASSIGN(one, read(element, path / elements.size()));
        elements.push_back(std::move(one));
      }
      return Value::set(std::move(elements));
    }
    case json::Kind::object:
      return object(value, path);
    case json::Kind::null:
    case json::Kind::missing:
      break;
  }
  return path.error("expected a value, not null");
}

Result<Value> record(json::Value value, const Path& path) {
  if (!value.exists()) return Value::record({});
  if (!value.is_object()) return path.error("expected an object");
  WEIR_TRY_ASSIGN(out, object(value, path));
  if (!out.is(Value::Kind::record)) return path.error("expected a record");
  return out;
}

Status only(json::Value value, std::span<const std::string_view> known, const Path& path) {
  if (!value.is_object()) return path.error("expected an object");
  for (const json::Member& member : value.members()) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      return (path / member.key).error("unknown key", toml::did_you_mean(member.key, known));
    }
  }
  return {};
}

void write_extension(json::Writer& out, std::string_view function, std::string_view text) {
  out.begin_object().key("__extn").begin_object();
  out.field("fn", function).field("arg", text);
  out.end_object().end_object();
}

}  // namespace

Result<EntityUid> parse_uid(std::string_view text) {
  if (!is_utf8(text)) return bad_input("this text is not well-formed UTF-8");
  Policy policy;
  ExpressionParser parser(text, "entity");
  parser.begin(policy);
  WEIR_TRY(parser.start());
  WEIR_TRY_ASSIGN(node, parser.entity_literal("an entity (Type::\"id\")"));
  if (parser.token().kind != TokenKind::end) return parser.expected("nothing after the entity");
  return policy.literals[policy.nodes[node].a].entity();
}

Result<Value> value_from_json(json::Value value) {
  return read(value, {});
}

Result<EntityUid> uid_from_json(json::Value value) {
  return uid(value, {});
}

Result<Entities> entities_from_json(json::Value value) {
  static constexpr std::array<std::string_view, 4> kKeys = {"uid", "attrs", "parents", "tags"};
  const Path root;
  if (!value.is_array()) return root.error("expected a list of entities");
  if (value.size() > limits::kPolicyEntitiesMax) {
    return too_large(fmt::format("more than {} entities", limits::kPolicyEntitiesMax));
  }
  Entities out;
  size_t i = 0;
  for (const json::Value element : value.elements()) {
    const Path path = root / i++;
    WEIR_TRY(only(element, kKeys, path));
    WEIR_TRY_ASSIGN(name, uid(element["uid"], path / "uid"));
    if (out.knows(name)) return path.error(fmt::format("{} occurs twice", shown(name.text(), 80)));
    const Path parents_at = path / "parents";
    const json::Value list = element["parents"];
    if (list.exists() && !list.is_array()) return parents_at.error("expected a list of entities");
    std::vector<EntityUid> parents;
    for (const json::Value parent : list.elements()) {
      WEIR_TRY_ASSIGN(one, uid(parent, parents_at / parents.size()));
      parents.push_back(std::move(one));
    }
    WEIR_TRY_ASSIGN(attributes, record(element["attrs"], path / "attrs"));
    WEIR_TRY_ASSIGN(tags, record(element["tags"], path / "tags"));
    out.add(name, parents, std::move(attributes), std::move(tags));
  }
  WEIR_TRY(out.close());
  return out;
}

Result<Request> request_from_json(json::Value value) {
  static constexpr std::array<std::string_view, 4> kKeys = {"principal", "action", "resource", "context"};
  const Path root;
  WEIR_TRY(only(value, kKeys, root));
  WEIR_TRY_ASSIGN(principal, uid(value["principal"], root / "principal"));
  WEIR_TRY_ASSIGN(action, uid(value["action"], root / "action"));
  WEIR_TRY_ASSIGN(resource, uid(value["resource"], root / "resource"));
  WEIR_TRY_ASSIGN(context, record(value["context"], root / "context"));
  return Request{std::move(principal), std::move(action), std::move(resource), std::move(context)};
}

void write_json(json::Writer& out, const EntityUid& uid) {
  out.begin_object().field("type", uid.type).field("id", uid.id).end_object();
}

void write_json(json::Writer& out, const Value& value) {
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
    case Value::Kind::entity:
      out.begin_object().key("__entity");
      write_json(out, value.entity());
      out.end_object();
      return;
    case Value::Kind::set:
      out.begin_array();
      for (const Value& element : value.set()) write_json(out, element);
      out.end_array();
      return;
    case Value::Kind::record:
      out.begin_object();
      for (const auto& [key, field] : value.record()) {
        out.key(key);
        write_json(out, field);
      }
      out.end_object();
      return;
    case Value::Kind::decimal:
      return write_extension(out, "decimal", text_of(value.decimal()));
    case Value::Kind::ip:
      return write_extension(out, "ip", text_of(value.ip()));
    case Value::Kind::duration:
      return write_extension(out, "duration", text_of(value.duration()));
    case Value::Kind::datetime:
      // No literal says every moment; the start of the count and a distance do.
      out.begin_object().key("__extn").begin_object().field("fn", "offset").key("args").begin_array();
      write_extension(out, "datetime", "1970-01-01");
      write_extension(out, "duration", text_of(Duration{value.datetime().epoch_ms}));
      out.end_array().end_object().end_object();
  }
}

std::string to_json(const Request& request) {
  json::Writer out;
  out.begin_object();
  write_json(out.key("principal"), request.principal);
  write_json(out.key("action"), request.action);
  write_json(out.key("resource"), request.resource);
  write_json(out.key("context"), request.context);
  return out.end_object().take();
}

std::string to_json(const Entities& entities) {
  std::vector<std::pair<EntityUid, std::string>> rows;
  entities.each([&](const EntityUid& uid, const std::vector<EntityUid>& parents, const Value& attributes,
                    const Value& tags) {
    json::Writer row;
    row.begin_object().key("uid");
    write_json(row, uid);
    row.key("attrs");
    write_json(row, attributes);
    row.key("parents").begin_array();
    for (const EntityUid& parent : parents) write_json(row, parent);
    row.end_array();
    if (!tags.record().empty()) {
      row.key("tags");
      write_json(row, tags);
    }
    row.end_object();
    rows.emplace_back(uid, row.take());
  });
  std::sort(rows.begin(), rows.end());
  json::Writer out;
  out.begin_array();
  for (const auto& [uid, row] : rows) out.raw(row);
  return out.end_array().take();
}

}  // namespace weir::policy

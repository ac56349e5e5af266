#include "policy/json_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/toml.h"
#include "policy/json_data.h"
#include "policy/lexer.h"
#include "policy/op_names.h"

namespace weir::policy {
namespace {

constexpr std::array<std::string_view, 9> kOthers = {"Value", "Var", "Slot",         ".",  "has",
                                                     "like",  "is",  "if-then-else", "Set"};

std::string suggestion(std::string_view name) {
  std::vector<std::string_view> known(kOthers.begin(), kOthers.end());
  known.push_back("Record");
  for (const OpName& row : unary_ops()) known.push_back(row.name);
  for (const OpName& row : binary_ops()) known.push_back(row.name);
  for (const bool methods : {false, true}) {
    const std::span<const std::string_view> more = function_names(methods);
    known.insert(known.end(), more.begin(), more.end());
  }
  return toml::did_you_mean(name, known);
}

}  // namespace

Result<json::Document> parse_json(std::string_view text, std::string_view file_name) {
  json::Limits bounds;
  bounds.depth_max = 2 * limits::kPolicyDepthMax + 16;
  Result<json::Document> document = json::parse(std::string(text), bounds);
  if (document) return document;
  Error error = std::move(document).error();
  size_t offset = 0;
  if (error.where.starts_with("byte ")) {
    std::from_chars(error.where.data() + 5, error.where.data() + error.where.size(), offset);
  }
  const JsonPlaces places(text, file_name);
  const Position at = places.at_offset(std::min(offset, text.size()));
  error.where = fmt::format("{}:{}:{}", file_name, at.line, at.column);
  return error;
}

JsonPlaces::JsonPlaces(std::string_view text, std::string_view file) : text_(text), file_(file), lines_{0} {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') lines_.push_back(i + 1);
  }
}

Position JsonPlaces::at_offset(size_t offset) const {
  const auto line = std::upper_bound(lines_.begin(), lines_.end(), offset) - 1;
  const std::string_view before = text_.substr(*line, offset - *line);
  const auto code_points = std::count_if(before.begin(), before.end(),
                                         [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; });
  return {static_cast<uint32_t>(line - lines_.begin() + 1), static_cast<uint32_t>(code_points + 1)};
}

std::string JsonPlaces::where(json::Value value) const {
  const Position at = position(value);
  return fmt::format("{}:{}:{}", file_, at.line, at.column);
}

Error JsonPlaces::error(json::Value value, std::string message, std::string hint) const {
  return bad_input(std::move(message), where(value), std::move(hint));
}

Status JsonPlaces::only(json::Value value, std::span<const std::string_view> known) const {
  if (!value.is_object()) return error(value, "expected an object");
  for (const json::Member& member : value.members()) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      return error(member.key_value, fmt::format("unknown key \"{}\"", shown(member.key, 40)),
                   toml::did_you_mean(member.key, known));
    }
  }
  return {};
}

// The place of the inner value that the pointer names.
Error JsonPlaces::placed(Error error, json::Value value) const {
  const json::Value inner = value.at_pointer(error.where);
  error.where = where(inner.exists() ? inner : value);
  return error;
}

Result<EntityUid> JsonPlaces::uid(json::Value value) const {
  Result<EntityUid> out = uid_from_json(value);
  if (!out) return placed(std::move(out).error(), value);
  return out;
}

Result<Value> JsonPlaces::value(json::Value value) const {
  Result<Value> out = value_from_json(value);
  if (!out) return placed(std::move(out).error(), value);
  return out;
}

Result<uint32_t> JsonExpressionReader::read(json::Value value) {
  if (!value.is_object() || value.size() != 1) {
    return places_.error(value, "expected an expression: an object with one key, the operator");
  }
  const json::Member member = *value.members().begin();
  const std::string_view name = member.key;
  const json::Value body = member.value;
  const Position at = places_.position(value);
  if (name == "Value") {
    WEIR_TRY_ASSIGN(literal, places_.value(body));
    return builder_.literal(std::move(literal), at);
  }
  if (name == "Var") return variable(body, at);
  if (name == "Slot") return places_.error(value, "a slot can stand in the scope only");
  if (const Op* op = op_named(unary_ops(), name)) return unary(*op, body, at);
  if (const Op* op = op_named(binary_ops(), name)) return binary(*op, body, at);
  if (name == ".") return attribute(body, at);
  if (name == "has") return has(body, at);
  if (name == "like") return like(body, at);
  if (name == "is") return is(body, at);
  if (name == "if-then-else") return conditional(body, at);
  if (name == "Set") return set(body, at);
  if (name == "Record") return record(body, at);
  if (const std::optional<Function> function = find_function(name)) return call(*function, body, at);
  return places_.error(member.key_value, fmt::format("there is no operator \"{}\"", shown(name, 40)),
                       suggestion(name));
}

Result<uint32_t> JsonExpressionReader::variable(json::Value value, Position at) {
  static constexpr OpName kVariables[] = {{"principal", Op::principal},
                                          {"action", Op::action},
                                          {"resource", Op::resource},
                                          {"context", Op::context}};
  const Op* op = op_named(kVariables, value.string_or(""));
  if (op == nullptr)
    return places_.error(value, "expected \"principal\", \"action\", \"resource\" or \"context\"");
  return builder_.add({.op = *op, .at = at}, {});
}

Result<uint32_t> JsonExpressionReader::side(json::Value body, std::string_view key) {
  if (!body[key].exists()) return places_.error(body, fmt::format("expected \"{}\": an expression", key));
  return read(body[key]);
}

Result<uint32_t> JsonExpressionReader::unary(Op op, json::Value body, Position at) {
  static constexpr std::array<std::string_view, 1> kKeys = {"arg"};
  WEIR_TRY(places_.only(body, kKeys));
  WEIR_TRY_ASSIGN(argument, side(body, "arg"));
  return builder_.add({.op = op, .a = argument, .at = at}, {argument});
}

Result<uint32_t> JsonExpressionReader::binary(Op op, json::Value body, Position at) {
  static constexpr std::array<std::string_view, 2> kKeys = {"left", "right"};
  WEIR_TRY(places_.only(body, kKeys));
  WEIR_TRY_ASSIGN(left, side(body, "left"));
  WEIR_TRY_ASSIGN(right, side(body, "right"));
  if (op == Op::and_ || op == Op::or_) return builder_.list(op, {left, right}, at);
  return builder_.add({.op = op, .a = left, .b = right, .at = at}, {left, right});
}

Result<uint32_t> JsonExpressionReader::attribute(json::Value body, Position at) {
  static constexpr std::array<std::string_view, 2> kKeys = {"left", "attr"};
  WEIR_TRY(places_.only(body, kKeys));
  WEIR_TRY_ASSIGN(left, side(body, "left"));
  const std::optional<std::string_view> name = body["attr"].string();
  if (!name) return places_.error(body, "expected \"attr\": an attribute's name");
  const uint32_t index = builder_.string(std::string(*name));
  return builder_.add({.op = Op::attribute, .a = left, .b = index, .at = at}, {left});
}

Result<uint32_t> JsonExpressionReader::has(json::Value body, Position at) {
  static constexpr std::array<std::string_view, 2> kKeys = {"left", "attr"};
  WEIR_TRY(places_.only(body, kKeys));
  WEIR_TRY_ASSIGN(left, side(body, "left"));
  std::vector<uint32_t> names;
  if (const std::optional<std::string_view> name = body["attr"].string()) {
    names.push_back(builder_.string(std::string(*name)));
  }
  for (const json::Value element : body["attr"].elements()) {
    const std::optional<std::string_view> name = element.string();
    if (!name) return places_.error(element, "expected an attribute's name");
    names.push_back(builder_.string(std::string(*name)));
  }
  if (names.empty()) return places_.error(body, "expected \"attr\": an attribute's name, or a list of them");
  return builder_.has(left, names, at);
}

Result<uint32_t> JsonExpressionReader::like(json::Value body, Position at) {
  static constexpr std::array<std::string_view, 2> kKeys = {"left", "pattern"};
  WEIR_TRY(places_.only(body, kKeys));
  WEIR_TRY_ASSIGN(left, side(body, "left"));
  if (!body["pattern"].is_array()) return places_.error(body, "expected \"pattern\": a list");
  std::vector<std::string> pieces(1);
  for (const json::Value element : body["pattern"].elements()) {
    if (element.string_or("") == "Wildcard") {
      pieces.emplace_back();
      continue;
    }
    const std::optional<std::string_view> text = element["Literal"].string();
    if (!text || element.size() != 1)
      return places_.error(element, "expected \"Wildcard\" or {\"Literal\": TEXT}");
    pieces.back() += *text;
  }
  return builder_.like(left, std::move(pieces), at);
}

Result<uint32_t> JsonExpressionReader::is(json::Value body, Position at) {
  static constexpr std::array<std::string_view, 3> kKeys = {"left", "entity_type", "in"};
  WEIR_TRY(places_.only(body, kKeys));
  WEIR_TRY_ASSIGN(left, side(body, "left"));
  const std::string_view type = body["entity_type"].string_or("");
  if (!is_name(type)) return places_.error(body, "expected an entity_type");
  const uint32_t name = builder_.string(std::string(type));
  if (!body["in"].exists()) return builder_.add({.op = Op::is, .a = left, .b = name, .at = at}, {left});
  WEIR_TRY_ASSIGN(of, read(body["in"]));
  return builder_.add({.op = Op::is, .a = left, .b = name, .c = of, .at = at}, {left, of});
}

Result<uint32_t> JsonExpressionReader::conditional(json::Value body, Position at) {
  static constexpr std::array<std::string_view, 3> kKeys = {"if", "then", "else"};
  WEIR_TRY(places_.only(body, kKeys));
  WEIR_TRY_ASSIGN(condition, side(body, "if"));
  WEIR_TRY_ASSIGN(yes, side(body, "then"));
  WEIR_TRY_ASSIGN(no, side(body, "else"));
  return builder_.add({.op = Op::if_, .a = condition, .b = yes, .c = no, .at = at}, {condition, yes, no});
}

Result<std::vector<uint32_t>> JsonExpressionReader::list(json::Value body) {
  if (!body.is_array()) return places_.error(body, "expected a list of expressions");
  std::vector<uint32_t> out;
  for (const json::Value element : body.elements()) {
    WEIR_TRY_ASSIGN(node, read(element));
    out.push_back(node);
  }
  return out;
}

Result<uint32_t> JsonExpressionReader::set(json::Value body, Position at) {
  WEIR_TRY_ASSIGN(children, list(body));
  return builder_.set(children, at);
}

Result<uint32_t> JsonExpressionReader::record(json::Value body, Position at) {
  if (!body.is_object()) return places_.error(body, "expected an object of expressions");
  std::vector<uint32_t> children;
  std::vector<uint32_t> names;
  for (const json::Member& member : body.members()) {
    WEIR_TRY_ASSIGN(node, read(member.value));
    children.push_back(node);
    names.push_back(builder_.string(std::string(member.key)));
  }
  return builder_.record(children, names, at);
}

Result<uint32_t> JsonExpressionReader::call(Function function, json::Value body, Position at) {
  WEIR_TRY_ASSIGN(children, list(body));
  if (children.empty() && info(function).is_method) {
    return places_.error(
        body, fmt::format("{} needs what it is called on, as its first argument", info(function).name));
  }
  return builder_.call(function, children, at);
}

}  // namespace weir::policy

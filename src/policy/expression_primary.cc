// The lower rules of the expression grammar: members, methods, literals, names.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "base/toml.h"
#include "policy/expression_parser.h"

namespace weir::policy {

Result<uint32_t> ExpressionParser::member() {
  WEIR_TRY_ASSIGN(first, primary());
  return accesses(first);
}

Result<uint32_t> ExpressionParser::accesses(uint32_t primary) {
  uint32_t out = primary;
  while (token_.is(".") || token_.is("[")) {
    const Position at = token_.at;
    const bool dot = token_.is(".");
    WEIR_TRY(advance());
    WEIR_TRY_ASSIGN(name, dot ? attribute_name() : string("an attribute name as a string literal"));
    if (!dot) WEIR_TRY(expect("]"));
    Result<uint32_t> next = 0u;
    if (dot && token_.is("(")) {
      next = method(out, name, at);
    } else {
      const uint32_t index = add_string(std::move(name));
      next = add_node({.op = Op::attribute, .a = out, .b = index, .at = at}, {out});
    }
    if (!next) return next;
    out = *next;
  }
  if (token_.is("(")) return error_at(token_.at, "only methods can be called");
  return out;
}

Status ExpressionParser::arguments(std::vector<uint32_t>& out) {
  WEIR_TRY(expect("("));
  while (!token_.is(")")) {
    WEIR_TRY_ASSIGN(argument, expression());
    out.push_back(argument);
    if (!token_.is(")") && !token_.is(",")) return expected("\",\" or \")\"");
    if (token_.is(",")) WEIR_TRY(advance());
  }
  return advance();
}

Result<uint32_t> ExpressionParser::method(uint32_t receiver, std::string_view name, Position at) {
  if (const std::optional<Op> op = core_method_named(name)) return core_method(*op, receiver, name, at);
  const std::optional<Function> extension = find_function(name);
  if (!extension) {
    std::vector<std::string_view> known(kCoreMethods.begin(), kCoreMethods.end());
    const std::span<const std::string_view> more = function_names(true);
    known.insert(known.end(), more.begin(), more.end());
    Error error = error_at(at, fmt::format("there is no method \"{}\"", shown(name, 40)));
    error.hint = toml::did_you_mean(name, known);
    return error;
  }
  if (info(*extension).is_constructor()) {
    return error_at(at, fmt::format("{} is a function: write {}(…)", name, name));
  }
  std::vector<uint32_t> children = {receiver};
  WEIR_TRY(arguments(children));
  return builder_.call(*extension, children, at);
}

Result<uint32_t> ExpressionParser::core_method(Op op, uint32_t receiver, std::string_view name, Position at) {
  std::vector<uint32_t> children;
  WEIR_TRY(arguments(children));
  const size_t wanted = op == Op::is_empty ? 0 : 1;
  if (children.size() != wanted) {
    return error_at(
        at, fmt::format("{} takes {} argument, not {}", name, wanted == 0 ? "no" : "one", children.size()));
  }
  if (wanted == 0) return add_node({.op = op, .a = receiver, .at = at}, {receiver});
  return add_node({.op = op, .a = receiver, .b = children[0], .at = at}, {receiver, children[0]});
}

Result<uint32_t> ExpressionParser::function(std::string_view name, Position at) {
  const std::optional<Function> extension = find_function(name);
  if (core_method_named(name) || (extension && info(*extension).is_method)) {
    return error_at(at, fmt::format("{} is a method: write x.{}(…)", name, name));
  }
  if (!extension) {
    Error error = error_at(at, fmt::format("there is no function \"{}\"", shown(name, 40)));
    error.hint = toml::did_you_mean(name, function_names(false));
    return error;
  }
  std::vector<uint32_t> children;
  WEIR_TRY(arguments(children));
  return builder_.call(*extension, children, at);
}

Result<uint32_t> ExpressionParser::primary() {
  const Position at = token_.at;
  if (token_.kind == TokenKind::string) {
    WEIR_TRY_ASSIGN(text, string("a string"));
    return literal(std::move(text), at);
  }
  if (token_.kind == TokenKind::integer) {
    int64_t number = 0;
    const char* end = token_.text.data() + token_.text.size();
    if (std::from_chars(token_.text.data(), end, number).ec != std::errc()) {
      return error_at(at, "this integer does not fit 64 bits");
    }
    WEIR_TRY(advance());
    return literal(number, at);
  }
  if (token_.is("true") || token_.is("false")) {
    const bool value = token_.is("true");
    WEIR_TRY(advance());
    return literal(value, at);
  }
  if (token_.is("(")) {
    WEIR_TRY(advance());
    WEIR_TRY_ASSIGN(inner, expression());
    WEIR_TRY(expect(")"));
    return inner;
  }
  if (token_.is("[")) return set_literal();
  if (token_.is("{")) return record_literal();
  if (token_.is("if")) return error_at(at, "put this \"if\" in parentheses");
  if (token_.kind == TokenKind::identifier && !is_reserved(token_.text)) return name_or_entity();
  return expected("an expression");
}

Result<uint32_t> ExpressionParser::name_or_entity() {
  static constexpr std::pair<std::string_view, Op> kVariables[] = {{"principal", Op::principal},
                                                                   {"action", Op::action},
                                                                   {"resource", Op::resource},
                                                                   {"context", Op::context}};
  const Position at = token_.at;
  std::string name(token_.text);
  WEIR_TRY(advance());
  while (token_.is("::")) {
    WEIR_TRY(advance());
    if (token_.kind == TokenKind::string) {
      WEIR_TRY_ASSIGN(id, string("an entity's id"));
      return literal(EntityUid{std::move(name), std::move(id)}, at);
    }
    if (token_.kind != TokenKind::identifier || is_reserved(token_.text)) {
      return expected("a name or a string after \"::\"");
    }
    name.append("::").append(token_.text);
    WEIR_TRY(advance());
  }
  if (token_.is("(")) return function(name, at);
  for (const auto& [variable, op] : kVariables) {
    if (name == variable) return add_node({.op = op, .at = at}, {});
  }
  return error_at(at,
                  fmt::format("unknown variable \"{}\"; known are principal, action, resource and context, "
                              "and an entity is written Type::\"id\"",
                              shown(name, 40)));
}

Result<uint32_t> ExpressionParser::set_literal() {
  const Position at = token_.at;
  WEIR_TRY(advance());
  std::vector<uint32_t> children;
  while (!token_.is("]")) {
    WEIR_TRY_ASSIGN(element, expression());
    children.push_back(element);
    if (!token_.is("]") && !token_.is(",")) return expected("\",\" or \"]\"");
    if (token_.is(",")) WEIR_TRY(advance());
  }
  WEIR_TRY(advance());
  return builder_.set(children, at);
}

Result<uint32_t> ExpressionParser::record_literal() {
  const Position at = token_.at;
  WEIR_TRY(advance());
  std::set<std::string, std::less<>> keys;
  std::vector<uint32_t> names;
  std::vector<uint32_t> children;
  while (!token_.is("}")) {
    const Position key_at = token_.at;
    WEIR_TRY_ASSIGN(key, token_.kind == TokenKind::string ? string("a key") : attribute_name());
    if (!keys.insert(key).second) {
      return error_at(key_at, fmt::format("the key \"{}\" occurs twice", shown(key, 40)));
    }
    WEIR_TRY(expect(":"));
    WEIR_TRY_ASSIGN(value, expression());
    names.push_back(add_string(std::move(key)));
    children.push_back(value);
    if (!token_.is("}") && !token_.is(",")) return expected("\",\" or \"}\"");
    if (token_.is(",")) WEIR_TRY(advance());
  }
  WEIR_TRY(advance());
  return builder_.record(children, names, at);
}

}  // namespace weir::policy

// The lower rules of the expression grammar: members, methods, literals, names.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/bytes.h"
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

Result<uint32_t> ExpressionParser::method(uint32_t receiver, std::string_view name, Position at) {
  static constexpr std::pair<std::string_view, Op> kMethods[] = {{"contains", Op::contains},
                                                                 {"containsAll", Op::contains_all},
                                                                 {"containsAny", Op::contains_any},
                                                                 {"isEmpty", Op::is_empty}};
  const auto* const found =
      std::find_if(std::begin(kMethods), std::end(kMethods), [&](const auto& m) { return m.first == name; });
  if (found == std::end(kMethods)) {
    return error_at(at, fmt::format("the method \"{}\" is not supported; known are contains, containsAll, "
                                    "containsAny and isEmpty",
                                    shown(name, 40)));
  }
  WEIR_TRY(expect("("));
  if (found->second == Op::is_empty) {
    if (!token_.is(")")) return expected("\")\", for isEmpty takes no argument,");
    WEIR_TRY(advance());
    return add_node({.op = Op::is_empty, .a = receiver, .at = at}, {receiver});
  }
  WEIR_TRY_ASSIGN(argument, expression());
  if (token_.is(",")) WEIR_TRY(advance());
  if (!token_.is(")")) return expected(fmt::format("\")\", for {} takes one argument,", name));
  WEIR_TRY(advance());
  return add_node({.op = found->second, .a = receiver, .b = argument, .at = at}, {receiver, argument});
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
  if (token_.is("(")) {
    return error_at(at, fmt::format("the function \"{}\" is not supported: extension functions are not",
                                    shown(name, 40)));
  }
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
  if (!std::all_of(children.begin(), children.end(), [&](uint32_t c) { return is_literal(c); })) {
    return add_list(Op::set, children, at);
  }
  std::vector<Value> elements;
  for (const uint32_t c : children) elements.push_back(policy_->literals[policy_->nodes[c].a]);
  return literal(Value::set(std::move(elements)), at);
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
  if (std::all_of(children.begin(), children.end(), [&](uint32_t c) { return is_literal(c); })) {
    std::vector<Value::Field> fields;
    for (size_t i = 0; i < names.size(); ++i) {
      fields.emplace_back(policy_->strings[names[i]], policy_->literals[policy_->nodes[children[i]].a]);
    }
    return literal(Value::record(std::move(fields)), at);
  }
  WEIR_TRY_ASSIGN(node, add_list(Op::record, children, at));
  // Names and children are laid out alike: first all children, then all names.
  policy_->extra.insert(policy_->extra.end(), names.begin(), names.end());
  return node;
}

}  // namespace weir::policy

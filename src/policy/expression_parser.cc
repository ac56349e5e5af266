#include "policy/expression_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::policy {
namespace {

std::optional<Op> comparison(const Token& token) {
  static constexpr std::pair<std::string_view, Op> kOps[] = {
      {"==", Op::equal},         {"!=", Op::not_equal}, {"<", Op::less}, {"<=", Op::less_equal},
      {">=", Op::greater_equal}, {">", Op::greater},    {"in", Op::in},
  };
  for (const auto& [text, op] : kOps) {
    if (token.is(text)) return op;
  }
  return std::nullopt;
}

bool begins_relation(const Token& token) {
  return comparison(token) || token.is("has") || token.is("like") || token.is("is");
}

Error too_deep(std::string where) {
  return too_large(fmt::format("nested deeper than {} levels", limits::kPolicyDepthMax), std::move(where));
}

}  // namespace

Status ExpressionParser::advance() {
  WEIR_TRY_ASSIGN(token, lexer_.next());
  token_ = token;
  return {};
}

Status ExpressionParser::expect(std::string_view symbol_or_word) {
  if (!token_.is(symbol_or_word)) return expected(fmt::format("\"{}\"", symbol_or_word));
  return advance();
}

Error ExpressionParser::expected(std::string_view what) const {
  if (token_.kind == TokenKind::slot) {
    return error_at(token_.at,
                    fmt::format("the slot \"{}\" cannot stand here: a template has ?principal in the "
                                "principal's place of the scope, ?resource in the resource's",
                                shown(token_.text, 40)));
  }
  const std::string found =
      token_.kind == TokenKind::end ? "the end of the text" : '"' + shown(token_.text, 40) + '"';
  return error_at(token_.at, fmt::format("expected {}, found {}", what, found));
}

Result<std::string> ExpressionParser::string(std::string_view what) {
  if (token_.kind != TokenKind::string) return expected(what);
  Result<std::string> text = unescape(token_.text);
  if (!text) return error_at(token_.at, std::move(text).error().message);
  WEIR_TRY(advance());
  return text;
}

Result<std::string> ExpressionParser::attribute_name() {
  if (token_.kind != TokenKind::identifier) return expected("an attribute name");
  if (is_reserved(token_.text)) {
    return error_at(token_.at,
                    fmt::format("\"{}\" is a reserved word; write [\"{}\"]", token_.text, token_.text));
  }
  std::string name(token_.text);
  WEIR_TRY(advance());
  return name;
}

Result<std::string> ExpressionParser::path(std::string_view what) {
  std::string out;
  while (true) {
    if (token_.kind != TokenKind::identifier || is_reserved(token_.text)) return expected(what);
    out += token_.text;
    WEIR_TRY(advance());
    if (!token_.is("::")) return out;
    out += "::";
    WEIR_TRY(advance());
  }
}

Result<uint32_t> ExpressionParser::entity_literal(std::string_view what) {
  const Position at = token_.at;
  std::string type;
  while (true) {
    if (token_.kind != TokenKind::identifier || is_reserved(token_.text)) return expected(what);
    type += token_.text;
    WEIR_TRY(advance());
    WEIR_TRY(expect("::"));
    if (token_.kind == TokenKind::string) break;
    type += "::";
  }
  WEIR_TRY_ASSIGN(id, string(what));
  return literal(EntityUid{std::move(type), std::move(id)}, at);
}

Result<uint32_t> ExpressionParser::entity_set_literal(std::string_view what) {
  const Position at = token_.at;
  WEIR_TRY(expect("["));
  std::vector<Value> entities;
  while (!token_.is("]")) {
    WEIR_TRY_ASSIGN(entity, entity_literal(what));
    entities.push_back(policy_->literals[policy_->nodes[entity].a]);
    if (!token_.is("]")) WEIR_TRY(expect(","));
  }
  WEIR_TRY(advance());
  return literal(Value::set(std::move(entities)), at);
}

Result<uint32_t> ExpressionParser::expression() {
  if (depth_ >= limits::kPolicyDepthMax) return too_deep(where(token_.at));
  ++depth_;
  Result<uint32_t> out = token_.is("if") ? if_expression() : or_expression();
  --depth_;
  return out;
}

Result<uint32_t> ExpressionParser::if_expression() {
  const Position at = token_.at;
  WEIR_TRY(advance());
  WEIR_TRY_ASSIGN(condition, expression());
  WEIR_TRY(expect("then"));
  WEIR_TRY_ASSIGN(yes, expression());
  WEIR_TRY(expect("else"));
  WEIR_TRY_ASSIGN(no, expression());
  return add_node({.op = Op::if_, .a = condition, .b = yes, .c = no, .at = at}, {condition, yes, no});
}

Result<uint32_t> ExpressionParser::or_expression() {
  WEIR_TRY_ASSIGN(first, and_expression());
  if (!token_.is("||")) return first;
  const Position at = token_.at;
  std::vector<uint32_t> children = {first};
  while (token_.is("||")) {
    WEIR_TRY(advance());
    WEIR_TRY_ASSIGN(next, and_expression());
    children.push_back(next);
  }
  return builder_.list(Op::or_, children, at);
}

Result<uint32_t> ExpressionParser::and_expression() {
  WEIR_TRY_ASSIGN(first, relation());
  if (!token_.is("&&")) return first;
  const Position at = token_.at;
  std::vector<uint32_t> children = {first};
  while (token_.is("&&")) {
    WEIR_TRY(advance());
    WEIR_TRY_ASSIGN(next, relation());
    children.push_back(next);
  }
  return builder_.list(Op::and_, children, at);
}

Result<uint32_t> ExpressionParser::relation() {
  WEIR_TRY_ASSIGN(left, sum());
  if (!begins_relation(token_)) return left;
  const Token op = token_;
  WEIR_TRY(advance());
  Result<uint32_t> out = 0u;
  if (op.is("has")) {
    out = has(left, op.at);
  } else if (op.is("like")) {
    out = like(left, op.at);
  } else if (op.is("is")) {
    out = is(left, op.at);
  } else {
    WEIR_TRY_ASSIGN(right, sum());
    out = add_node({.op = *comparison(op), .a = left, .b = right, .at = op.at}, {left, right});
  }
  if (out && begins_relation(token_)) {
    return error_at(token_.at, fmt::format("comparisons do not chain: put one side of \"{}\" in parentheses",
                                           token_.text));
  }
  return out;
}

Result<uint32_t> ExpressionParser::has(uint32_t left, Position at) {
  std::vector<uint32_t> names;
  if (token_.kind == TokenKind::string) {
    WEIR_TRY_ASSIGN(name, string("an attribute name"));
    names.push_back(add_string(std::move(name)));
  } else {
    while (true) {
      WEIR_TRY_ASSIGN(name, attribute_name());
      names.push_back(add_string(std::move(name)));
      if (!token_.is(".")) break;
      WEIR_TRY(advance());
    }
  }
  return builder_.has(left, names, at);
}

Result<uint32_t> ExpressionParser::like(uint32_t left, Position at) {
  if (token_.kind != TokenKind::string) return expected("a pattern, as a string literal,");
  Result<std::vector<std::string>> pieces = unescape_pattern(token_.text);
  if (!pieces) return error_at(token_.at, std::move(pieces).error().message);
  WEIR_TRY(advance());
  return builder_.like(left, std::move(*pieces), at);
}

Result<uint32_t> ExpressionParser::is(uint32_t left, Position at) {
  WEIR_TRY_ASSIGN(type, path("an entity type"));
  const uint32_t name = add_string(std::move(type));
  if (!token_.is("in")) return add_node({.op = Op::is, .a = left, .b = name, .at = at}, {left});
  WEIR_TRY(advance());
  WEIR_TRY_ASSIGN(of, sum());
  return add_node({.op = Op::is, .a = left, .b = name, .c = of, .at = at}, {left, of});
}

Result<uint32_t> ExpressionParser::sum() {
  WEIR_TRY_ASSIGN(first, product());
  uint32_t left = first;
  while (token_.is("+") || token_.is("-")) {
    const Op op = token_.is("+") ? Op::add : Op::subtract;
    const Position at = token_.at;
    WEIR_TRY(advance());
    WEIR_TRY_ASSIGN(right, product());
    WEIR_TRY_ASSIGN(node, add_node({.op = op, .a = left, .b = right, .at = at}, {left, right}));
    left = node;
  }
  return left;
}

Result<uint32_t> ExpressionParser::product() {
  WEIR_TRY_ASSIGN(first, unary());
  uint32_t left = first;
  while (token_.is("*")) {
    const Position at = token_.at;
    WEIR_TRY(advance());
    WEIR_TRY_ASSIGN(right, unary());
    WEIR_TRY_ASSIGN(node, add_node({.op = Op::multiply, .a = left, .b = right, .at = at}, {left, right}));
    left = node;
  }
  if (token_.is("/") || token_.is("%")) {
    return error_at(token_.at, fmt::format("Cedar has no operator \"{}\"", token_.text));
  }
  return left;
}

Result<uint32_t> ExpressionParser::unary() {
  if (token_.is("-")) return negative();
  std::vector<Position> bangs;
  while (token_.is("!")) {
    if (bangs.size() == 4) return error_at(token_.at, "more than four \"!\" in a row");
    bangs.push_back(token_.at);
    WEIR_TRY(advance());
  }
  WEIR_TRY_ASSIGN(first, member());
  uint32_t out = first;
  for (size_t i = bangs.size(); i-- > 0;) {
    WEIR_TRY_ASSIGN(node, add_node({.op = Op::not_, .a = out, .at = bangs[i]}, {out}));
    out = node;
  }
  return out;
}

// A minus right before an integer literal is part of it, so that the least integer can be written.
Result<uint32_t> ExpressionParser::negative() {
  std::vector<Position> dashes;
  while (token_.is("-")) {
    if (dashes.size() == 4) return error_at(token_.at, "more than four \"-\" in a row");
    dashes.push_back(token_.at);
    WEIR_TRY(advance());
  }
  uint32_t out = kNone;
  if (token_.kind == TokenKind::integer) {
    uint64_t magnitude = 0;
    const Token number = token_;
    const char* end = number.text.data() + number.text.size();
    const auto [rest, code] = std::from_chars(number.text.data(), end, magnitude);
    WEIR_TRY(advance());
    // `-1.a` is -(1.a): the minus is the literal's own only where nothing follows.
    const bool accessed = token_.is(".") || token_.is("[") || token_.is("(");
    if (code != std::errc() || magnitude > (uint64_t{1} << 63) - (accessed ? 1 : 0)) {
      return error_at(number.at, "this integer does not fit 64 bits");
    }
    if (accessed) {
      WEIR_TRY_ASSIGN(member, accesses(literal(static_cast<int64_t>(magnitude), number.at)));
      out = member;
    } else {
      out = literal(static_cast<int64_t>(0 - magnitude), dashes.back());
      dashes.pop_back();
    }
  } else {
    WEIR_TRY_ASSIGN(operand, member());
    out = operand;
  }
  for (size_t i = dashes.size(); i-- > 0;) {
    WEIR_TRY_ASSIGN(node, add_node({.op = Op::negate, .a = out, .at = dashes[i]}, {out}));
    out = node;
  }
  return out;
}

}  // namespace weir::policy

// The expression part of the parser: one function per rule of the grammar, and what parser.cc shares of it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/ast.h"
#include "policy/lexer.h"
#include "policy/tree_builder.h"

namespace weir::policy {

// Reads from one text; adds nodes to the policy given last to begin(), which must outlive the reading.
class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, std::string_view file) : lexer_(text, file) {}

  // Must succeed before anything else: reads the first token.
  Status start() { return advance(); }
  void begin(Policy& policy) {
    policy_ = &policy;
    builder_.begin(policy);
  }

  const Token& token() const { return token_; }
  Status advance();
  // Goes past the symbol or word, or errs that it was expected.
  Status expect(std::string_view symbol_or_word);
  // "expected WHAT, found the current token".
  Error expected(std::string_view what) const;
  Error error_at(Position at, std::string message) const { return bad_input(std::move(message), where(at)); }
  std::string where(Position at) const { return lexer_.where(at); }

  // Each returns the index of a node of the policy.
  Result<uint32_t> expression();
  Result<uint32_t> entity_literal(std::string_view what);
  Result<uint32_t> entity_set_literal(std::string_view what);
  Result<uint32_t> add_node(Node node, std::initializer_list<uint32_t> children) {
    return builder_.add(node, children);
  }
  uint32_t literal(Value value, Position at) { return builder_.literal(std::move(value), at); }
  // An unlinked slot; `which` as in Policy::slots.
  uint32_t slot(uint32_t which, Position at) { return builder_.slot(which, at); }

  // `A::B` as one string.
  Result<std::string> path(std::string_view what);
  Result<std::string> string(std::string_view what);
  uint32_t add_string(std::string text) { return builder_.string(std::move(text)); }

 private:
  Result<uint32_t> if_expression();
  Result<uint32_t> or_expression();
  Result<uint32_t> and_expression();
  Result<uint32_t> relation();
  Result<uint32_t> has(uint32_t left, Position at);
  Result<uint32_t> like(uint32_t left, Position at);
  Result<uint32_t> is(uint32_t left, Position at);
  Result<uint32_t> sum();
  Result<uint32_t> product();
  Result<uint32_t> unary();
  Result<uint32_t> negative();
  Result<uint32_t> member();
  Result<uint32_t> accesses(uint32_t primary);
  Result<uint32_t> method(uint32_t receiver, std::string_view name, Position at);
  Result<uint32_t> core_method(Op op, uint32_t receiver, std::string_view name, Position at);
  Result<uint32_t> function(std::string_view name, Position at);
  // Between the parentheses, and the closing one; adds to `out`.
  Status arguments(std::vector<uint32_t>& out);
  Result<uint32_t> primary();
  Result<uint32_t> name_or_entity();
  Result<uint32_t> set_literal();
  Result<uint32_t> record_literal();
  Result<std::string> attribute_name();

  Lexer lexer_;
  Token token_;
  TreeBuilder builder_;
  Policy* policy_ = nullptr;
  int depth_ = 0;
};

}  // namespace weir::policy

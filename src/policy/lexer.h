// Tokens of the Cedar policy language.
//
// Lazy and linear; a Token's text is a view of the source, which must outlive it. The source must be
// well-formed UTF-8 (the parser checks).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/ast.h"

namespace weir::policy {

enum class TokenKind : uint8_t { end, identifier, integer, string, symbol, slot };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;  // as written; a string's includes its quotes
  Position at;

  bool is(std::string_view symbol_or_word) const {
    return (kind == TokenKind::symbol || kind == TokenKind::identifier) && text == symbol_or_word;
  }
};

class Lexer {
 public:
  Lexer(std::string_view text, std::string_view file) : text_(text), file_(file) {}
  // The next token; `end` for ever after the last.
  Result<Token> next();
  std::string where(Position at) const;

 private:
  void skip_blank();
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void advance(size_t bytes);
  Result<Token> string_token();

  std::string_view text_;
  std::string file_;
  size_t at_ = 0;
  Position position_;
};

// Decodes a string token's escapes: \n \r \t \\ \0 \' \" \x00..\x7F \u{1 to 6 hex digits}.
// Errors have no place: the caller adds the token's.
Result<std::string> unescape(std::string_view token_text);
// The same with `*` as a wildcard and \* for a star: the literal pieces between the wildcards.
Result<std::vector<std::string>> unescape_pattern(std::string_view token_text);

// Refuses a text with a line that is not well-formed UTF-8, naming the line.
Status check_utf8_lines(std::string_view text, std::string_view file_name);

// Words that are no identifiers: true false if then else in is like has __cedar.
bool is_reserved(std::string_view word);
// A name as it stands between quotes in JSON: `A` or `A::B`, no blanks, no reserved words.
bool is_name(std::string_view text);
// A word of letters, digits and "_" that does not begin with a digit; reserved ones too.
bool is_identifier(std::string_view text);
// True for types that name actions: `Action`, in any namespace.
bool is_action_type(std::string_view entity_type);

}  // namespace weir::policy

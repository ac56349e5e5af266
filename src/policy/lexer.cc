#include "policy/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace weir::policy {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Unicode's White_Space, as the specification has it.
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

// Reads the hex digits of text[at..], at most `digits_max`, and moves `at` past them; nothing if there is
// none.
Result<uint32_t> hex_digits(std::string_view text, size_t& at, size_t digits_max) {
  uint32_t number = 0;
  size_t digits = 0;
  for (; at < text.size() && digits < digits_max; ++at, ++digits) {
    const char c = text[at];
    if (is_digit(c)) {
      number = number * 16 + static_cast<uint32_t>(c - '0');
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      number = number * 16 + static_cast<uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      break;
    }
  }
  if (digits == 0) return bad_input("expected hex digits in the escape");
  return number;
}

// Appends what the escape at text[at] (past the backslash) stands for and moves `at` past it.
Status append_escape(std::string_view text, size_t& at, std::string& out) {
  const char kind = text[at++];
  switch (kind) {
    case 'n':
      out += '\n';
      return {};
    case 'r':
      out += '\r';
      return {};
    case 't':
      out += '\t';
      return {};
    case '0':
      out += '\0';
      return {};
    case '\\':
    case '\'':
    case '"':
      out += kind;
      return {};
    case 'x': {
      const size_t begin = at;
      WEIR_TRY_ASSIGN(number, hex_digits(text, at, 2));
      if (at - begin != 2) return bad_input("expected two hex digits after \\x");
      if (number > 0x7f) return bad_input("\\x goes up to 7F; write \\u{…}");
      out += static_cast<char>(number);
      return {};
    }
    case 'u': {
      if (at >= text.size() || text[at] != '{') return bad_input("expected \"{\" after \\u");
      ++at;
      WEIR_TRY_ASSIGN(number, hex_digits(text, at, 6));
      if (at >= text.size() || text[at] != '}') {
        return bad_input("expected one to six hex digits and \"}\" after \\u{");
      }
      ++at;
      if (number > 0x10ffff || (number >= 0xd800 && number <= 0xdfff)) {
        return bad_input("no Unicode character has that number");
      }
      append_utf8(out, number);
      return {};
    }
    default:
      return bad_input("unknown escape; known are \\n \\r \\t \\\\ \\0 \\' \\\" \\x7F \\u{10FFFF}");
  }
}

}  // namespace

Status check_utf8_lines(std::string_view text, std::string_view file_name) {
  size_t line = 1;
  for (size_t begin = 0; begin < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    if (!is_utf8(text.substr(begin, end - begin))) {
      return bad_input("this line is not well-formed UTF-8", fmt::format("{}:{}:1", file_name, line));
    }
    begin = end;
  }
  return {};
}

bool is_reserved(std::string_view word) {
  static constexpr std::array<std::string_view, 10> kWords = {"true", "false", "if",   "then", "else",
                                                              "in",   "is",    "like", "has",  "__cedar"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool is_identifier(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

bool is_name(std::string_view text) {
  while (true) {
    const size_t end = std::min(text.find("::"), text.size());
    const std::string_view word = text.substr(0, end);
    if (!is_identifier(word) || is_reserved(word)) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 2);
  }
}

bool is_action_type(std::string_view entity_type) {
  return entity_type == "Action" || entity_type.ends_with("::Action");
}

Result<std::string> unescape(std::string_view token_text) {
  const std::string_view text = token_text.substr(1, token_text.size() - 2);
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '\r') return bad_input("a bare carriage return in a string; write \\r");
    if (text[at] != '\\') {
      out += text[at++];
      continue;
    }
    WEIR_TRY(append_escape(text, ++at, out));
  }
  return out;
}

Result<std::vector<std::string>> unescape_pattern(std::string_view token_text) {
  const std::string_view text = token_text.substr(1, token_text.size() - 2);
  std::vector<std::string> pieces(1);
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '\r') return bad_input("a bare carriage return in a string; write \\r");
    if (text[at] == '*') {
      pieces.emplace_back();
      ++at;
    } else if (text.substr(at, 2) == "\\*") {
      pieces.back() += '*';
      at += 2;
    } else if (text[at] == '\\') {
      WEIR_TRY(append_escape(text, ++at, pieces.back()));
    } else {
      pieces.back() += text[at++];
    }
  }
  return pieces;
}

std::string Lexer::where(Position at) const {
  return fmt::format("{}:{}:{}", file_, at.line, at.column);
}

void Lexer::advance(size_t bytes) {
  for (const size_t end = at_ + bytes; at_ < end; ++at_) {
    if (text_[at_] == '\n') {
      ++position_.line;
      position_.column = 1;
    } else if ((static_cast<uint8_t>(text_[at_]) & 0xc0) != 0x80) {
      ++position_.column;
    }
  }
}

void Lexer::skip_blank() {
  while (at_ < text_.size()) {
    if (peek() == '/' && peek(1) == '/') {
      const size_t end = text_.find_first_of("\r\n", at_);
      advance((end == std::string_view::npos ? text_.size() : end) - at_);
      continue;
    }
    size_t next = at_;
    if (!is_space(next_utf8(text_, next))) return;
    advance(next - at_);
  }
}

Result<Token> Lexer::string_token() {
  const size_t begin = at_;
  const Position at = position_;
  size_t end = at_ + 1;
  while (end < text_.size() && text_[end] != '"') {
    // A backslash takes the next character along, but not the end of a line.
    const bool escape = text_[end] == '\\' && end + 1 < text_.size() && text_[end + 1] != '\n';
    if (text_[end] == '\\' && !escape) return bad_input("a backslash at the end of a line", where(at));
    end += escape ? 2 : 1;
  }
  if (end >= text_.size()) return bad_input("this string does not end", where(at));
  advance(end + 1 - begin);
  return Token{TokenKind::string, text_.substr(begin, end + 1 - begin), at};
}

Result<Token> Lexer::next() {
  skip_blank();
  const Position at = position_;
  const size_t begin = at_;
  if (at_ >= text_.size()) return Token{TokenKind::end, {}, at};
  if (peek() == '"') return string_token();
  TokenKind kind = TokenKind::symbol;
  size_t size = 1;
  if (is_letter(peek())) {
    kind = TokenKind::identifier;
    while (is_letter(peek(size)) || is_digit(peek(size))) ++size;
  } else if (is_digit(peek())) {
    kind = TokenKind::integer;
    while (is_digit(peek(size))) ++size;
  } else if (peek() == '?') {
    // Alone it marks what is optional, in schemas.
    if (is_letter(peek(1))) kind = TokenKind::slot;
    while (kind == TokenKind::slot && (is_letter(peek(size)) || is_digit(peek(size)))) ++size;
  } else {
    static constexpr std::array<std::string_view, 7> kTwo = {"::", "==", "!=", "<=", ">=", "&&", "||"};
    const std::string_view two = text_.substr(at_, 2);
    if (std::find(kTwo.begin(), kTwo.end(), two) != kTwo.end()) {
      size = 2;
    } else if (std::string_view("@.,;:()[]{}<>=!+-*/%").find(peek()) == std::string_view::npos) {
      size_t end = at_;
      next_utf8(text_, end);
      return bad_input("no token begins with \"" + shown(text_.substr(at_, end - at_)) + "\"", where(at));
    }
  }
  advance(size);
  return Token{kind, text_.substr(begin, size), at};
}

}  // namespace weir::policy

// JSON (RFC 8259) and JSON5 (json5.org, 1.0) into a Tree.
#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"
#include "base/limits.h"
#include "setup/tree.h"

namespace weir::setup {
namespace {

class Reader {
 public:
  Reader(std::string_view text, std::string_view name, Syntax syntax)
      : text_(text), name_(name), json5_(syntax == Syntax::json5) {}

  Result<Node> read() {
    Node root;
    WEIR_TRY(skip_trivia());
    WEIR_TRY(read_value(root, 0));
    WEIR_TRY(skip_trivia());
    if (at_ != text_.size()) return error("there is something behind the end of the value");
    root.member_begin = root.begin;
    root.member_end = root.end;
    return root;
  }

 private:
  Error error(std::string message, std::string hint = {}) const {
    return error_at(at_, std::move(message), std::move(hint));
  }
  Error error_at(size_t at, std::string message, std::string hint = {}) const {
    return bad_input(std::move(message), place(text_, name_, at), std::move(hint));
  }
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool done() const { return at_ >= text_.size(); }

  // White space, and in JSON5 comments.
  Status skip_trivia() {
    while (!done()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else if (c == '/') {
        WEIR_TRY(skip_comment());
      } else if (json5_ && (c == '\v' || c == '\f')) {
        ++at_;
      } else if (json5_ && text_.substr(at_).starts_with("\xC2\xA0")) {
        at_ += 2;
      } else {
        return {};
      }
    }
    return {};
  }

  Status skip_comment() {
    if (peek(1) != '/' && peek(1) != '*') return error("expected a value");
    if (!json5_) return error("a comment, which this file may not have (it is read as strict JSON)");
    if (peek(1) == '/') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return {};
    }
    const size_t close = text_.find("*/", at_ + 2);
    if (close == std::string_view::npos) return error("a comment that does not end");
    at_ = close + 2;
    return {};
  }

  // Recursion is bounded by kSetupDepthMax.
  Status read_value(Node& node, int depth) {
    if (depth > limits::kSetupDepthMax)
      return too_large(fmt::format("more than {} levels", limits::kSetupDepthMax), place(text_, name_, at_));
    if (++nodes_ > limits::kSetupNodesMax)
      return too_large(fmt::format("more than {} values", limits::kSetupNodesMax), place(text_, name_, at_));
    if (done()) return error("the file ends in the middle");
    node.begin = at_;
    const char c = peek();
    if (c == '{') {
      WEIR_TRY(read_object(node, depth));
    } else if (c == '[') {
      WEIR_TRY(read_array(node, depth));
    } else if (c == '"' || (json5_ && c == '\'')) {
      node.kind = Kind::string;
      WEIR_TRY(read_string(node.text));
    } else {
      WEIR_TRY(read_word(node));
    }
    node.end = at_;
    return {};
  }

  Status read_object(Node& node, int depth) {
    node.kind = Kind::object;
    ++at_;
    while (true) {
      WEIR_TRY(skip_trivia());
      if (peek() == '}' && (node.children.empty() || json5_)) break;
      Node child;
      child.member_begin = at_;
      WEIR_TRY(read_key(child.key));
      WEIR_TRY(skip_trivia());
      if (peek() != ':') return error("expected \":\"");
      ++at_;
      WEIR_TRY(skip_trivia());
      WEIR_TRY(read_value(child, depth + 1));
      child.member_end = at_;
      node.children.push_back(std::move(child));
      WEIR_TRY(skip_trivia());
      if (peek() == '}') break;
      if (peek() != ',') return error("expected \",\" or \"}\"");
      ++at_;
    }
    ++at_;
    return check_duplicates(node, text_, name_);
  }

  Status read_array(Node& node, int depth) {
    node.kind = Kind::array;
    ++at_;
    while (true) {
      WEIR_TRY(skip_trivia());
      if (peek() == ']' && (node.children.empty() || json5_)) break;
      Node child;
      child.member_begin = at_;
      WEIR_TRY(read_value(child, depth + 1));
      child.member_end = at_;
      node.children.push_back(std::move(child));
      WEIR_TRY(skip_trivia());
      if (peek() == ']') break;
      if (peek() != ',') return error("expected \",\" or \"]\"");
      ++at_;
    }
    ++at_;
    return {};
  }

  static bool name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || (c & 0x80) != 0;
  }
  static bool name_part(char c) { return name_start(c) || (c >= '0' && c <= '9'); }

  Status read_key(std::string& key) {
    if (peek() == '"' || (json5_ && peek() == '\'')) return read_string(key);
    if (!json5_ || !name_start(peek()))
      return error(json5_ ? "expected a key" : "expected a key in double quotes");
    const size_t from = at_;
    while (!done() && name_part(text_[at_])) ++at_;
    key = text_.substr(from, at_ - from);
    return {};
  }

  Status read_string(std::string& out) {
    const size_t open = at_;
    const char quote = text_[at_++];
    while (true) {
      if (done()) return error_at(open, "a string that does not end");
      const char c = text_[at_];
      if (c == quote) {
        ++at_;
        return {};
      }
      if (c == '\\') {
        WEIR_TRY(read_escape(out));
        continue;
      }
      if (c == '\n' || c == '\r' || (!json5_ && static_cast<unsigned char>(c) < 0x20))
        return error("a control character in a string");
      out.push_back(c);
      ++at_;
    }
  }

  Status read_escape(std::string& out) {
    const char c = peek(1);
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    if (const size_t known = c == '\0' ? std::string_view::npos : kFrom.find(c);
        known != std::string_view::npos) {
      out.push_back(kTo[known]);
      at_ += 2;
      return {};
    }
    if (c == 'u') return read_unicode(out);
    if (!json5_) return error("an unknown escape");
    if (c == 'x') {
      const auto byte = from_hex(text_.substr(std::min(at_ + 2, text_.size()), 2));
      if (!byte || byte->size() != 1) return error("an unknown escape");
      append_utf8(out, static_cast<unsigned char>((*byte)[0]));
      at_ += 4;
      return {};
    }
    if (c == '\n' || (c == '\r' && peek(2) == '\n')) {  // a line that goes on
      at_ += c == '\n' ? 2 : 3;
      return {};
    }
    if (c == '\'' || c == 'v' || c == '0') {
      out.push_back(c == '\'' ? '\'' : c == 'v' ? '\v' : '\0');
      at_ += 2;
      return {};
    }
    return error("an unknown escape");
  }

  std::optional<uint32_t> four_digits(size_t from) const {
    const std::string_view digits = text_.substr(std::min(from, text_.size()), 4);
    uint32_t value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 4 || parsed.ec != std::errc() || parsed.ptr != digits.data() + 4)
      return std::nullopt;
    return value;
  }

  Status read_unicode(std::string& out) {
    auto code = four_digits(at_ + 2);
    if (!code) return error("an unknown escape");
    size_t length = 6;
    if (*code >= 0xD800 && *code < 0xDC00 && text_.substr(std::min(at_ + 6, text_.size()), 2) == "\\u") {
      const auto low = four_digits(at_ + 8);
      if (low && *low >= 0xDC00 && *low < 0xE000) {
        code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
        length = 12;
      }
    }
    if (*code >= 0xD800 && *code < 0xE000) return error("half of a surrogate pair");
    append_utf8(out, static_cast<char32_t>(*code));
    at_ += length;
    return {};
  }

  // true, false, null and numbers, as written.
  Status read_word(Node& node) {
    const size_t from = at_;
    while (!done() && (name_part(text_[at_]) || peek() == '+' || peek() == '-' || peek() == '.')) ++at_;
    node.text = text_.substr(from, at_ - from);
    if (node.text == "true" || node.text == "false") {
      node.kind = Kind::boolean;
      return {};
    }
    if (node.text == "null") {
      node.kind = Kind::null;
      node.text.clear();
      return {};
    }
    node.kind = Kind::number;
    if (json5_ ? json5_number(node.text) : json_number(node.text)) return {};
    return error_at(
        from, node.text.empty() ? "expected a value" : fmt::format("not a value: {}", shown(node.text, 40)));
  }

  static size_t digits(std::string_view text, size_t at) {
    size_t end = at;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    return end - at;
  }

  static bool exponent(std::string_view text, size_t& at) {
    if (at >= text.size() || (text[at] != 'e' && text[at] != 'E')) return true;
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t many = digits(text, at);
    at += many;
    return many > 0;
  }

  static bool json_number(std::string_view text) {
    size_t at = text.starts_with('-') ? 1 : 0;
    const size_t whole = digits(text, at);
    if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
    at += whole;
    if (at < text.size() && text[at] == '.') {
      const size_t part = digits(text, at + 1);
      if (part == 0) return false;
      at += 1 + part;
    }
    return exponent(text, at) && at == text.size();
  }

  static bool json5_number(std::string_view text) {
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (text == "Infinity" || text == "NaN") return true;
    if (text.starts_with("0x") || text.starts_with("0X")) {
      text.remove_prefix(2);
      return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    }
    size_t at = digits(text, 0);
    if (at > 1 && text[0] == '0') return false;
    size_t part = 0;
    const bool whole = at > 0;
    if (at < text.size() && text[at] == '.') {
      part = digits(text, at + 1);
      at += 1 + part;
    }
    return (whole || part > 0) && exponent(text, at) && at == text.size();
  }

  std::string_view text_;
  std::string_view name_;
  const bool json5_;
  size_t at_ = 0;
  size_t nodes_ = 0;
};

}  // namespace

Result<Node> read_json(std::string_view text, std::string_view name, Syntax syntax) {
  WEIR_TRY(check_text(text, name));
  return Reader(text, name, syntax).read();
}

}  // namespace weir::setup

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "base/bytes.h"
#include "base/json.h"
#include "base/json_scan.h"

namespace weir::json {

std::string canonical(Value root) {
  // Depth is bounded by the parser, so recursion is too.
  struct Printer {
    std::string out;
    void print(Value value) {
      if (value.is_object()) {
        std::vector<Member> members;
        members.reserve(value.size());
        for (const Member m : value.members()) members.push_back(m);
        std::sort(members.begin(), members.end(),
                  [](const Member& a, const Member& b) { return a.key < b.key; });
        out += '{';
        for (size_t i = 0; i < members.size(); ++i) {
          if (i > 0) out += ',';
          append_quoted(out, members[i].key);
          out += ':';
          print(members[i].value);
        }
        out += '}';
      } else if (value.is_array()) {
        out += '[';
        bool first = true;
        for (const Value element : value.elements()) {
          if (!std::exchange(first, false)) out += ',';
          print(element);
        }
        out += ']';
      } else if (const auto text = value.string()) {
        append_quoted(out, *text);
      } else {
        out += value.raw();
      }
    }
  };
  Printer printer;
  printer.print(root);
  return std::move(printer.out);
}

void append_quoted(std::string& out, std::string_view text) {
  if (!is_utf8(text)) {
    std::string mended;
    for (size_t good = utf8_prefix(text); good < text.size(); good = utf8_prefix(text)) {
      mended.append(text.substr(0, good)).append("\xEF\xBF\xBD");
      text.remove_prefix(good + 1);
    }
    return append_quoted(out, mended.append(text));
  }
  out += '"';
  size_t i = 0;
  while (i < text.size()) {
    const size_t end = detail::plain_run_end(text, i);
    out.append(text.substr(i, end - i));
    if (end == text.size()) break;
    switch (const char c = text[end]) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        break;
    }
    i = end + 1;
  }
  out += '"';
}

std::string quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_quoted(out, text);
  return out;
}

std::string pointer_token(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

void Writer::before_value() {
  assert(after_key_ || (stack_.empty() ? out_.empty() : stack_.back() == '['));
  if (comma_ && !after_key_) out_ += ',';
  comma_ = true;
  after_key_ = false;
}

Writer& Writer::open(char bracket) {
  before_value();
  out_ += bracket;
  stack_ += bracket;
  comma_ = false;
  return *this;
}

Writer& Writer::close(char bracket) {
  assert(!stack_.empty() && !after_key_ && (stack_.back() == '{') == (bracket == '}'));
  stack_.pop_back();
  out_ += bracket;
  comma_ = true;
  return *this;
}

Writer& Writer::key(std::string_view key) {
  assert(!stack_.empty() && stack_.back() == '{' && !after_key_);
  if (comma_) out_ += ',';
  append_quoted(out_, key);
  out_ += ':';
  after_key_ = true;
  return *this;
}

Writer& Writer::string(std::string_view text) {
  before_value();
  append_quoted(out_, text);
  return *this;
}
Writer& Writer::integer(int64_t number) {
  before_value();
  out_ += std::to_string(number);
  return *this;
}
Writer& Writer::number(double number) {
  assert(std::isfinite(number));
  before_value();
  out_ += fmt::format("{}", number);
  return *this;
}
Writer& Writer::boolean(bool value) {
  before_value();
  out_ += value ? "true" : "false";
  return *this;
}
Writer& Writer::null() {
  before_value();
  out_ += "null";
  return *this;
}
Writer& Writer::raw(std::string_view json) {
  before_value();
  out_ += json;
  return *this;
}

}  // namespace weir::json

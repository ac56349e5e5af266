#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/bytes.h"
#include "base/json_scan.h"

namespace weir::json {
namespace {

using detail::Data;
using detail::Node;
using detail::plain_run_end;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Parses into `data.nodes`. An explicit stack of open containers stands in for recursion.
class Parser {
 public:
  Parser(Data& data, const Limits& limits) : data_(data), text_(data.text), limits_(limits) {}

  Status run() {
    if (text_.size() > limits_.bytes_max || text_.size() > UINT32_MAX) {
      return too_large(
          fmt::format("JSON text of {} bytes, at most {} are read", text_.size(), limits_.bytes_max));
    }
    if (const size_t good = utf8_prefix(text_); good < text_.size()) {
      return bad_input("JSON text is not valid UTF-8", "byte " + std::to_string(good));
    }
    data_.nodes.reserve(std::min<size_t>(text_.size() / 12 + 8, limits_.nodes_max));
    WEIR_TRY(document());
    return {};
  }

 private:
  struct Open {
    uint32_t node;
  };

  Error error(std::string message) const {
    return bad_input(std::move(message), "byte " + std::to_string(at_));
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  Status document() {
    skip_space();
    WEIR_TRY(value());
    while (!open_.empty()) {
      skip_space();
      if (at_ == text_.size()) return error("JSON text ends inside an array or object");
      Node& container = data_.nodes[open_.back().node];
      const bool object = container.kind == Kind::object;
      if (text_[at_] == (object ? '}' : ']')) {
        ++at_;
        WEIR_TRY(close());
        continue;
      }
      if (container.count > 0) {
        if (text_[at_] != ',') return error(object ? "expected ',' or '}'" : "expected ',' or ']'");
        ++at_;
        skip_space();
      }
      ++container.count;
      if (object) {
        if (at_ == text_.size() || text_[at_] != '"') return error("expected a key in quotes");
        WEIR_TRY(string());
        skip_space();
        if (at_ == text_.size() || text_[at_] != ':') return error("expected ':'");
        ++at_;
        skip_space();
      }
      WEIR_TRY(value());
    }
    skip_space();
    if (at_ != text_.size()) return error("more text after the JSON value");
    return {};
  }

  Status value() {
    if (at_ == text_.size()) return error("JSON text ends where a value should be");
    switch (text_[at_]) {
      case '{':
        return open(Kind::object);
      case '[':
        return open(Kind::array);
      case '"':
        return string();
      case 't':
        return word("true", Kind::boolean);
      case 'f':
        return word("false", Kind::boolean);
      case 'n':
        return word("null", Kind::null);
      default:
        return number();
    }
  }

  Status add(Kind kind, size_t begin, size_t end, bool escaped = false, uint32_t count = 0) {
    if (data_.nodes.size() >= limits_.nodes_max) {
      return too_large(fmt::format("JSON text of more than {} values", limits_.nodes_max));
    }
    const auto next = static_cast<uint32_t>(data_.nodes.size() + 1);
    data_.nodes.push_back(
        {static_cast<uint32_t>(begin), static_cast<uint32_t>(end), next, count, kind, escaped});
    return {};
  }

  Status open(Kind kind) {
    if (open_.size() >= static_cast<size_t>(limits_.depth_max)) {
      return too_large(fmt::format("JSON nested deeper than {} levels", limits_.depth_max),
                       "byte " + std::to_string(at_));
    }
    open_.push_back({static_cast<uint32_t>(data_.nodes.size())});
    WEIR_TRY(add(kind, at_, at_));
    ++at_;
    return {};
  }

  Status close() {
    const uint32_t index = open_.back().node;
    Node& node = data_.nodes[index];
    node.end = static_cast<uint32_t>(at_);
    node.next = static_cast<uint32_t>(data_.nodes.size());
    open_.pop_back();
    if (node.kind == Kind::object && node.count > 1) return check_duplicates(index);
    return {};
  }

  Status check_duplicates(uint32_t index) {
    const Members members(Value(&data_, index));
    const auto refuse = [&](const Member& m) {
      return bad_input(fmt::format("duplicate key {}", quote(shown(m.key, 60))),
                       "byte " + std::to_string(m.key_value.offset()));
    };
    if (data_.nodes[index].count <= 8) {
      std::array<std::string_view, 8> seen;
      size_t n = 0;
      for (const Member m : members) {
        if (std::find(seen.begin(), seen.begin() + n, m.key) != seen.begin() + n) return refuse(m);
        seen[n++] = m.key;
      }
      return {};
    }
    // Sorting, not a hash table: a peer that chooses the keys cannot make it quadratic.
    std::vector<std::string_view> keys;
    keys.reserve(data_.nodes[index].count);
    for (const Member m : members) keys.push_back(m.key);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) return {};
    bool first = true;
    for (const Member m : members) {
      if (m.key == *twice && !std::exchange(first, false)) return refuse(m);
    }
    return {};
  }

  Status word(std::string_view expected, Kind kind) {
    if (text_.substr(at_, expected.size()) != expected) return error("expected a JSON value");
    WEIR_TRY(add(kind, at_, at_ + expected.size()));
    at_ += expected.size();
    return {};
  }

  Status number() {
    const size_t begin = at_;
    size_t i = at_;
    const auto digits = [&] {
      const size_t from = i;
      while (i < text_.size() && is_digit(text_[i])) ++i;
      return i > from;
    };
    if (i < text_.size() && text_[i] == '-') ++i;
    if (i < text_.size() && text_[i] == '0') {
      ++i;
    } else if (!digits()) {
      return error("expected a JSON value");
    }
    if (i < text_.size() && text_[i] == '.') {
      ++i;
      if (!digits()) return error("a number needs digits after its point");
    }
    if (i < text_.size() && (text_[i] == 'e' || text_[i] == 'E')) {
      ++i;
      if (i < text_.size() && (text_[i] == '+' || text_[i] == '-')) ++i;
      if (!digits()) return error("a number needs digits in its exponent");
    }
    at_ = i;
    return add(Kind::number, begin, i);
  }

  Status string() {
    const size_t begin = at_;
    const size_t run_end = plain_run_end(text_, at_ + 1);
    if (run_end < text_.size() && text_[run_end] == '"') {
      at_ = run_end + 1;
      return add(Kind::string, begin, at_);
    }
    std::string decoded(text_.substr(at_ + 1, run_end - at_ - 1));
    at_ = run_end;
    while (true) {
      if (at_ == text_.size()) return error("JSON text ends inside a string");
      const char c = text_[at_];
      if (c == '"') break;
      if (c == '\\') {
        WEIR_TRY(escape(decoded));
      } else if (static_cast<uint8_t>(c) < 0x20) {
        return error("a control character in a string must be escaped");
      }
      const size_t end = plain_run_end(text_, at_);
      decoded.append(text_.substr(at_, end - at_));
      at_ = end;
    }
    ++at_;
    data_.decoded.push_back(std::move(decoded));
    return add(Kind::string, begin, at_, true, static_cast<uint32_t>(data_.decoded.size() - 1));
  }

  Status escape(std::string& decoded) {
    if (at_ + 1 >= text_.size()) return error("JSON text ends inside a string");
    const char c = text_[at_ + 1];
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    if (const size_t i = kNames.find(c); i != std::string_view::npos) {
      decoded += kValues[i];
      at_ += 2;
      return {};
    }
    if (c != 'u') return error("unknown escape in a string");
    WEIR_TRY_ASSIGN(unit, hex4(at_ + 2));
    if (unit >= 0xDC00 && unit <= 0xDFFF) return error("a lone low surrogate");
    if (unit < 0xD800 || unit > 0xDBFF) {
      append_utf8(decoded, unit);
      at_ += 6;
      return {};
    }
    if (text_.substr(at_ + 6, 2) != "\\u") return error("a lone high surrogate");
    WEIR_TRY_ASSIGN(low, hex4(at_ + 8));
    if (low < 0xDC00 || low > 0xDFFF) return error("a lone high surrogate");
    append_utf8(decoded, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
    at_ += 12;
    return {};
  }

  Result<uint32_t> hex4(size_t from) const {
    uint32_t unit = 0;
    if (from + 4 > text_.size()) return error("JSON text ends inside a string");
    const auto [end, code] = std::from_chars(text_.data() + from, text_.data() + from + 4, unit, 16);
    if (code != std::errc() || end != text_.data() + from + 4) return error("\\u needs four hex digits");
    return unit;
  }

  Data& data_;
  std::string_view text_;
  const Limits& limits_;
  size_t at_ = 0;
  std::vector<Open> open_;
};

}  // namespace

std::string_view Value::raw() const {
  if (data_ == nullptr) return {};
  return std::string_view(data_->text).substr(node().begin, node().end - node().begin);
}

std::optional<std::string_view> Value::string() const {
  if (kind() != Kind::string) return std::nullopt;
  if (node().escaped) return data_->decoded[node().count];
  return std::string_view(data_->text).substr(node().begin + 1, node().end - node().begin - 2);
}

std::optional<bool> Value::boolean() const {
  if (kind() != Kind::boolean) return std::nullopt;
  return data_->text[node().begin] == 't';
}

std::optional<int64_t> Value::integer() const {
  if (kind() != Kind::number) return std::nullopt;
  const std::string_view text = raw();
  int64_t out = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::optional<double> Value::number() const {
  if (kind() != Kind::number) return std::nullopt;
  const std::string_view text = raw();
  double out = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc() || !std::isfinite(out)) return std::nullopt;
  return out;
}

Value Value::operator[](std::string_view key) const {
  if (!is_object()) return {};
  // Over the nodes themselves: streams ask each of their hundreds of small events for a dozen keys.
  const detail::Node* const nodes = data_->nodes.data();
  const char* const text = data_->text.data();
  const uint32_t end = nodes[node_].next;
  for (uint32_t at = node_ + 1; at < end; at = nodes[at + 1].next) {
    const detail::Node& name = nodes[at];
    const std::string_view plain(text + name.begin + 1, name.end - name.begin - 2);
    if ((name.escaped ? std::string_view(data_->decoded[name.count]) : plain) == key) return {data_, at + 1};
  }
  return {};
}

Value Value::at_pointer(std::string_view pointer) const {
  Value value = *this;
  while (!pointer.empty()) {
    if (pointer[0] != '/') return {};
    const size_t end = std::min(pointer.find('/', 1), pointer.size());
    std::string token;
    for (size_t i = 1; i < end; ++i) {
      if (pointer[i] == '~' && i + 1 < end && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
        token += pointer[++i] == '0' ? '~' : '/';
      } else if (pointer[i] == '~') {
        return {};
      } else {
        token += pointer[i];
      }
    }
    pointer.remove_prefix(end);
    if (value.is_array()) {
      size_t index = 0;
      const auto [stop, code] = std::from_chars(token.data(), token.data() + token.size(), index);
      if (code != std::errc() || stop != token.data() + token.size() || index >= value.size()) return {};
      if (token.size() > 1 && token[0] == '0') return {};
      auto it = value.elements().begin();
      for (; index > 0; --index) ++it;
      value = *it;
    } else {
      value = value[token];
    }
    if (!value.exists()) return {};
  }
  return value;
}

size_t Value::size() const {
  return is_array() || is_object() ? node().count : 0;
}
Elements Value::elements() const {
  return Elements(*this);
}
Members Value::members() const {
  return Members(*this);
}

Elements::Elements(Value array) {
  if (!array.is_array()) return;
  data_ = array.data_;
  begin_ = array.node_ + 1;
  end_ = array.node().next;
}

Members::Members(Value object) {
  if (!object.is_object()) return;
  data_ = object.data_;
  begin_ = object.node_ + 1;
  end_ = object.node().next;
}

Member Members::Iterator::operator*() const {
  const Value key(data_, node_);
  return {*key.string(), key, Value(data_, node_ + 1)};
}

Result<Document> parse(std::string text, const Limits& limits) {
  auto data = std::make_unique<Data>();
  data->text = std::move(text);
  WEIR_TRY(Parser(*data, limits).run());
  return Document(std::move(data));
}

}  // namespace weir::json

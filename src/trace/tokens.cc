#include "trace/tokens.h"

#include <array>
#include <optional>

namespace weir::trace {
namespace {

constexpr size_t kTokenMin = 6;
constexpr size_t kTokenMax = 2'048;  // longer ones are found as copies
constexpr size_t kGroupMax = 8;      // characters of one group of digits
constexpr size_t kGroupsMax = 12;

enum : uint8_t { kOther = 0, kLetter = 1, kDigit = 2, kInner = 3 };

constexpr std::array<uint8_t, 256> kClass = [] {
  std::array<uint8_t, 256> table{};
  for (size_t c = 0; c < 256; ++c) {
    if (c >= '0' && c <= '9') table[c] = kDigit;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80) table[c] = kLetter;
  }
  for (const char c : std::string_view("@.:/_-+%=&?#~,$")) table[static_cast<uint8_t>(c)] = kInner;
  return table;
}();

uint8_t class_of(char c) {
  return kClass[static_cast<uint8_t>(c)];
}

// dddd-dd-dd, dd.dd.dddd, dd:dd, with what a timestamp adds: too common to tell anything.
bool is_date_or_time(std::string_view token) {
  size_t groups = 0;
  size_t run = 0;
  for (const char c : token) {
    if (class_of(c) == kDigit) {
      run = run + 1;
      if (run > 4) return false;
      continue;
    }
    if (std::string_view("-:./tz+").find(c) == std::string_view::npos) return false;
    groups += run > 0 ? 1 : 0;
    run = 0;
  }
  return groups + (run > 0 ? 1 : 0) >= 2 && token.size() <= 25;
}

struct Shape {
  size_t digits = 0;
  bool inner = false;  // "@", "." or "_" between other characters
  size_t slashes = 0;
};

Shape shape_of(std::string_view token) {
  Shape shape;
  for (size_t i = 0; i < token.size(); ++i) {
    const char c = token[i];
    shape.digits += class_of(c) == kDigit ? 1 : 0;
    shape.inner |= (c == '@' || c == '.' || c == '_') && i > 0 && i + 1 < token.size();
    shape.slashes += c == '/' ? 1 : 0;
  }
  return shape;
}

bool distinctive(std::string_view token) {
  if (token.size() < kTokenMin || token.size() > kTokenMax) return false;
  const Shape shape = shape_of(token);
  if (shape.digits == 0) return shape.inner || shape.slashes >= 2;
  return !is_date_or_time(token);
}

// "1,000.50" → "#1000.5"; nothing for what is no plain number or has too few digits to tell anything.
std::optional<std::string> number_form(std::string_view token) {
  if (!token.empty() && (token[0] == '$' || token[0] == '+' || token[0] == '-')) token.remove_prefix(1);
  std::string whole;
  std::string fraction;
  bool dot = false;
  size_t since_comma = 3;
  bool comma = false;
  for (const char c : token) {
    if (class_of(c) == kDigit) {
      (dot ? fraction : whole) += c;
      since_comma += dot ? 0 : 1;
    } else if (c == ',' && !dot && !whole.empty() && (!comma || since_comma == 3)) {
      comma = true;
      since_comma = 0;
    } else if (c == '.' && !dot && !whole.empty()) {
      dot = true;
    } else {
      return std::nullopt;
    }
  }
  if (whole.empty() || (comma && since_comma != 3)) return std::nullopt;
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  const size_t first = whole.find_first_not_of('0');
  whole = first == std::string::npos ? "0" : whole.substr(first);
  size_t significant = whole.size() + fraction.size();
  if (fraction.empty()) significant = whole.find_last_not_of('0') + 1;
  if (significant < 4 || (fraction.empty() && significant < 5)) return std::nullopt;
  return "#" + whole + (fraction.empty() ? "" : "." + fraction);
}

std::string_view trimmed(std::string_view token, size_t& begin) {
  constexpr std::string_view kLead = ".:,-+=&?%$";
  constexpr std::string_view kTrail = ".:,-+=&?%$/";
  while (!token.empty() && kLead.find(token.front()) != std::string_view::npos) {
    token.remove_prefix(1);
    ++begin;
  }
  while (!token.empty() && kTrail.find(token.back()) != std::string_view::npos) token.remove_suffix(1);
  return token;
}

using Each = std::function<void(size_t, size_t, std::string_view)>;

void report_parts(std::string_view token, size_t begin, const Each& each) {
  if (token.find_first_of("/?&=#:,") == std::string_view::npos) return;
  size_t at = 0;
  while (at < token.size()) {
    const size_t end = std::min(token.find_first_of("/?&=#:,", at), token.size());
    size_t part_begin = at;
    const std::string_view part = trimmed(token.substr(at, end - at), part_begin);
    if (part.size() < token.size() && distinctive(part))
      each(begin + part_begin, begin + part_begin + part.size(), part);
    at = end + 1;
  }
  // "mailto:eve@x.org", "https://host/…": the rest without its scheme.
  const size_t colon = token.find(':');
  if (colon == std::string_view::npos) return;
  size_t rest = colon + 1;
  while (rest < token.size() && token[rest] == '/') ++rest;
  if (rest < token.size() && distinctive(token.substr(rest)))
    each(begin + rest, begin + token.size(), token.substr(rest));
}

// Groups of letters and digits with single separators between them, written together.
class Groups {
 public:
  explicit Groups(const Each& each) : each_(each) {}

  void add(size_t begin, size_t end, std::string_view group, bool adjacent) {
    const Shape shape = shape_of(group);
    const bool fits = group.size() <= kGroupMax && shape.digits > 0;
    if (!fits || !adjacent || count_ == kGroupsMax) finish();
    if (!fits) return;
    if (count_ == 0) begin_ = begin;
    joined_ += group;
    digits_ += shape.digits;
    end_ = end;
    ++count_;
  }

  void finish() {
    if (count_ > 1 && digits_ >= 6 && joined_.size() >= 8) each_(begin_, end_, joined_);
    count_ = 0;
    digits_ = 0;
    joined_.clear();
  }

 private:
  const Each& each_;
  std::string joined_;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t digits_ = 0;
  size_t count_ = 0;
};

}  // namespace

void each_token(std::string_view normal, const Each& each) {
  Groups groups(each);
  size_t at = 0;
  size_t previous_end = 0;
  while (at < normal.size()) {
    if (class_of(normal[at]) == kOther) {
      ++at;
      continue;
    }
    size_t begin = at;
    bool digit = false;
    bool inner = false;
    while (at < normal.size() && class_of(normal[at]) != kOther) {
      const uint8_t kind = class_of(normal[at]);
      digit |= kind == kDigit;
      inner |= kind == kInner;
      ++at;
    }
    if (!digit && !inner) continue;  // a word: the frequent case
    const std::string_view token = trimmed(normal.substr(begin, at - begin), begin);
    if (token.empty()) continue;
    const size_t end = begin + token.size();
    if (const auto number = digit ? number_form(token) : std::nullopt) each(begin, end, *number);
    if (distinctive(token)) each(begin, end, token);
    if (inner) report_parts(token, begin, each);
    // Within a token "-" and "." separate groups, between tokens one space does.
    if (!digit) continue;
    size_t from = 0;
    while (from < token.size()) {
      const size_t to = std::min(token.find_first_of("-.", from), token.size());
      const size_t group_begin = begin + from;
      const bool adjacent = previous_end != 0 && group_begin <= previous_end + 1;
      groups.add(group_begin, begin + to, token.substr(from, to - from), adjacent);
      previous_end = begin + to;
      from = to + 1;
    }
  }
  groups.finish();
}

}  // namespace weir::trace

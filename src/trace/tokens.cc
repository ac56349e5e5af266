#include "trace/tokens.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "trace/bits.h"

namespace weir::trace {
namespace {

constexpr size_t kTokenMin = 6;
constexpr size_t kTokenMax = 2'048;  // longer ones are found as copies
constexpr size_t kGroupMax = 8;      // characters of one group of digits
constexpr size_t kGroupsMax = 12;

constexpr size_t kNumberMax = 48;
constexpr size_t kAccountMin = 12;
constexpr size_t kAccountMax = 34;  // ISO 13616

using Each = EachToken;

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

// What else a character may be.
enum : uint8_t { kLead = 1, kTrail = 2, kPart = 4, kDate = 8, kGroup = 16 };

constexpr std::array<uint8_t, 256> kMeaning = [] {
  std::array<uint8_t, 256> table{};
  const auto mark = [&](std::string_view characters, uint8_t bit) {
    for (const char c : characters) table[static_cast<uint8_t>(c)] |= bit;
  };
  mark(".:,-+=&?%$", kLead);
  mark(".:,-+=&?%$/", kTrail);
  mark("/?&=#:,", kPart);
  mark("-:./tz+", kDate);
  mark("-.", kGroup);
  return table;
}();

bool is(char c, uint8_t meaning) {
  return (kMeaning[static_cast<uint8_t>(c)] & meaning) != 0;
}

// The first such character at or after `at`, or the text's size.
size_t find(std::string_view text, uint8_t meaning, size_t at) {
  while (at < text.size() && !is(text[at], meaning)) ++at;
  return at;
}

// All but kOther.
Bytes16 inside_token(Bytes16 c) {
  return (c < 0) | in_range(c | 0x20, 'a', 'z') | in_range(c, '#', '&') | in_range(c, '+', ':') | (c == '=') |
         in_range(c, '?', '@') | (c == '_') | (c == '~');
}
// kDigit and kInner.
Bytes16 marks_token(Bytes16 c) {
  return in_range(c, '#', '&') | in_range(c, '+', ':') | (c == '=') | in_range(c, '?', '@') | (c == '_') |
         (c == '~');
}

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
    if (!is(c, kDate)) return false;
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

// "#1000.5" of digits before and after the decimal separator; nothing with too few digits to tell anything.
std::string number_form(std::string_view whole, std::string_view fraction) {
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  while (whole.size() > 1 && whole.front() == '0') whole.remove_prefix(1);
  const size_t significant =
      fraction.empty() ? whole.find_last_not_of('0') + 1 : whole.size() + fraction.size();
  if (significant < 4 || (fraction.empty() && significant < 5)) return {};
  std::string form = "#";
  form += whole;
  if (!fraction.empty()) (form += '.') += fraction;
  return form;
}

// The digits of `whole`, with `separator` between groups of three or nowhere; else nothing.
std::string ungrouped(std::string_view whole, char separator) {
  std::string digits;
  size_t group = 0;
  bool separated = false;
  for (const char c : whole) {
    if (class_of(c) == kDigit) {
      digits += c;
      ++group;
    } else if (c == separator && group > 0 && group <= 3 && (!separated || group == 3)) {
      separated = true;
      group = 0;
    } else {
      return {};
    }
  }
  return separated && group != 3 ? std::string() : digits;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return class_of(c) == kDigit; });
}

// "9.87025e3" as "#9870.25".
void report_exponent(std::string_view token, size_t begin, size_t end, const Each& each) {
  const size_t e = token.find('e');
  if (e == std::string_view::npos || e + 1 >= token.size()) return;
  std::string_view power = token.substr(e + 1);
  const bool down = power[0] == '-';
  if (down || power[0] == '+') power.remove_prefix(1);
  if (!all_digits(power) || power.size() > 2) return;
  const std::string_view mantissa = token.substr(0, e);
  const size_t dot = std::min(mantissa.find('.'), mantissa.size());
  const std::string_view fraction = dot < mantissa.size() ? mantissa.substr(dot + 1) : std::string_view();
  if (!all_digits(mantissa.substr(0, dot)) || (dot < mantissa.size() && !all_digits(fraction))) return;
  const int shift = power.size() == 2 ? (power[0] - '0') * 10 + (power[1] - '0') : power[0] - '0';
  // Zeros enough on either side, then the point is moved.
  std::string digits(100, '0');
  digits.append(mantissa.substr(0, dot));
  digits.append(fraction);
  digits.append(100, '0');
  const size_t point = down ? 100 + dot - static_cast<size_t>(shift) : 100 + dot + static_cast<size_t>(shift);
  const std::string_view all = digits;
  if (const std::string form = number_form(all.substr(0, point), all.substr(point)); !form.empty())
    each(begin, end, form);
}

// A number in any notation by value: "1,000.50", "1.000,50" and "1000.5" give "#1000.5". What may be read
// in two ways gives both.
void report_number(std::string_view token, size_t begin, const Each& each) {
  const size_t end = begin + token.size();
  while (!token.empty() && (token[0] == '$' || token[0] == '+' || token[0] == '-')) token.remove_prefix(1);
  if (token.empty() || class_of(token[0]) != kDigit || token.size() > kNumberMax) return;
  if (token.find_first_not_of("0123456789.,") != std::string_view::npos)
    return report_exponent(token, begin, end, each);
  std::string previous;
  for (const auto& [point, comma] : {std::pair('.', ','), std::pair(',', '.')}) {
    const size_t at = std::min(token.find(point), token.size());
    const std::string_view fraction = at < token.size() ? token.substr(at + 1) : std::string_view();
    if (at < token.size() && !all_digits(fraction)) continue;
    const std::string whole = ungrouped(token.substr(0, at), comma);
    if (whole.empty()) continue;
    std::string form = number_form(whole, fraction);
    if (form.empty() || form == previous) continue;
    each(begin, end, form);
    previous = std::move(form);
  }
}

// "1 000 000,50" and "1'000'000.50", of which "1" stands in [begin, at).
void report_spaced_number(std::string_view normal, size_t begin, size_t at, const Each& each) {
  std::string digits(normal.substr(begin, at - begin));
  while (at + 3 < normal.size() && digits.size() <= kNumberMax && (normal[at] == ' ' || normal[at] == '\'') &&
         all_digits(normal.substr(at + 1, 3)) &&
         (at + 4 == normal.size() || class_of(normal[at + 4]) != kDigit)) {
    digits += normal.substr(at + 1, 3);
    at += 4;
  }
  if (digits.size() < 4) return;
  size_t end = at;
  std::string_view fraction;
  if (at + 1 < normal.size() && (normal[at] == '.' || normal[at] == ',') &&
      class_of(normal[at + 1]) == kDigit) {
    end = at + 1;
    while (end < normal.size() && end < at + kNumberMax && class_of(normal[end]) == kDigit) ++end;
    fraction = normal.substr(at + 1, end - at - 1);
  }
  if (const std::string form = number_form(digits, fraction); !form.empty()) each(begin, end, form);
}

// An account number in groups of four, with or without letters ("gb29 nwbk 6016 1331 9268 19"), without its
// spaces. Where it ends is not known: each length that it may have is reported.
void report_account(std::string_view normal, size_t begin, const Each& each) {
  const auto letter = [&](size_t i) { return normal[i] >= 'a' && normal[i] <= 'z'; };
  const auto digit = [&](size_t i) { return class_of(normal[i]) == kDigit; };
  if (begin + 5 >= normal.size() || normal[begin + 4] != ' ') return;
  if (!letter(begin) || !letter(begin + 1) || !digit(begin + 2) || !digit(begin + 3)) return;
  std::string joined(normal.substr(begin, 4));
  size_t at = begin + 4;
  while (at + 1 < normal.size() && normal[at] == ' ' && joined.size() < kAccountMax) {
    size_t end = at + 1;
    while (end < normal.size() && end < at + 6 && (letter(end) || digit(end))) ++end;
    if (end - at > 5 || end - at < 2) return;
    joined += normal.substr(at + 1, end - at - 1);
    if (joined.size() >= kAccountMin) each(begin, end, joined);
    if (end - at < 5) return;
    at = end;
  }
}

std::string_view trimmed(std::string_view token, size_t& begin) {
  while (!token.empty() && is(token.front(), kLead)) {
    token.remove_prefix(1);
    ++begin;
  }
  while (!token.empty() && is(token.back(), kTrail)) token.remove_suffix(1);
  return token;
}

void report_parts(std::string_view token, size_t begin, const Each& each) {
  if (find(token, kPart, 0) == token.size()) return;
  size_t at = 0;
  while (at < token.size()) {
    const size_t end = find(token, kPart, at);
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
    if (count_ < lengths_.size()) lengths_[count_] = group.size();
    joined_ += group;
    digits_ += shape.digits;
    end_ = end;
    ++count_;
  }

  void finish() {
    if (count_ > 1 && digits_ >= 6 && joined_.size() >= 8 && !is_date()) each_(begin_, end_, joined_);
    count_ = 0;
    digits_ = 0;
    joined_.clear();
  }

 private:
  const Each& each_;
  // 2024-11-23, 23.11.2024
  bool is_date() const {
    return count_ == 3 && joined_.size() == 8 && lengths_[1] == 2 && (lengths_[0] == 4 || lengths_[2] == 4);
  }

  std::string joined_;
  std::array<size_t, 3> lengths_{};
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t digits_ = 0;
  size_t count_ = 0;
};

// How a character beyond ASCII bounds a token.
enum class Bound : uint8_t { none, script, always };

Bound bound_of(char32_t c) {
  switch (utf8proc_category(static_cast<int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
      return Bound::none;
    case UTF8PROC_CATEGORY_LO:  // scripts that may be written without spaces and look like no Latin letter
      return Bound::script;
    default:
      return Bound::always;
  }
}

class Scanner {
 public:
  Scanner(std::string_view normal, const Each& each) : normal_(normal), each_(each), groups_(each) {}

  void scan() {
    const Bits inside(normal_, inside_token);
    const Bits marks(normal_, marks_token);
    // Words without digits or inner characters, the most frequent, are not looked at.
    for (size_t at = marks.next(0); at < normal_.size(); at = marks.next(at)) {
      const size_t begin = inside.run_begin(at);
      at = inside.next_clear(at);
      uint32_t seen = 0;
      uint8_t high = 0;
      for (size_t i = begin; i < at; ++i) {
        seen |= 1U << class_of(normal_[i]);
        high |= static_cast<uint8_t>(normal_[i]);
      }
      if (high < 0x80) {
        token(begin, at, (seen & 1U << kDigit) != 0, (seen & 1U << kInner) != 0);
      } else {
        split(begin, at);
      }
    }
    groups_.finish();
  }

 private:
  // A token with characters beyond ASCII: its parts between foreign punctuation, and those between letters of
  // scripts that need no space around a Latin word.
  void split(size_t begin, size_t end) {
    const std::string_view whole = normal_.substr(0, end);
    size_t always_from = begin;
    size_t script_from = begin;
    bool scripts = false;
    for (size_t at = begin; at < end;) {
      const size_t here = at;
      if (static_cast<uint8_t>(whole[at]) < 0x80) {
        ++at;
        continue;
      }
      const Bound bound = bound_of(next_utf8(whole, at));
      if (bound == Bound::none) continue;
      scripts |= bound == Bound::script;
      if (scripts) part(script_from, here);
      script_from = at;
      if (bound != Bound::always) continue;
      part(always_from, here);
      always_from = at;
      scripts = false;
    }
    if (scripts) part(script_from, end);
    part(always_from, end);
  }

  void part(size_t begin, size_t end) {
    bool digit = false;
    bool inner = false;
    for (size_t i = begin; i < end; ++i) {
      digit |= class_of(normal_[i]) == kDigit;
      inner |= class_of(normal_[i]) == kInner;
    }
    if (digit || inner) token(begin, end, digit, inner);
  }

  void token(size_t begin, size_t end, bool digit, bool inner) {
    const std::string_view token = trimmed(normal_.substr(begin, end - begin), begin);
    if (token.empty()) return;
    end = begin + token.size();
    if (digit) {
      report_number(token, begin, each_);
      if (token.size() <= 3 && all_digits(token)) report_spaced_number(normal_, begin, end, each_);
      if (token.size() == 4) report_account(normal_, begin, each_);
    }
    if (distinctive(token)) each_(begin, end, token);
    if (inner) report_parts(token, begin, each_);
    if (digit) add_groups(token, begin);
  }

  // Within a token "-" and "." separate groups, between tokens one space does.
  void add_groups(std::string_view token, size_t begin) {
    size_t from = 0;
    while (from < token.size()) {
      const size_t to = find(token, kGroup, from);
      const size_t group_begin = begin + from;
      const bool adjacent =
          previous_end_ != 0 && group_begin >= previous_end_ && group_begin <= previous_end_ + 1;
      groups_.add(group_begin, begin + to, token.substr(from, to - from), adjacent);
      previous_end_ = begin + to;
      from = to + 1;
    }
  }

  std::string_view normal_;
  const Each& each_;
  Groups groups_;
  size_t previous_end_ = 0;
};

}  // namespace

void each_token(std::string_view normal, const Each& each) {
  Scanner(normal, each).scan();
}

}  // namespace weir::trace

// What each byte of a normalised text is to tokens.cc.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "trace/bits.h"

namespace weir::trace {

enum : uint8_t { kOther = 0, kLetter = 1, kDigit = 2, kInner = 3 };

inline constexpr std::array<uint8_t, 256> kClass = [] {
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

inline constexpr std::array<uint8_t, 256> kMeaning = [] {
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

inline bool is(char c, uint8_t meaning) {
  return (kMeaning[static_cast<uint8_t>(c)] & meaning) != 0;
}

// The first such character at or after `at`, or the text's size.
inline size_t find(std::string_view text, uint8_t meaning, size_t at) {
  while (at < text.size() && !is(text[at], meaning)) ++at;
  return at;
}

// All but kOther.
inline Bytes16 inside_token(Bytes16 c) {
  return (c < 0) | in_range(c | 0x20, 'a', 'z') | in_range(c, '#', '&') | in_range(c, '+', ':') | (c == '=') |
         in_range(c, '?', '@') | (c == '_') | (c == '~');
}
// kDigit and kInner.
inline Bytes16 marks_token(Bytes16 c) {
  return in_range(c, '#', '&') | in_range(c, '+', ':') | (c == '=') | in_range(c, '?', '@') | (c == '_') |
         (c == '~');
}

inline uint8_t class_of(char c) {
  return kClass[static_cast<uint8_t>(c)];
}

inline bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return class_of(c) == kDigit; });
}

}  // namespace weir::trace

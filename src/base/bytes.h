// Bytes: digests, hex, base64, UTF-8, and showing hostile text to people.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace weir {

using Digest = std::array<uint8_t, 32>;

// SHA-256 (FIPS 180-4) of the bytes; the second form of the concatenation of all parts.
Digest sha256(std::string_view bytes);
Digest sha256(std::initializer_list<std::string_view> parts);
std::string_view as_bytes(const Digest& digest);

std::string to_hex(std::string_view bytes);
// Even number of hex digits of either case, else nothing.
std::optional<std::string> from_hex(std::string_view hex);

std::string to_base64(std::string_view bytes);
// RFC 4648 section 4 with padding, no white space; or section 5 (url) with or without padding.
std::optional<std::string> from_base64(std::string_view text);
std::optional<std::string> from_base64url(std::string_view text);

// True when the bytes are well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);
// The length of the longest well-formed start of the bytes: where is_utf8 would have stopped.
size_t utf8_prefix(std::string_view bytes);
// Appends a code point (at most U+10FFFF, no surrogate) as UTF-8.
void append_utf8(std::string& out, char32_t code_point);
// Decodes the code point at `at` of well-formed UTF-8 and moves `at` past it.
char32_t next_utf8(std::string_view text, size_t& at);

// Compares in time that depends on the lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);

// Whether a terminal or a reader would not show the code point as itself: controls, and what Unicode calls
// default-ignorable (invisible by design, Hangul fillers included).
bool is_hidden(char32_t c);

// For people: control, bidirectional, zero-width and tag characters and bad UTF-8 become visible escapes
// (\u{202E}), so that hostile text can move no cursor and hide nothing; cut at a code point to about
// `bytes_max`, with "…" where it was cut.
std::string shown(std::string_view text, size_t bytes_max = 120);

// FNV-1a for hash tables whose keys no peer chooses. Not for anything hostile.
constexpr uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211ULL;
  return hash;
}

// Randomness, passed in. libweir draws none itself.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<uint8_t> out) = 0;
};

// The system's cryptographic generator (OpenSSL).
class SystemRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override;
};

}  // namespace weir

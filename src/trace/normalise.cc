#include "trace/normalise.h"

#include <utf8proc.h>

#include <array>

#include "base/bytes.h"
#include "trace/bits.h"

namespace weir::trace {
namespace {

// ASCII: lower case, white space and controls to ' '.
constexpr std::array<char, 128> kAscii = [] {
  std::array<char, 128> table{};
  for (int c = 0; c < 128; ++c) {
    table[static_cast<size_t>(c)] = c <= 32 || c == 127    ? ' '
                                    : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32)
                                                           : static_cast<char>(c);
  }
  return table;
}();

bool is_space(char32_t c) {
  return c <= 0x20 || c == 0x7F || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// Length of the well-formed UTF-8 sequence at `at`, or 0.
size_t sequence(std::string_view input, size_t at, int32_t& code_point) {
  const auto length =
      utf8proc_iterate(reinterpret_cast<const uint8_t*>(input.data() + at),
                       static_cast<utf8proc_ssize_t>(std::min<size_t>(4, input.size() - at)), &code_point);
  return length > 0 ? static_cast<size_t>(length) : 0;
}

}  // namespace

namespace {

// What a character beyond ASCII (or a byte that is none) at `at` stands for, appended; its length in the
// input.
size_t append_other(std::string_view input, size_t at, std::string& out) {
  int32_t code_point = 0;
  const size_t length = sequence(input, at, code_point);
  if (length == 0) {
    append_utf8(out, 0xFFFD);
    return 1;
  }
  constexpr size_t kPartsMax = 32;
  std::array<int32_t, kPartsMax> parts;
  int last_boundary = 0;
  const auto count = utf8proc_decompose_char(
      code_point, parts.data(), kPartsMax,
      static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                                     UTF8PROC_IGNORE | UTF8PROC_STABLE),
      &last_boundary);
  const bool fits = count >= 0 && count <= static_cast<ptrdiff_t>(kPartsMax);
  if (!fits) parts[0] = code_point;
  for (size_t i = 0; i < (fits ? static_cast<size_t>(count) : 1); ++i) {
    const auto part = static_cast<char32_t>(parts[i]);
    append_utf8(out, is_space(part) ? U' ' : part);
  }
  return length;
}

size_t ascii_end(std::string_view input, size_t at) {
  while (at + 16 <= input.size() && top_bits(load16(input.data() + at)) == 0) at += 16;
  while (at < input.size() && static_cast<uint8_t>(input[at]) < 0x80) ++at;
  return at;
}

void fold_ascii(char* text, size_t size) {
  size_t at = 0;
  for (; at + 16 <= size; at += 16) {
    Bytes16 bytes = load16(text + at);
    bytes += in_range(bytes, 'A', 'Z') & 32;
    const Bytes16 space = (bytes <= 32) | (bytes == 127);
    bytes = (bytes & ~space) | (space & ' ');
    std::memcpy(text + at, &bytes, sizeof(bytes));
  }
  for (; at < size; ++at) text[at] = kAscii[static_cast<uint8_t>(text[at])];
}

}  // namespace

Normal normalise(std::string_view input, bool offsets) {
  Normal out;
  out.text.reserve(input.size());
  if (offsets) out.at.reserve(input.size() + 1);
  size_t at = 0;
  while (at < input.size()) {
    const size_t begin = at;
    const size_t before = out.text.size();
    at = ascii_end(input, at);
    if (at > begin) {
      out.text.append(input, begin, at - begin);
      fold_ascii(out.text.data() + before, at - begin);
      if (offsets) {
        for (size_t i = begin; i < at; ++i) out.at.push_back(static_cast<uint32_t>(i));
      }
      continue;
    }
    at += append_other(input, at, out.text);
    if (offsets) out.at.insert(out.at.end(), out.text.size() - before, static_cast<uint32_t>(begin));
  }
  if (offsets) out.at.push_back(static_cast<uint32_t>(input.size()));
  return out;
}

std::string spelt_in_tags(std::string_view input) {
  std::string spelt;
  // U+E0000..E007F is F3 A0 80 80 .. F3 A0 81 BF.
  for (size_t at = input.find("\xF3\xA0"); at != std::string_view::npos;
       at = input.find("\xF3\xA0", at + 1)) {
    int32_t code_point = 0;
    if (sequence(input, at, code_point) == 4 && code_point >= 0xE0020 && code_point <= 0xE007E) {
      spelt += static_cast<char>(code_point - 0xE0000);
    }
  }
  return spelt;
}

}  // namespace weir::trace

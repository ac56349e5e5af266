// What the JSON parser and printer share. Private to base/json*.cc.
#pragma once

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::json::detail {

// The first byte at or after `i` that ends a plain run of a string: a quote, a backslash or a control.
inline size_t plain_run_end(std::string_view text, size_t i) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i slash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1F);
  while (i + 16 <= text.size()) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes);
    const __m128i hit =
        _mm_or_si128(low, _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash)));
    const int mask = _mm_movemask_epi8(hit);
    if (mask != 0) return i + static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
    i += 16;
  }
  while (i < text.size() && text[i] != '"' && text[i] != '\\' && static_cast<uint8_t>(text[i]) >= 0x20) ++i;
  return i;
}

}  // namespace weir::json::detail

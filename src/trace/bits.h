// Bits: one for each byte of a text, found 16 bytes at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir::trace {

using Bytes16 [[gnu::vector_size(16)]] = int8_t;  // signed: beyond ASCII is negative

inline Bytes16 load16(const char* bytes) {
  Bytes16 out;
  std::memcpy(&out, bytes, sizeof(out));
  return out;
}

inline Bytes16 in_range(Bytes16 bytes, char first, char last) {
  return (bytes >= static_cast<int8_t>(first)) & (bytes <= static_cast<int8_t>(last));
}

// The top bit of each byte.
inline uint32_t top_bits(Bytes16 bytes) {
#if defined(__SSE2__)
  return static_cast<uint32_t>(_mm_movemask_epi8(reinterpret_cast<__m128i>(bytes)));
#else
  uint32_t out = 0;
  for (int i = 0; i < 16; ++i) out |= (bytes[i] < 0 ? 1U : 0U) << i;
  return out;
#endif
}

class Bits {
 public:
  // `classify` gives -1 for each byte whose bit is to be set, else 0, and 0 for a zero byte.
  template <class Classify>
  Bits(std::string_view text, Classify&& classify) : size_(text.size()), words_(text.size() / 64 + 2) {
    size_t at = 0;
    for (; at + 16 <= text.size(); at += 16)
      words_[at / 64] |= uint64_t{top_bits(classify(load16(text.data() + at)))} << at % 64;
    if (at == text.size()) return;
    char rest[16] = {};
    std::memcpy(rest, text.data() + at, text.size() - at);
    words_[at / 64] |= uint64_t{top_bits(classify(load16(rest)))} << at % 64;
  }

  // The first place at or after `at` whose bit is set, or the text's size.
  size_t next(size_t at) const {
    if (at >= size_) return size_;
    size_t word = at / 64;
    uint64_t bits = words_[word] & ~uint64_t{0} << at % 64;
    while (bits == 0) {
      if (++word >= words_.size()) return size_;
      bits = words_[word];
    }
    return word * 64 + static_cast<size_t>(std::countr_zero(bits));
  }
  // The first whose bit is not, or the text's size.
  size_t next_clear(size_t at) const {
    if (at >= size_) return size_;
    size_t word = at / 64;
    uint64_t bits = ~words_[word] & ~uint64_t{0} << at % 64;
    while (bits == 0) bits = ~words_[++word];  // the last word is clear
    return word * 64 + static_cast<size_t>(std::countr_zero(bits));
  }
  // Where the run of set bits begins in which `at` is.
  size_t run_begin(size_t at) const {
    size_t word = at / 64;
    uint64_t bits = ~words_[word] & (~uint64_t{0} >> (63 - at % 64));
    while (bits == 0) {
      if (word == 0) return 0;
      bits = ~words_[--word];
    }
    return word * 64 + 64 - static_cast<size_t>(std::countl_zero(bits));
  }
  // A bit where a run of at least eight begins or goes on for eight more.
  void keep_eights() {
    for (size_t word = 0; word + 1 < words_.size(); ++word) {
      uint64_t bits = words_[word];
      uint64_t after = words_[word + 1];
      for (const int step : {1, 2, 4}) {
        bits &= bits >> step | after << (64 - step);
        after &= after >> step;
      }
      words_[word] = bits;
    }
  }

 private:
  size_t size_;
  std::vector<uint64_t> words_;  // and a clear one
};

}  // namespace weir::trace

// Anchors: the positions of a text by which copies are found (winnowing: Schleimer, Wilkerson, Aiken 2003).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/limits.h"

namespace weir::trace {

inline constexpr size_t kGram = 14;  // characters of one hash
// Hashes of which the least is chosen.
inline constexpr size_t kWindow = limits::kTraceCopyCharsMin - kGram + 1;
inline constexpr uint64_t kSpread = 0x9e3779b97f4a7c15ULL;
inline constexpr size_t kPlacesMax = 6;  // of one anchor that are remembered one by one

// Keyed rolling hash of kGram bytes.
class Roller {
 public:
  Roller(uint64_t multiplier, uint64_t seed) : multiplier_(multiplier | 1), seed_(seed) {
    for (size_t i = 1; i < kGram; ++i) leaving_ *= multiplier_;
  }
  void push(uint8_t in) { hash_ = hash_ * multiplier_ + (in + 1); }
  void slide(uint8_t out, uint8_t in) { hash_ = (hash_ - (out + 1) * leaving_) * multiplier_ + (in + 1); }
  // Mixed, so that the least of several is a fair choice and both halves are usable.
  uint64_t hash() const {
    uint64_t h = hash_ ^ seed_;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ULL;
    h ^= h >> 29;
    return h;
  }

 private:
  uint64_t multiplier_;
  uint64_t seed_;
  uint64_t leaving_ = 1;
  uint64_t hash_ = 0;
};

// Calls each(Anchor) for the anchors of `text` in order: every window of kTraceCopyCharsMin bytes has one,
// chosen by the window's bytes alone (the least hash, the rightmost of equals). Ends when `each` returns
// false.
struct Anchor {
  size_t at;            // of its gram
  uint64_t hash;        // spread anew: as the least of many it alone would crowd a table's beginning
  size_t window_begin;  // the windows that begin in [window_begin, window_end) chose it
  size_t window_end;
};

template <class Each>
void each_anchor(std::string_view text, uint64_t multiplier, uint64_t seed, Each&& each) {
  if (text.size() < limits::kTraceCopyCharsMin) return;
  Roller roller(multiplier, seed);
  for (size_t i = 0; i + 1 < kGram; ++i) roller.push(static_cast<uint8_t>(text[i]));
  std::array<uint64_t, 16> ring{};
  static_assert(kWindow <= 16);
  size_t least = 0;
  uint64_t least_hash = UINT64_MAX;
  size_t chosen_at = SIZE_MAX;  // the anchor that is not reported yet
  uint64_t chosen_hash = 0;
  size_t chosen_since = 0;
  const size_t grams = text.size() - kGram + 1;
  for (size_t g = 0; g < grams; ++g) {
    const auto in = static_cast<uint8_t>(text[g + kGram - 1]);
    if (g == 0) {
      roller.push(in);
    } else {
      roller.slide(static_cast<uint8_t>(text[g - 1]), in);
    }
    const uint64_t hash = roller.hash();
    ring[g & 15] = hash;
    if (hash <= least_hash) {
      least = g;
      least_hash = hash;
    } else if (least + kWindow <= g) {
      least = g;
      least_hash = hash;
      for (size_t back = 1; back < kWindow; ++back) {
        const uint64_t before = ring[(g - back) & 15];
        if (before < least_hash) {
          least = g - back;
          least_hash = before;
        }
      }
    } else if (g + 1 != kWindow) {
      continue;
    }
    if (g + 1 < kWindow) continue;
    const size_t window = g + 1 - kWindow;
    if (chosen_at != SIZE_MAX && !each(Anchor{chosen_at, chosen_hash * kSpread, chosen_since, window}))
      return;
    chosen_at = least;
    chosen_hash = least_hash;
    chosen_since = window;
  }
  each(Anchor{chosen_at, chosen_hash * kSpread, chosen_since, grams + 1 - kWindow});
}

}  // namespace weir::trace

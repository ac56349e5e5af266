// Anchors: the positions of a text by which copies are found (winnowing: Schleimer, Wilkerson, Aiken 2003).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/limits.h"

namespace weir::trace {

inline constexpr size_t kGram = 14;  // characters of one hash
// Hashes of which the least is chosen.
inline constexpr size_t kWindow = limits::kTraceCopyCharsMin - kGram + 1;
inline constexpr uint64_t kSpread = 0x9e3779b97f4a7c15ULL;
inline constexpr size_t kPlacesMax = 6;  // of one anchor that are remembered one by one

// Keyed hash of the kGram bytes at `gram`: the two words in it, which overlap, multiplied.
inline uint64_t gram_hash(const char* gram, uint64_t multiplier, uint64_t seed) {
  static_assert(kGram > 8 && kGram <= 16);
  uint64_t first = 0;
  uint64_t last = 0;
  std::memcpy(&first, gram, 8);
  std::memcpy(&last, gram + kGram - 8, 8);
  const auto product = static_cast<unsigned __int128>(first ^ multiplier) * (last ^ seed);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

struct Anchor {
  size_t at;            // of its gram
  uint64_t hash;        // spread anew: as the least of many it alone would crowd a table's beginning
  size_t window_begin;  // the windows that begin in [window_begin, window_end) chose it
  size_t window_end;
};

// Of every kWindow neighbouring grams of a text the least, the rightmost of equals. Hash and place are one
// number, so that the least of several is found without branches and four at a time.
class Leasts {
 public:
  static constexpr size_t kWindowsMax = 1'000;

  struct Choice {
    uint32_t gram;
    uint32_t window;  // the first that chose it
  };

  // What the windows [0, windows) of `text` chose, one for each that chose otherwise than the one before.
  std::span<const Choice> of(const char* text, size_t windows, uint64_t multiplier, uint64_t seed) {
    const size_t grams = windows + kWindow - 1;
    for (size_t g = 0; g < grams; ++g) {
      const auto hash = static_cast<uint32_t>(gram_hash(text + g, multiplier, seed) >> 32);
      least_[g] = static_cast<int32_t>((hash & ~kPlaceMask) | (kPlaceMask - static_cast<uint32_t>(g)));
    }
    std::fill_n(least_.begin() + static_cast<ptrdiff_t>(grams), kPadding, INT32_MAX);
    static_assert(kWindow > 8 && kWindow <= 16);
    for (const size_t step : {size_t{1}, size_t{2}, size_t{4}, kWindow - 8}) narrow(step, grams);
    size_t count = 0;
    int32_t before = ~least_[0];
    for (size_t w = 0; w < windows; ++w) {
      const int32_t least = least_[w];
      choices_[count] = {kPlaceMask - (static_cast<uint32_t>(least) & kPlaceMask), static_cast<uint32_t>(w)};
      count += least != before ? 1 : 0;
      before = least;
    }
    return {choices_.data(), count};
  }

 private:
  static constexpr uint32_t kPlaceMask = 1'023;
  static constexpr size_t kPadding = 16;
  static_assert(kWindowsMax + kWindow <= kPlaceMask);

  // The least of twice as many (or of `step` more): each with the one `step` further on.
  void narrow(size_t step, size_t count) {
    using Four [[gnu::vector_size(16)]] = int32_t;
    for (size_t i = 0; i < count; i += 4) {
      Four here;
      Four there;
      std::memcpy(&here, &least_[i], sizeof(here));
      std::memcpy(&there, &least_[i + step], sizeof(there));
      here = here < there ? here : there;
      std::memcpy(&least_[i], &here, sizeof(here));
    }
  }

  std::array<int32_t, kWindowsMax + kWindow + kPadding> least_;
  std::array<Choice, kWindowsMax + 1> choices_;
};

// Calls each(Anchor) for the anchors of `text` in order: every window of kTraceCopyCharsMin bytes has one,
// chosen by the window's bytes alone (the least hash, the rightmost of equals). Ends when `each` returns
// false.
template <class Each>
void each_anchor(std::string_view text, uint64_t multiplier, uint64_t seed, Each&& each) {
  if (text.size() < limits::kTraceCopyCharsMin) return;
  const size_t windows = text.size() - limits::kTraceCopyCharsMin + 1;
  Leasts leasts;
  size_t chosen_at = SIZE_MAX;  // the anchor that is not reported yet
  size_t chosen_since = 0;
  const auto report = [&](size_t window_end) {
    const uint64_t hash = gram_hash(text.data() + chosen_at, multiplier, seed);
    return each(Anchor{chosen_at, hash * kSpread, chosen_since, window_end});
  };
  for (size_t from = 0; from < windows; from += Leasts::kWindowsMax) {
    const size_t count = std::min(Leasts::kWindowsMax, windows - from);
    for (const Leasts::Choice& choice : leasts.of(text.data() + from, count, multiplier, seed)) {
      if (from + choice.gram == chosen_at) continue;
      if (chosen_at != SIZE_MAX && !report(from + choice.window)) return;
      chosen_at = from + choice.gram;
      chosen_since = from + choice.window;
    }
  }
  report(windows);
}

}  // namespace weir::trace

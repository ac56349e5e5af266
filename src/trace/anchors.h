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

// An anchor that stands in too many places is told apart by what stands beside it: a window that has so many
// characters before the anchor has them in common with its copy, and every other window has the rest after
// it.
inline constexpr size_t kBefore = (kWindow - 1) / 2;
inline constexpr size_t kAfter = kWindow - kBefore;

struct Anchor {
  size_t at;            // of its gram
  uint64_t hash;        // spread anew: as the least of many it alone would crowd a table's beginning
  size_t window_begin;  // the windows that begin in [window_begin, window_end) chose it
  size_t window_end;
};

// The grams of a text that are the least of a window, equals among them all. Without branches and eight at a
// time: the least of each window first; a gram is one where that is so for a window that it stands in.
class Leasts {
 public:
  static constexpr size_t kWindowsMax = 1'000;

  struct Choice {
    uint32_t gram;
    int16_t hash;
  };

  // Those of the windows [0, windows) of `text`, in order.
  std::span<const Choice> of(const char* text, size_t windows, uint64_t multiplier, uint64_t seed) {
    const size_t grams = windows + kWindow - 1;
    for (size_t g = 0; g < grams; ++g)
      hashes_[g] = static_cast<int16_t>(gram_hash(text + g, multiplier, seed) >> 48);
    std::fill_n(hashes_.begin() + static_cast<ptrdiff_t>(grams), kPadding, INT16_MAX);
    int16_t* const leasts = leasts_.data() + kWindow - 1;  // of the window at its first gram
    std::fill_n(leasts_.begin(), kWindow - 1, INT16_MIN);
    std::memcpy(leasts, hashes_.data(), (grams + kPadding) * sizeof(int16_t));
    narrow(leasts, windows, [](Eight a, Eight b) { return a < b ? a : b; });
    // The greatest of these over the windows in which a gram stands.
    std::fill_n(leasts + windows, kWindow - 1 + kPadding, INT16_MIN);
    narrow(leasts_.data(), grams, [](Eight a, Eight b) { return a > b ? a : b; });
    size_t count = 0;
    for (size_t g = 0; g < grams; ++g) {
      choices_[count] = {static_cast<uint32_t>(g), hashes_[g]};
      count += hashes_[g] == leasts_[g] ? 1 : 0;
    }
    return {choices_.data(), count};
  }

 private:
  static constexpr size_t kPadding = 32;
  using Eight [[gnu::vector_size(16)]] = int16_t;

  // Each of the first `count` with the kWindow - 1 after it.
  template <class Choose>
  static void narrow(int16_t* values, size_t count, Choose&& choose) {
    static_assert(kWindow > 8 && kWindow <= 16);
    for (const size_t step : {size_t{1}, size_t{2}, size_t{4}, kWindow - 8}) {
      // What later steps read beyond `count` must be narrowed as well.
      for (size_t i = 0; i < count + kWindow; i += 8) {
        Eight here;
        Eight there;
        std::memcpy(&here, values + i, sizeof(here));
        std::memcpy(&there, values + i + step, sizeof(there));
        here = choose(here, there);
        std::memcpy(values + i, &here, sizeof(here));
      }
    }
  }

  std::array<int16_t, kWindowsMax + kWindow + kPadding> hashes_;
  std::array<int16_t, kWindowsMax + 2 * kWindow + kPadding> leasts_;
  std::array<Choice, kWindowsMax + kWindow> choices_;
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
  int16_t chosen_hash = 0;
  const auto report = [&](size_t window_end) {
    const uint64_t hash = gram_hash(text.data() + chosen_at, multiplier, seed);
    return each(Anchor{chosen_at, hash * kSpread, chosen_since, window_end});
  };
  for (size_t from = 0; from < windows; from += Leasts::kWindowsMax) {
    const size_t count = std::min(Leasts::kWindowsMax, windows - from);
    for (const Leasts::Choice& choice : leasts.of(text.data() + from, count, multiplier, seed)) {
      const size_t at = from + choice.gram;
      if (chosen_at != SIZE_MAX) {
        if (at <= chosen_at) continue;  // the windows that two rounds share
        // It takes over where it comes into the window if it is not greater, else where the other leaves it.
        const size_t enters = at >= kWindow ? at - kWindow + 1 : 0;
        const size_t since = choice.hash <= chosen_hash ? enters : chosen_at + 1;
        if (since > chosen_since) {
          if (!report(since)) return;
          chosen_since = since;
        }
      }
      chosen_at = at;
      chosen_hash = choice.hash;
    }
  }
  report(windows);
}

}  // namespace weir::trace

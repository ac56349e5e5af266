// Anchors: the positions of a text by which copies are found (winnowing: Schleimer, Wilkerson, Aiken 2003).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/limits.h"

namespace weir::trace {

inline constexpr size_t kGram = 14;  // characters of one hash
inline constexpr size_t kWindow =
    limits::kTraceCopyCharsMin - kGram + 1;  // hashes of which the least is chosen

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

// Calls each(position, hash) for the anchors of `text` in order: in every window of kTraceCopyCharsMin bytes
// there is one, chosen by the window's bytes alone.
template <class Each>
void each_anchor(std::string_view text, uint64_t multiplier, uint64_t seed, Each&& each) {
  if (text.size() < limits::kTraceCopyCharsMin) return;
  Roller roller(multiplier, seed);
  for (size_t i = 0; i + 1 < kGram; ++i) roller.push(static_cast<uint8_t>(text[i]));
  std::array<uint64_t, kWindow> ring{};
  size_t least = SIZE_MAX;  // position of the window's least hash; the rightmost of equals
  uint64_t least_hash = 0;
  const size_t grams = text.size() - kGram + 1;
  for (size_t g = 0; g < grams; ++g) {
    const auto in = static_cast<uint8_t>(text[g + kGram - 1]);
    if (g == 0) {
      roller.push(in);
    } else {
      roller.slide(static_cast<uint8_t>(text[g - 1]), in);
    }
    const uint64_t hash = roller.hash();
    ring[g % kWindow] = hash;
    bool moved = false;
    if (least == SIZE_MAX || hash <= least_hash) {
      least = g;
      least_hash = hash;
      moved = true;
    } else if (least + kWindow <= g) {
      least = g;
      least_hash = hash;
      for (size_t back = 1; back < kWindow; ++back) {
        if (ring[(g - back) % kWindow] < least_hash) {
          least = g - back;
          least_hash = ring[(g - back) % kWindow];
        }
      }
      moved = true;
    }
    // The first full window reports its choice; later ones only a new choice.
    if (g + 1 < kWindow) continue;
    if (moved || g + 1 == kWindow) each(least, least_hash);
  }
}

}  // namespace weir::trace

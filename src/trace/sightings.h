// Sightings: a flat table from keyed hashes to when something was first seen and whose it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "label/label.h"

namespace weir::trace {

// Open addressing in the order of the hashes, so that growing is one sweep. Nothing is ever removed.
class Sightings {
 public:
  struct Entry {
    uint64_t hash = 0;  // 0: free
    uint32_t when = 0;  // of the first sighting; the caller's count
    LabelId label = kNoLabel;
  };

  void prefetch(uint64_t hash) const { __builtin_prefetch(&entries_[place(hash | 1)]); }

  const Entry* find(uint64_t hash) const {
    hash |= 1;
    for (size_t at = place(hash); entries_[at].hash != 0; at = at + 1 == entries_.size() ? 0 : at + 1) {
      if (entries_[at].hash == hash) return &entries_[at];
    }
    return nullptr;
  }

  // The entry of `hash`, made with `when` and `label` where there is none (`added`). Valid until the next
  // call.
  Entry& see(uint64_t hash, uint32_t when, LabelId label, bool& added) {
    if (used_ * 4 >= entries_.size() * 3) grow();
    hash |= 1;
    size_t at = place(hash);
    for (; entries_[at].hash != 0; at = at + 1 == entries_.size() ? 0 : at + 1) {
      if (entries_[at].hash == hash) {
        added = false;
        return entries_[at];
      }
    }
    added = true;
    ++used_;
    return entries_[at] = {hash, when, label};
  }

  size_t size() const { return used_; }
  size_t bytes() const { return entries_.capacity() * sizeof(Entry); }

 private:
  size_t place(uint64_t hash) const {
    return static_cast<size_t>((static_cast<unsigned __int128>(hash) * entries_.size()) >> 64);
  }
  void grow() {
    const std::vector<Entry> old = std::move(entries_);
    entries_.assign(old.size() * 2, Entry{});
    for (const Entry& entry : old) {
      if (entry.hash == 0) continue;
      size_t at = place(entry.hash);
      while (entries_[at].hash != 0) at = at + 1 == entries_.size() ? 0 : at + 1;
      entries_[at] = entry;
    }
  }

  std::vector<Entry> entries_ = std::vector<Entry>(64);
  size_t used_ = 0;
};

}  // namespace weir::trace

// Table: a hash table of small entries that are never removed, dense, and grown a little with each addition.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "trace/pages.h"

namespace weir::trace {

// Entries stand in buckets of one cache line, in the order of their hashes; what does not fit into its bucket
// stands in the next. The table lives in small chunks: to grow by a quarter, it is drained from the front
// into new chunks, a few buckets with each addition, and each old chunk is used again as soon as it is empty.
// So it is never held twice, is never much emptier than it must be, and no addition takes long.
//
// Entry: trivially copyable; all zeros is an empty one. It has `place()`, 32 bits of its keyed hash,
// `empty()` and `is(key)`.
template <class Entry>
class Table {
 public:
  Table() : now_(1) {}

  // Inlined, because g++ takes a function that only prefetches for one without effect and drops the call.
  [[gnu::always_inline]] void prefetch(uint32_t place) const {
    const Level& level = level_of(place);
    const Bucket* bucket = level.find(home(level, place));
    if (bucket == nullptr) return;
    __builtin_prefetch(bucket);
  }

  // The same for the bucket after it where that is needed; the first must be at hand by now.
  [[gnu::always_inline]] void prefetch_rest(uint32_t place) const {
    const Level& level = level_of(place);
    const size_t at = home(level, place);
    const Bucket* bucket = level.find(at);
    if (bucket == nullptr || bucket->entries[kPerBucket - 1].empty()) return;
    if (const Bucket* next = level.find(at + 1)) __builtin_prefetch(next);
  }

  // Calls each(entry) for the entries of `place` that are `key`, in the order in which they came, until it
  // returns false. Entries may be changed but not their hash.
  template <class Key, class Each>
  void walk(uint32_t place, const Key& key, Each&& each) const {
    const Level& level = level_of(place);
    for (size_t at = home(level, place);; ++at) {
      Bucket* bucket = level.find(at);
      if (bucket == nullptr) return;
      for (unsigned hits = hits_in(*bucket, key); hits != 0; hits &= hits - 1) {
        if (!each(bucket->entries[static_cast<size_t>(std::countr_zero(hits))])) return;
      }
      if (bucket->entries[kPerBucket - 1].empty()) return;
    }
  }

  // The entry that is `key`, or nullptr. Valid until the next addition.
  template <class Key>
  Entry* find(uint32_t place, const Key& key) const {
    Entry* found = nullptr;
    walk(place, key, [&](Entry& entry) {
      found = &entry;
      return false;
    });
    return found;
  }

  // Adds it, whether its like is there or not.
  void add(const Entry& entry) {
    make_room();
    while (true) {
      if (Entry* free = find_free(level_of(entry.place()), entry.place())) {
        *free = entry;
        return;
      }
      rebuild();
    }
  }

  // Adds it unless there are `most` that are `key` already (false) or enough(other) says so of one of them.
  template <class Key, class Enough>
  bool add_below(const Entry& entry, const Key& key, size_t most, Enough&& enough) {
    make_room();
    while (true) {
      Level& level = level_of(entry.place());
      size_t known = 0;
      for (size_t at = home(level, entry.place()); at < level.total(); ++at) {
        Bucket& bucket = level.get(at, *this);
        for (unsigned hits = hits_in(bucket, key); hits != 0; hits &= hits - 1) {
          const bool is_enough = enough(bucket.entries[static_cast<size_t>(std::countr_zero(hits))]);
          if (!is_enough && ++known < most) continue;
          --used_;
          return is_enough;
        }
        if (const size_t taken = taken_in(bucket); taken < kPerBucket) {
          bucket.entries[taken] = entry;
          return true;
        }
      }
      rebuild();
    }
  }

  size_t size() const { return used_; }
  size_t bytes() const { return small_.size() * sizeof(Chunk) + pages_.size() * kPagesBytes; }

 private:
  static constexpr size_t kBucketBytes = 64;
  static constexpr size_t kPerBucket = kBucketBytes / sizeof(Entry);
  static constexpr size_t kChunkBuckets = 256;
  static constexpr size_t kPastTheEnd = 8;  // buckets that only take what does not fit before them
  static constexpr size_t kFullPercent = 70;
  static constexpr size_t kDrainedEach = 4;  // buckets: growth is over before the old ones are much fuller

  struct alignas(kBucketBytes) Bucket {
    std::array<Entry, kPerBucket> entries;
  };
  struct Chunk {
    std::array<Bucket, kChunkBuckets> buckets;
  };
  static constexpr size_t kChunksPerPages = kPagesBytes / sizeof(Chunk);
  struct Level {
    explicit Level(size_t count) : chunks(count) {}
    std::vector<Chunk*> chunks;  // of the table; made when something is put into them
    size_t total() const { return chunks.size() * kChunkBuckets; }
    size_t buckets() const { return chunks.empty() ? 0 : total() - kPastTheEnd; }
    Bucket* find(size_t at) const {
      if (at >= total()) return nullptr;
      Chunk* chunk = chunks[at / kChunkBuckets];
      return chunk == nullptr ? nullptr : &chunk->buckets[at % kChunkBuckets];
    }
    Bucket& get(size_t at, Table& table) {
      Chunk*& chunk = chunks[at / kChunkBuckets];
      if (chunk == nullptr) chunk = table.new_chunk();
      return chunk->buckets[at % kChunkBuckets];
    }
  };

  static size_t home(const Level& level, uint32_t place) {
    return static_cast<size_t>(uint64_t{place} * level.buckets() >> 32);
  }
  bool draining() const { return !old_.chunks.empty(); }
  // Where entries of `place` are.
  const Level& level_of(uint32_t place) const {
    return draining() && home(old_, place) >= drained_ ? old_ : now_;
  }
  Level& level_of(uint32_t place) { return const_cast<Level&>(std::as_const(*this).level_of(place)); }

  // A bit for each entry that is `key`. Without branches: nobody can tell beforehand which it will be.
  template <class Key>
  static unsigned hits_in(const Bucket& bucket, const Key& key) {
    unsigned hits = 0;
#pragma GCC unroll 8
    for (size_t i = 0; i < kPerBucket; ++i) hits |= static_cast<unsigned>(bucket.entries[i].is(key)) << i;
    return hits;
  }
  static size_t taken_in(const Bucket& bucket) {
    size_t taken = kPerBucket;
#pragma GCC unroll 8
    for (size_t i = 0; i < kPerBucket; ++i) taken -= static_cast<size_t>(bucket.entries[i].empty());
    return taken;
  }

  Entry* find_free(Level& level, uint32_t place) {
    for (size_t at = home(level, place); at < level.total(); ++at) {
      Bucket& bucket = level.get(at, *this);
      if (const size_t taken = taken_in(bucket); taken < kPerBucket) return &bucket.entries[taken];
    }
    return nullptr;
  }

  // For one more entry.
  void make_room() {
    if (draining()) {
      drain(kDrainedEach);
    } else if (used_ * 100 >= now_.buckets() * kPerBucket * kFullPercent) {
      begin_growth();
    }
    ++used_;
  }
  // When something would stand past the end of the table; with keyed hashes it does not happen.
  void rebuild() {
    while (draining()) drain(now_.buckets());
    begin_growth();
  }

  // One by one while the table is small, then many at a time.
  Chunk* new_chunk() {
    if (spare_.empty() && small_.size() < kChunksPerPages) {
      small_.push_back(std::make_unique<Chunk>());
      return small_.back().get();
    }
    if (spare_.empty()) {
      pages_.push_back(new_pages(kPagesBytes));
      for (size_t i = kChunksPerPages; i-- > 0;)
        spare_.push_back(reinterpret_cast<Chunk*>(pages_.back().get() + i * sizeof(Chunk)));
    }
    Chunk* const chunk = spare_.back();
    spare_.pop_back();
    return new (chunk) Chunk();
  }

  void begin_growth() {
    const size_t count = now_.chunks.size();
    old_ = std::exchange(now_, Level(count + (count + 3) / 4));
    drained_ = 0;
  }

  // Moves `count` buckets of the old level, and on until nothing that belongs before `drained_` is behind it.
  void drain(size_t count) {
    for (size_t moved = 1; drained_ < old_.total(); ++moved) {
      const Bucket* bucket = old_.find(drained_);
      const bool full = bucket != nullptr && !bucket->entries[kPerBucket - 1].empty();
      for (size_t i = 0; bucket != nullptr && i < kPerBucket && !bucket->entries[i].empty(); ++i)
        *find_free(now_, bucket->entries[i].place()) = bucket->entries[i];
      if (++drained_ % kChunkBuckets == 0) recycle(old_.chunks[drained_ / kChunkBuckets - 1]);
      if (moved >= count && !full) break;
    }
    if (drained_ == old_.total()) old_ = Level(0);
  }

  void recycle(Chunk* chunk) {
    if (chunk != nullptr) spare_.push_back(chunk);
  }

  Level now_;
  Level old_{0};        // what of it is not drained yet
  size_t drained_ = 0;  // buckets of it
  std::vector<std::unique_ptr<Chunk>> small_;
  std::vector<Pages> pages_;
  std::vector<Chunk*> spare_;  // of both, not in use
  size_t used_ = 0;
};

}  // namespace weir::trace

// Table: a hash table of small entries that are never removed, dense, and grown a little with each addition.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace weir::trace {

// Entries stand in buckets of two cache lines, in the order of their hashes; what does not fit into its bucket
// stands in the next. The table lives in small chunks: to grow by a quarter, it is drained from the front
// into new chunks, a few buckets with each addition, and each old chunk is used again as soon as it is empty.
// So it is never held twice, is never much emptier than it must be, and no addition takes long.
//
// Entry: trivially copyable; all zeros is an empty one. It has `place()`, 32 bits of its keyed hash, `empty()`
// and `is(key)`.
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
    __builtin_prefetch(reinterpret_cast<const char*>(bucket) + kBucketBytes / 2);
  }

  // Calls each(entry) for the entries of `place` that are `key`, in the order in which they came, until it
  // returns false. Entries may be changed but not their hash.
  template <class Key, class Each>
  void walk(uint32_t place, const Key& key, Each&& each) const {
    const Level& level = level_of(place);
    for (size_t at = home(level, place);; ++at) {
      Bucket* bucket = level.find(at);
      if (bucket == nullptr) return;
      unsigned hits = 0;
      for (size_t i = 0; i < kPerBucket; ++i) hits |= (bucket->entries[i].is(key) ? 1U : 0U) << i;
      for (; hits != 0; hits &= hits - 1) {
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

  // Adds it, whether its like is there or not. Valid until the next addition.
  Entry& add(const Entry& entry) {
    if (draining()) {
      drain(kDrainedEach);
    } else if (used_ * 100 >= now_.buckets() * kPerBucket * kFullPercent) {
      begin_growth();
    }
    ++used_;
    while (true) {
      if (Entry* free = find_free(level_of(entry.place()), entry.place())) return *free = entry;
      // Past the end of the table: with keyed hashes it does not happen.
      while (draining()) drain(now_.buckets());
      begin_growth();
    }
  }

  size_t size() const { return used_; }
  size_t bytes() const { return chunks_ * sizeof(Chunk); }

 private:
  static constexpr size_t kBucketBytes = 128;
  static constexpr size_t kPerBucket = kBucketBytes / sizeof(Entry);
  static constexpr size_t kChunkBuckets = 128;
  static constexpr size_t kPastTheEnd = 8;  // buckets that only take what does not fit before them
  static constexpr size_t kFullPercent = 85;
  static constexpr size_t kDrainedEach = 4;  // buckets: growth is over before the old ones are nine tenths full

  struct alignas(kBucketBytes) Bucket {
    std::array<Entry, kPerBucket> entries;
  };
  struct Chunk {
    std::array<Bucket, kChunkBuckets> buckets;
  };
  struct Level {
    explicit Level(size_t count) : chunks(count) {}
    std::vector<std::unique_ptr<Chunk>> chunks;  // made when something is put into them
    size_t total() const { return chunks.size() * kChunkBuckets; }
    size_t buckets() const { return chunks.empty() ? 0 : total() - kPastTheEnd; }
    Bucket* find(size_t at) const {
      if (at >= total()) return nullptr;
      Chunk* chunk = chunks[at / kChunkBuckets].get();
      return chunk == nullptr ? nullptr : &chunk->buckets[at % kChunkBuckets];
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

  Entry* find_free(Level& level, uint32_t place) {
    for (size_t at = home(level, place); at < level.total(); ++at) {
      std::unique_ptr<Chunk>& chunk = level.chunks[at / kChunkBuckets];
      if (!chunk) chunk = new_chunk();
      Bucket& bucket = chunk->buckets[at % kChunkBuckets];
      size_t taken = 0;
      for (const Entry& entry : bucket.entries) taken += entry.empty() ? 0 : 1;
      if (taken < kPerBucket) return &bucket.entries[taken];
    }
    return nullptr;
  }

  std::unique_ptr<Chunk> new_chunk() {
    if (spare_) {
      spare_->buckets.fill(Bucket{});
      return std::move(spare_);
    }
    ++chunks_;
    return std::make_unique<Chunk>();
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

  void recycle(std::unique_ptr<Chunk>& chunk) {
    if (!chunk) return;
    if (spare_) {
      chunk.reset();
      --chunks_;
    } else {
      spare_ = std::move(chunk);
    }
  }

  Level now_;
  Level old_{0};        // what of it is not drained yet
  size_t drained_ = 0;  // buckets of it
  std::unique_ptr<Chunk> spare_;
  size_t used_ = 0;
  size_t chunks_ = 0;
};

}  // namespace weir::trace

// TextStore: many texts one after another, by 32-bit position, in blocks that never move.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "label/label.h"
#include "trace/pages.h"

namespace weir::trace {

class TextStore {
 public:
  // A text that was added, and whose it is. Earlier ones begin earlier.
  struct Segment {
    uint32_t begin;
    uint32_t end;
    LabelId label;
  };

  // Copies the text. Nothing when there are no positions left.
  std::optional<Segment> add(std::string_view text, LabelId label) {
    if (text.size() > left_ && !make_room(text.size())) return std::nullopt;
    const auto begin = static_cast<uint32_t>(position_);
    std::memcpy(next_, text.data(), text.size());
    next_ += text.size();
    left_ -= text.size();
    position_ += text.size();
    const Segment segment{begin, static_cast<uint32_t>(position_), label};
    // For each step the segment in which it begins.
    while (steps_.size() * kStep < begin) steps_.push_back(static_cast<uint32_t>(segments_.size()) - 1);
    segments_.push_back(segment);
    return segment;
  }

  // Of the text that was added last.
  void take_back(const Segment& segment) {
    const size_t size = segment.end - segment.begin;
    next_ -= size;
    left_ += size;
    position_ -= size;
    segments_.pop_back();
  }

  // What stands from `position` to its segment's end.
  const char* at(uint32_t position) const { return blocks_[position / kBlock] + position % kBlock; }

  const Segment& segment_at(uint32_t position) const {
    const size_t step = position / kStep;
    size_t s = step < steps_.size() ? steps_[step] : segments_.size() - 1;
    while (s + 1 < segments_.size() && segments_[s + 1].begin <= position) ++s;
    return segments_[s];
  }
  [[gnu::always_inline]] void prefetch(uint32_t position) const {
    // What is compared may reach into the next line.
    __builtin_prefetch(at(position));
    __builtin_prefetch(blocks_[position / kBlock] + std::min<size_t>(position % kBlock + 40, kBlock - 1));
    if (position / kStep < steps_.size()) __builtin_prefetch(&steps_[position / kStep]);
  }

  size_t bytes() const {
    return position_ + segments_.capacity() * sizeof(Segment) + steps_.capacity() * sizeof(uint32_t);
  }

 private:
  static constexpr size_t kBlock = kPagesBytes / 2;
  static constexpr size_t kStep = 4'096;

  // A small block first, then as many as the text needs, but an even number; the rest of the last one stays
  // empty.
  bool make_room(size_t bytes) {
    const bool first = blocks_.empty() && bytes <= kBlock;
    const size_t count = first ? 1 : (bytes + 2 * kBlock - 1) / (2 * kBlock) * 2;
    const size_t position = blocks_.size() * kBlock;
    if (position + count * kBlock > UINT32_MAX) return false;
    char* memory = nullptr;
    if (first) {
      first_.reset(new char[kBlock]);
      memory = first_.get();
    } else {
      pages_.push_back(new_pages(count * kBlock));
      memory = reinterpret_cast<char*>(pages_.back().get());
    }
    for (size_t i = 0; i < count; ++i) blocks_.push_back(memory + i * kBlock);
    next_ = memory;
    left_ = count * kBlock;
    position_ = position;
    return true;
  }

  std::unique_ptr<char[]> first_;
  std::vector<Pages> pages_;
  std::vector<char*> blocks_;  // by position / kBlock
  std::vector<Segment> segments_;
  std::vector<uint32_t> steps_;  // the segment at each kStep-th position
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t position_ = 0;
};

}  // namespace weir::trace

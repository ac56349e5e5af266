// Index: a memory of all labelled text that the workspace has seen, for finding copies of it.
//
// Guarantee: every run of at least limits::kTraceCopyCharsMin normalised characters (white space not counted;
// bytes of UTF-8 are what is counted) that stands in a value and in untrusted text is found, unless trusted
// text held it first; so is every distinctive token (tokens.h). Both also through encodings (decode.h), to
// limits::kTraceDecodeDepthMax levels, on either side. Nothing shorter or merely similar is reported. Nothing
// is ever forgotten: at capacity full() becomes true, and what is added then is not remembered.
//
// Not guaranteed: that reworded, translated, compressed or otherwise encoded text is found.
//
// add() and the queries take time linear in their text, whatever was added before. Hashes are keyed, so that
// nobody who knows the code can craft collisions. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "label/label.h"

namespace weir::trace {

using Key = std::array<uint8_t, 16>;

// A part [begin, end) of the text that was asked about, in bytes.
struct Span {
  size_t begin = 0;
  size_t end = 0;
  LabelId label = kNoLabel;
};

struct Taint {
  LabelId label = kNoLabel;      // joined over the spans; kNoLabel: nothing in it was copied
  std::vector<Span> spans = {};  // by begin; overlapping ones are merged where their labels agree
};

struct IndexLimits {
  size_t text_bytes_max = limits::kTraceTextBytesMax;  // of normalised text
};

class Index {
 public:
  // `labels` must outlive it. `key` is random and secret.
  Index(Labels& labels, const Key& key, IndexLimits limits = {});

  // Remembers `text` as labelled. What trusted text held first stays trusted; what untrusted text held first
  // stays untrusted, and further untrusted sightings join their labels.
  void add(std::string_view text, LabelId label);

  // What of `value` was copied from text that was first seen untrusted: runs and tokens.
  Taint taint(std::string_view value) const;
  // Runs only: for text under a trusted role, in which a short value may be the speaker's own.
  std::vector<Span> copies(std::string_view text) const;
  // Untrusted text held this value, as a whole token or run, before any trusted text did.
  bool first_seen_untrusted(std::string_view value) const;

  bool full() const { return full_; }
  // Estimate of the memory that it holds.
  size_t bytes() const;

 private:
  // All text, normalised and without white space, one after another, and whose it is.
  struct Segment {
    uint32_t begin;
    LabelId label;
  };
  struct Token {
    bool trusted_first;
    LabelId label;
  };
  struct Query;
  struct Run {
    size_t begin;  // in the compacted query
    size_t end;
    LabelId label;
  };

  void add_level(std::string_view text, LabelId label, int depth);
  void add_run(std::string_view compact, LabelId label);
  void insert(uint64_t hash, uint32_t position);
  void grow();
  uint64_t token_hash(std::string_view form) const;
  size_t segment_at(uint32_t position) const;
  void query(std::string_view text, bool tokens, int depth, std::span<const uint32_t> map,
             std::vector<Span>& out) const;
  void find_runs(std::string_view compact, std::vector<Run>& runs) const;
  void judge_anchor(std::string_view compact, size_t at, uint64_t hash, std::vector<Run>& runs) const;

  Labels& labels_;
  IndexLimits limits_;
  uint64_t multiplier_;
  uint64_t power_;  // multiplier_ to the k-1: the weight of the character that leaves the window
  uint64_t seed_;
  std::string text_;
  std::vector<Segment> segments_;
  // Anchors: open addressing by the hash's upper half, in order of it, so that growing is one sweep.
  struct Slot {
    uint32_t hash = 0;
    uint32_t position = kEmpty;
  };
  static constexpr uint32_t kEmpty = UINT32_MAX;
  std::vector<Slot> slots_;
  size_t used_ = 0;
  std::unordered_map<uint32_t, LabelId>
      crowded_;  // anchors with too many places: the joined label of the rest
  std::unordered_map<uint64_t, Token> tokens_;
  std::unordered_map<uint64_t, LabelId> whole_;  // texts added before, by digest: they come again and again
  bool full_ = false;
};

}  // namespace weir::trace

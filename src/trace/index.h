// Index: a memory of all labelled text that the workspace has seen, for finding copies of it.
//
// Guarantee: every run of at least limits::kTraceCopyCharsMin normalised characters (white space not counted;
// bytes of UTF-8 are what is counted) that stands in a value and in text that was not clean is found, unless
// clean text held it first; clean is what is trusted and may be read by everyone, so that private text is
// found as well as untrusted. So is every distinctive token (tokens.h). Both also through encodings
// (decode.h), to limits::kTraceDecodeDepthMax levels, on either side. Nothing shorter or merely similar is
// reported. Nothing is ever forgotten: at capacity full() becomes true, and what is added then is not
// remembered.
//
// Not guaranteed: that reworded, translated, compressed or otherwise encoded text is found.
//
// add() and the queries take time linear in their text, whatever was added before. Hashes are keyed, so that
// nobody who knows the code can craft collisions. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "label/label.h"
#include "trace/table.h"
#include "trace/text_store.h"

namespace weir::trace {

struct Anchor;

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
  // Of normalised text and what was decoded from it; at most 4 GiB - 1.
  size_t text_bytes_max = limits::kTraceTextBytesMax;
};

class Index {
 public:
  // `labels` must outlive it. `key` is random and secret.
  Index(Labels& labels, const Key& key, IndexLimits limits = {});

  // Remembers `text` as labelled. What clean text held first stays clean; what other text held first keeps
  // its label, and further sightings that are not clean join theirs.
  void add(std::string_view text, LabelId label);

  // What of `value` was copied from text that was not clean when first seen: runs and tokens.
  Taint taint(std::string_view value) const;
  // Runs only: for text under a trusted role, in which a value may be the speaker's own. So neither is a run
  // that is one address or one number of an account or a record (at most limits::kTraceValueBytesMax): to
  // name what a stranger named too is not to say what he said.
  std::vector<Span> copies(std::string_view text) const;
  // Untrusted text held this value, as a whole token or run, before any trusted text did.
  bool first_seen_untrusted(std::string_view value) const;

  bool full() const { return full_; }
  // Estimate of the memory that it holds.
  size_t bytes() const;

 private:
  // An anchor (anchors.h) and where in `text_` it stands.
  struct Place {
    uint32_t bits;  // its key, never 0; in the lowest bits what is beside it, see beside()
    uint32_t next;  // position + 1
    uint32_t place() const { return bits & ~kBesideMask; }
    bool empty() const { return next == 0; }
    bool is(uint32_t key) const { return (bits & ~kBesideMask) == key; }
  };
  static constexpr uint32_t kBesideBits = 3;  // on each side
  static constexpr uint32_t kBesideMask = (1U << 2 * kBesideBits) - 1;
  static constexpr uint32_t kBesideBefore = (1U << kBesideBits) - 1;
  static constexpr uint32_t kBesideAfter = kBesideBefore << kBesideBits;
  struct Token {
    uint32_t high;
    uint32_t low;  // never 0
    LabelId label;
    uint32_t place() const { return high; }
    bool empty() const { return low == 0; }
    bool is(uint64_t hash) const {
      return ((low ^ static_cast<uint32_t>(hash)) | (high ^ static_cast<uint32_t>(hash >> 32))) == 0;
    }
  };
  struct Window {
    uint64_t hash;  // never 0
    uint32_t when;  // where the segment of its first sighting begins
    LabelId label;
    uint32_t place() const { return static_cast<uint32_t>(hash >> 32); }
    bool empty() const { return hash == 0; }
    bool is(uint64_t key) const { return hash == key; }
  };
  struct Whole {
    uint64_t hash;  // never 0
    uint32_t place() const { return static_cast<uint32_t>(hash >> 32); }
    bool empty() const { return hash == 0; }
    bool is(uint64_t key) const { return hash == key; }
  };
  static uint32_t key_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }
  static uint32_t place_key(uint64_t hash) { return std::max(key_of(hash), kBesideMask + 1) & ~kBesideMask; }
  struct Match;
  struct Matches;
  // A stretch of compacted text, each part under the label of its earliest sighting.
  struct Run {
    size_t begin;
    size_t end;
    LabelId label;
  };

  void add_level(std::string_view text, LabelId label, int depth);
  void add_tokens(std::string_view normal, LabelId label);
  void add_run(std::string_view compact, LabelId label);
  bool holds(std::string_view compact, LabelId label) const;
  class Inserter;
  // An anchor with what is before it (first) or after it, and the windows in which that stands.
  struct Side {
    uint32_t key;
    size_t windows_begin;
    size_t windows_end;
  };
  std::array<Side, 2> sides(const char* text, const Anchor& anchor) const;
  // A few bits of a hash of the kBefore characters before the anchor and of the kAfter after it: two places
  // that have a window in common have one of the two in common. Where there are none, anything.
  struct Beside {
    uint32_t bits;
    bool before;
    bool after;
    bool may_match(uint32_t other) const {
      const uint32_t differs = bits ^ other;
      return (before && (differs & ((1U << kBesideBits) - 1)) == 0) ||
             (after && (differs >> kBesideBits & ((1U << kBesideBits) - 1)) == 0);
    }
  };
  Beside beside(std::string_view text, size_t at) const;
  uint64_t token_hash(std::string_view form) const;
  uint64_t window_hash(const char* window, bool trusted) const;
  enum class Want : uint8_t { runs_and_tokens, runs, copies };
  void query(std::string_view text, Want want, int depth, std::span<const uint32_t> map,
             std::vector<Span>& out) const;
  void query_tokens(std::string_view normal, std::span<const uint32_t> at, std::span<const uint32_t> map,
                    std::vector<Span>& out) const;
  class Finder;
  void look_at_place(std::string_view compact, const Anchor& anchor, uint32_t position,
                     Matches& matches) const;
  std::vector<Run> find_runs(std::string_view compact) const;

  Labels& labels_;
  IndexLimits limits_;
  uint64_t multiplier_;
  uint64_t seed_;
  TextStore text_;  // all of it, normalised and without white space
  Table<Place> places_;
  // Windows whose anchor stands in too many places to look at each; trusted sightings and others apart.
  Table<Window> windows_;
  Table<Token> tokens_;
  Table<Whole> whole_;  // texts added before under the same label: they come again and again
  size_t taken_ = 0;    // of text_bytes_max
  size_t looks_ = 0;    // at texts far away, see Inserter; changes how long it takes and nothing else
  bool full_ = false;
};

}  // namespace weir::trace

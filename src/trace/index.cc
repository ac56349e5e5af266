#include "trace/index.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "trace/anchors.h"
#include "trace/decode.h"
#include "trace/normalise.h"
#include "trace/tokens.h"

// Remembering; index_query.cc has the looking up.
namespace weir::trace {
namespace {

constexpr size_t kSmallText = 4'096;
constexpr size_t kNearBytes = 131'072;  // of text that is still in the processor's caches
constexpr size_t kEntryBytes = 16;      // that a text counts at least, however short
constexpr size_t kTextBytesMax = UINT32_MAX - 1;

uint64_t mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t keyed_hash(std::string_view bytes, uint64_t seed, uint64_t multiplier) {
  uint64_t hash = seed ^ mix(bytes.size() + 1, multiplier);
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t n = std::min<size_t>(8, bytes.size());
    std::memcpy(&word, bytes.data(), n);
    hash = mix(hash ^ word, multiplier) + seed;
    bytes.remove_prefix(n);
  }
  return mix(hash, multiplier);
}

std::string compacted(std::string_view normal) {
  std::string out(normal.size(), '\0');
  size_t n = 0;
  for (const char c : normal) {
    out[n] = c;
    n += c != ' ' ? 1 : 0;
  }
  out.resize(n);
  return out;
}

}  // namespace

Index::Index(Labels& labels, const Key& key, IndexLimits limits) : labels_(labels), limits_(limits) {
  limits_.text_bytes_max = std::min(limits_.text_bytes_max, kTextBytesMax);
  std::memcpy(&multiplier_, key.data(), 8);
  std::memcpy(&seed_, key.data() + 8, 8);
  // A weak key (all zeros in replays, where nobody attacks a hash) still needs a multiplier that spreads.
  multiplier_ = mix(multiplier_ ^ 0x9e3779b97f4a7c15ULL, 0xbf58476d1ce4e5b9ULL) | 1;
  seed_ = mix(seed_ ^ 0x94d049bb133111ebULL, 0x2545f4914f6cdd1dULL);
}

uint64_t Index::token_hash(std::string_view form) const {
  return keyed_hash(form, seed_, multiplier_) | 1;
}

uint64_t Index::window_hash(const char* window, bool trusted) const {
  return keyed_hash({window, limits::kTraceCopyCharsMin}, trusted ? ~seed_ : seed_, multiplier_) | 1;
}

std::array<Index::Side, 2> Index::sides(const char* text, const Anchor& anchor) const {
  // Windows that begin before `cut` have at least kBefore characters before the anchor.
  const size_t cut = anchor.at + 1 > kBefore ? anchor.at + 1 - kBefore : 0;
  const size_t middle = std::clamp(cut, anchor.window_begin, anchor.window_end);
  std::array<Side, 2> sides{{{0, anchor.window_begin, middle}, {0, middle, anchor.window_end}}};
  if (sides[0].windows_begin != sides[0].windows_end) {
    const std::string_view before(text + anchor.at - kBefore, kBefore + kGram);
    sides[0].key = place_key(keyed_hash(before, seed_ + 1, multiplier_));
  }
  if (sides[1].windows_begin != sides[1].windows_end) {
    const std::string_view after(text + anchor.at, kGram + kAfter);
    sides[1].key = place_key(keyed_hash(after, seed_ + 2, multiplier_));
  }
  return sides;
}

Index::Beside Index::beside(std::string_view text, size_t at) const {
  const size_t end = at + kGram;
  Beside beside{0, at >= kBefore, text.size() - end >= kAfter};
  uint64_t word = 0;
  static_assert(kBefore <= 8 && kAfter <= 8 && kGram >= 8);
  if (beside.before) {
    std::memcpy(&word, text.data() + at - kBefore, 8);
    beside.bits = (word << (64 - 8 * kBefore)) * multiplier_ >> (64 - kBesideBits);
  }
  if (beside.after) {
    std::memcpy(&word, text.data() + end + kAfter - 8, 8);
    beside.bits |= ((word >> (64 - 8 * kAfter)) * multiplier_ >> (64 - kBesideBits)) << kBesideBits;
  }
  return beside;
}

size_t Index::bytes() const {
  return text_.bytes() + places_.bytes() + windows_.bytes() + tokens_.bytes() + whole_.bytes();
}

void Index::add(std::string_view text, LabelId label) {
  if (full_ || text.empty()) return;
  const uint64_t digest = keyed_hash(text, ~seed_ - label, multiplier_) | 1;
  if (whole_.find(key_of(digest), digest) != nullptr) return;
  whole_.add({digest});
  add_level(text, label, 0);
}

void Index::add_level(std::string_view text, LabelId label, int depth) {
  const Normal normal = normalise(text, false);
  add_tokens(normal.text, label);
  add_run(compacted(normal.text), label);
  if (full_ || depth == limits::kTraceDecodeDepthMax) return;
  for (const Decoded& piece : decode(text, false)) add_level(piece.text, label, depth + 1);
}

void Index::add_tokens(std::string_view normal, LabelId label) {
  const bool trusted = labels_.clean(label);
  // Looked up in batches, so that the table's cache misses overlap.
  std::array<uint64_t, 32> pending;
  size_t waiting = 0;
  const auto flush = [&] {
    for (size_t i = 0; i < waiting; ++i) tokens_.prefetch_rest(key_of(pending[i]));
    for (size_t i = 0; i < waiting; ++i) {
      const uint64_t hash = pending[i];
      Token* token = tokens_.find(key_of(hash), hash);
      if (token == nullptr) {
        tokens_.add({key_of(hash), static_cast<uint32_t>(hash), label});
      } else if (!trusted && token->label != label && !labels_.clean(token->label)) {
        token->label = labels_.join(token->label, label);
      }
    }
    waiting = 0;
  };
  each_token(normal, [&](size_t, size_t, std::string_view form) {
    pending[waiting] = token_hash(form);
    tokens_.prefetch(key_of(pending[waiting++]));
    if (waiting == pending.size()) flush();
  });
  flush();
}

// A leaf of a record that was added whole, or what a decoding left as it was.
bool Index::holds(std::string_view compact, LabelId label) const {
  bool missing = false;
  each_anchor(compact, multiplier_, seed_, [&](const Anchor& anchor) {
    const uint32_t key = place_key(anchor.hash);
    missing |= places_.find(key, key) == nullptr;
    return !missing;
  });
  if (missing) return false;
  const std::vector<Run> runs = find_runs(compact);
  return runs.size() == 1 && runs[0].begin == 0 && runs[0].end == compact.size() && runs[0].label == label;
}

// Remembers where anchors stand, in batches and in three steps, so that the cache misses of each step
// overlap: the anchors themselves; those that stand in too many places with what is before and after them;
// windows, one by one, where even that stands in too many.
class Index::Inserter {
 public:
  Inserter(Index& index, const TextStore::Segment& segment)
      : index_(index),
        segment_(segment),
        text_(index.text_.at(segment.begin), segment.end - segment.begin),
        trusted_(index.labels_.clean(segment.label)),
        near_(segment.begin > kNearBytes ? segment.begin - kNearBytes : 0) {}

  void add(const Anchor& anchor) {
    anchors_[waiting_++] = anchor;
    index_.places_.prefetch(place_key(anchor.hash));
    if (waiting_ == anchors_.size()) flush();
  }

  // Of what was flushed, all is remembered already.
  bool nothing_new() const { return nothing_new_; }

  void flush() {
    crowded_ = 0;
    index_.looks_ = std::min(index_.looks_ + 1, kLooksMax);
    for (size_t i = 0; i < waiting_; ++i) index_.places_.prefetch_rest(place_key(anchors_[i].hash));
    for (size_t i = 0; i < waiting_; ++i) {
      const Anchor& anchor = anchors_[i];
      if (put(place_key(anchor.hash), anchor.at, anchor.window_begin, anchor.window_end)) continue;
      for (const Side& side : index_.sides(text_.data(), anchor)) {
        if (side.windows_begin == side.windows_end) continue;
        index_.places_.prefetch(side.key);
        sides_[crowded_++] = {side, anchor.at};
      }
    }
    waiting_ = 0;
    windows_ = 0;
    for (size_t i = 0; i < crowded_; ++i) index_.places_.prefetch_rest(sides_[i].first.key);
    for (size_t i = 0; i < crowded_; ++i) {
      const auto& [side, at] = sides_[i];
      if (put(side.key, at, side.windows_begin, side.windows_end)) continue;
      for (size_t window = side.windows_begin; window < side.windows_end; ++window) {
        const uint64_t hash = index_.window_hash(text_.data() + window, trusted_);
        index_.windows_.prefetch(key_of(hash));
        hashes_[windows_++] = hash;
      }
    }
    for (size_t i = 0; i < windows_; ++i) index_.windows_.prefetch_rest(key_of(hashes_[i]));
    for (size_t i = 0; i < windows_; ++i) see(hashes_[i]);
  }

 private:
  static constexpr size_t kBatch = 64;
  static constexpr size_t kLooksMax = 64;

  // False when there are too many places already. Nothing is to be done where a text of the same label has
  // these windows already: what tools return comes again and again, and a decoded piece repeats most of what
  // it was decoded from.
  bool put(uint32_t key, size_t at, size_t windows_begin, size_t windows_end) {
    const Beside beside = index_.beside(text_, at);
    const size_t before = at - windows_begin;
    const size_t after = windows_end - 1 + limits::kTraceCopyCharsMin - at;
    const uint32_t same =
        (before >= kBefore ? kBesideBefore : 0) | (after >= kGram + kAfter ? kBesideAfter : 0);
    bool repeats = false;
    const auto look_at = [&](const Place& place) {
      const uint32_t position = place.next - 1;
      if (((place.bits ^ beside.bits) & same) != 0 || !worth_a_look(position, at)) return false;
      const TextStore::Segment& known = index_.text_.segment_at(position);
      repeats =
          known.label == segment_.label && position - known.begin >= before &&
          known.end - position >= after &&
          std::memcmp(index_.text_.at(position) - before, text_.data() + windows_begin, before + after) == 0;
      if (repeats) repeated_ = position - at;
      return repeats;
    };
    const uint32_t next = segment_.begin + static_cast<uint32_t>(at) + 1;
    const bool put = index_.places_.add_below({key | beside.bits, next}, key, kPlacesMax, look_at);
    nothing_new_ &= repeats;
    return put;
  }

  // Each look at a text far away is a cache miss. Free are those in a row, of a text that repeats one; they
  // pay for later looks, so that few are spent where nothing repeats.
  bool worth_a_look(uint32_t position, size_t at) {
    size_t& looks = index_.looks_;
    if (position >= near_) return true;
    if (position - at == repeated_) {
      looks = std::min(looks + 1, kLooksMax);
      return true;
    }
    return looks > 0 && looks-- > 0;
  }

  void see(uint64_t hash) {
    Window* seen = index_.windows_.find(key_of(hash), hash);
    if (seen == nullptr) {
      index_.windows_.add({hash, segment_.begin, segment_.label});
    } else if (!trusted_ && seen->label != segment_.label) {
      seen->label = index_.labels_.join(seen->label, segment_.label);
    }
  }

  Index& index_;
  const TextStore::Segment segment_;
  const std::string_view text_;
  const bool trusted_;
  const uint32_t near_;  // texts from here on are looked at
  bool nothing_new_ = true;
  size_t repeated_ = 0;  // from places in `text_` to those of the text that it was last seen to repeat
  std::array<Anchor, kBatch> anchors_;
  std::array<std::pair<Side, size_t>, kBatch * 2> sides_;
  std::array<uint64_t, kBatch * kWindow> hashes_;
  size_t waiting_ = 0;
  size_t crowded_ = 0;
  size_t windows_ = 0;
};

void Index::add_run(std::string_view compact, LabelId label) {
  const bool long_enough = compact.size() >= limits::kTraceCopyCharsMin;
  if (long_enough && compact.size() <= kSmallText && holds(compact, label)) return;
  const size_t taken = std::max(compact.size(), kEntryBytes);
  if (taken > limits_.text_bytes_max - taken_) {
    full_ = true;
    return;
  }
  taken_ += taken;
  if (!long_enough) return;
  const auto segment = text_.add(compact, label);
  if (!segment) {
    full_ = true;
    return;
  }
  Inserter inserter(*this, *segment);
  each_anchor(compact, multiplier_, seed_, [&](const Anchor& anchor) {
    inserter.add(anchor);
    return true;
  });
  inserter.flush();
  if (!inserter.nothing_new()) return;
  text_.take_back(*segment);
  taken_ -= taken;
}

}  // namespace weir::trace

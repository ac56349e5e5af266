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

constexpr size_t kSlotsFirst = 1024;
constexpr size_t kSmallText = 4'096;
constexpr size_t kEntryBytes = 16;  // that a text counts at least, however short
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

Index::Index(Labels& labels, const Key& key, IndexLimits limits)
    : labels_(labels), limits_(limits), slots_(kSlotsFirst) {
  limits_.text_bytes_max = std::min(limits_.text_bytes_max, kTextBytesMax);
  std::memcpy(&multiplier_, key.data(), 8);
  std::memcpy(&seed_, key.data() + 8, 8);
  // A weak key (all zeros in replays, where nobody attacks a hash) still needs a multiplier that spreads.
  multiplier_ = mix(multiplier_ ^ 0x9e3779b97f4a7c15ULL, 0xbf58476d1ce4e5b9ULL) | 1;
  seed_ = mix(seed_ ^ 0x94d049bb133111ebULL, 0x2545f4914f6cdd1dULL);
}

uint64_t Index::token_hash(std::string_view form) const {
  return keyed_hash(form, seed_, multiplier_);
}

uint64_t Index::window_hash(const char* window, bool trusted) const {
  return keyed_hash({window, limits::kTraceCopyCharsMin}, trusted ? ~seed_ : seed_, multiplier_);
}

size_t Index::bytes() const {
  return text_.capacity() + slots_.capacity() * sizeof(Slot) + segments_.capacity() * sizeof(Segment) +
         windows_.bytes() + tokens_.bytes() + whole_.bytes();
}

void Index::add(std::string_view text, LabelId label) {
  if (full_ || text.empty()) return;
  const uint64_t digest = keyed_hash(text, ~seed_ - label, multiplier_);
  bool added = false;
  whole_.see(digest, 0, label, added);
  if (added) add_level(text, label, 0);
}

void Index::add_level(std::string_view text, LabelId label, int depth) {
  const Normal normal = normalise(text, false);
  add_tokens(normal.text, label);
  add_run(compacted(normal.text), label);
  if (full_ || depth == limits::kTraceDecodeDepthMax) return;
  for (const Decoded& piece : decode(text)) add_level(piece.text, label, depth + 1);
}

void Index::add_tokens(std::string_view normal, LabelId label) {
  const bool trusted = labels_.clean(label);
  // Looked up in batches, so that the table's cache misses overlap.
  std::array<uint64_t, 32> pending;
  size_t waiting = 0;
  const auto flush = [&] {
    for (size_t i = 0; i < waiting; ++i) {
      bool added = false;
      Sightings::Entry& token = tokens_.see(pending[i], 0, label, added);
      if (!added && !trusted && token.label != label && !labels_.clean(token.label)) {
        token.label = labels_.join(token.label, label);
      }
    }
    waiting = 0;
  };
  each_token(normal, [&](size_t, size_t, std::string_view form) {
    pending[waiting] = token_hash(form);
    tokens_.prefetch(pending[waiting++]);
    if (waiting == pending.size()) flush();
  });
  flush();
}

// A leaf of a record that was added whole, or what a decoding left as it was.
bool Index::holds(std::string_view compact, LabelId label) const {
  bool missing = false;
  each_anchor(compact, multiplier_, seed_, [&](const Anchor& anchor) {
    const auto key = static_cast<uint32_t>(anchor.hash >> 32);
    size_t at = first_slot(anchor.hash);
    while (slots_[at].position != kEmpty && slots_[at].hash != key) at = at + 1 == slots_.size() ? 0 : at + 1;
    missing |= slots_[at].position == kEmpty;
    return !missing;
  });
  if (missing) return false;
  const std::vector<Run> runs = find_runs(compact);
  return runs.size() == 1 && runs[0].begin == 0 && runs[0].end == compact.size() && runs[0].label == label;
}

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
  const size_t base = text_.size();
  text_ += compact;
  segments_.push_back({static_cast<uint32_t>(base), label});
  std::array<Anchor, 32> pending;
  size_t waiting = 0;
  const auto flush = [&] {
    for (size_t i = 0; i < waiting; ++i) insert(pending[i], base);
    waiting = 0;
  };
  each_anchor(compact, multiplier_, seed_, [&](const Anchor& anchor) {
    pending[waiting++] = anchor;
    __builtin_prefetch(&slots_[first_slot(anchor.hash)], 1);
    if (waiting == pending.size()) flush();
    return true;
  });
  flush();
}

void Index::insert(const Anchor& anchor, size_t base) {
  if (slots_used_ * 10 >= slots_.size() * 8) grow();
  const auto key = static_cast<uint32_t>(anchor.hash >> 32);
  size_t at = first_slot(anchor.hash);
  size_t places = 0;
  while (slots_[at].position != kEmpty && places < kPlacesMax) {
    places += slots_[at].hash == key ? 1 : 0;
    at = at + 1 == slots_.size() ? 0 : at + 1;
  }
  if (places < kPlacesMax) {
    slots_[at] = {key, static_cast<uint32_t>(base + anchor.at)};
    ++slots_used_;
    return;
  }
  const Segment& segment = segments_.back();
  const bool trusted = labels_.clean(segment.label);
  std::array<uint64_t, kWindow> hashes;
  size_t count = 0;
  for (size_t window = anchor.window_begin; window < anchor.window_end && count < kWindow; ++window) {
    hashes[count] = window_hash(text_.data() + base + window, trusted);
    windows_.prefetch(hashes[count++]);
  }
  for (size_t i = 0; i < count; ++i) {
    bool added = false;
    Sightings::Entry& seen = windows_.see(hashes[i], segment.begin, segment.label, added);
    if (!added && !trusted && seen.label != segment.label) {
      seen.label = labels_.join(seen.label, segment.label);
    }
  }
}

void Index::grow() {
  const std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.size() * 2, Slot{});
  for (const Slot& slot : old) {
    if (slot.position == kEmpty) continue;
    size_t at = first_slot(uint64_t{slot.hash} << 32);
    while (slots_[at].position != kEmpty) at = at + 1 == slots_.size() ? 0 : at + 1;
    slots_[at] = slot;
  }
}

}  // namespace weir::trace

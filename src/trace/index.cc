#include "trace/index.h"

#include <algorithm>
#include <cstring>

#include "trace/anchors.h"
#include "trace/decode.h"
#include "trace/normalise.h"
#include "trace/tokens.h"

namespace weir::trace {
namespace {

constexpr size_t kPlacesMax = 6;  // of one anchor that are remembered one by one
constexpr size_t kSlotsFirst = 1024;
constexpr size_t kLookBack = 64;  // characters that an anchor's match is extended to the left
constexpr size_t kSmallText = 4'096;

uint64_t mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t keyed_hash(std::string_view bytes, uint64_t seed, uint64_t multiplier) {
  uint64_t hash = seed ^ mix(bytes.size() + 1, multiplier | 1);
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t n = std::min<size_t>(8, bytes.size());
    std::memcpy(&word, bytes.data(), n);
    hash = mix(hash ^ word, multiplier | 1) + seed;
    bytes.remove_prefix(n);
  }
  return mix(hash, multiplier | 1);
}

std::string compacted(std::string_view normal) {
  std::string out;
  out.reserve(normal.size());
  for (const char c : normal) {
    if (c != ' ') out += c;
  }
  return out;
}

bool worth_decoding(std::string_view text) {
  return text.size() >= 8;
}

}  // namespace

Index::Index(Labels& labels, const Key& key, IndexLimits limits)
    : labels_(labels), limits_(limits), slots_(kSlotsFirst) {
  std::memcpy(&multiplier_, key.data(), 8);
  std::memcpy(&seed_, key.data() + 8, 8);
  // A weak key (all zeros in replays, where nobody attacks a hash) still needs a multiplier that spreads.
  multiplier_ = mix(multiplier_ ^ 0x9e3779b97f4a7c15ULL, 0xbf58476d1ce4e5b9ULL) | 1;
  seed_ = mix(seed_ ^ 0x94d049bb133111ebULL, 0x2545f4914f6cdd1dULL);
}

uint64_t Index::token_hash(std::string_view form) const {
  return keyed_hash(form, seed_, multiplier_);
}

size_t Index::bytes() const {
  return text_.capacity() + slots_.capacity() * sizeof(Slot) + segments_.capacity() * sizeof(Segment) +
         (tokens_.size() + whole_.size() + crowded_.size()) * 48;
}

void Index::add(std::string_view text, LabelId label) {
  if (full_ || text.empty()) return;
  const uint64_t digest = keyed_hash(text, ~seed_, multiplier_);
  const auto [known, added] = whole_.try_emplace(digest, label);
  if (!added && known->second == label) return;
  known->second = label;
  add_level(text, label, 0);
}

void Index::add_level(std::string_view text, LabelId label, int depth) {
  const Normal normal = normalise(text, false);
  const bool trusted = labels_.trusted(label);
  each_token(normal.text, [&](size_t, size_t, std::string_view form) {
    const auto [at, added] = tokens_.try_emplace(token_hash(form), Token{trusted, label});
    if (!added && !at->second.trusted_first && !trusted)
      at->second.label = labels_.join(at->second.label, label);
  });
  add_run(compacted(normal.text), label);
  if (depth == limits::kTraceDecodeDepthMax || !worth_decoding(text)) return;
  for (const Decoded& piece : decode(text)) add_level(piece.text, label, depth + 1);
}

void Index::add_run(std::string_view compact, LabelId label) {
  if (compact.size() < limits::kTraceCopyCharsMin) return;
  if (text_.size() + compact.size() > limits_.text_bytes_max) {
    full_ = true;
    return;
  }
  if (compact.size() <= kSmallText) {
    // A leaf of a record that was added whole, or what a decoding left as it was.
    std::vector<Run> runs;
    find_runs(compact, runs);
    if (runs.size() == 1 && runs[0].begin == 0 && runs[0].end == compact.size() && runs[0].label == label)
      return;
  }
  const auto base = static_cast<uint32_t>(text_.size());
  text_ += compact;
  segments_.push_back({base, label});
  struct Pending {
    uint64_t hash;
    uint32_t position;
  };
  // Looked up in batches, so that the table's cache misses overlap.
  std::array<Pending, 32> pending;
  size_t waiting = 0;
  const auto flush = [&] {
    for (size_t i = 0; i < waiting; ++i) insert(pending[i].hash, pending[i].position);
    waiting = 0;
  };
  each_anchor(compact, multiplier_, seed_, [&](size_t at, uint64_t hash) {
    pending[waiting++] = {hash, base + static_cast<uint32_t>(at)};
    __builtin_prefetch(&slots_[((hash >> 32) * slots_.size()) >> 32], 1);
    if (waiting == pending.size()) flush();
  });
  flush();
}

void Index::insert(uint64_t hash, uint32_t position) {
  if (used_ * 10 >= slots_.size() * 8) grow();
  const auto key = static_cast<uint32_t>(hash >> 32);
  size_t at = (uint64_t{key} * slots_.size()) >> 32;
  size_t places = 0;
  while (slots_[at].position != kEmpty) {
    if (slots_[at].hash == key && ++places == kPlacesMax) {
      const LabelId label = segments_.back().label;
      auto& crowd = crowded_.try_emplace(key, kNoLabel).first->second;
      if (!labels_.trusted(label)) crowd = labels_.join(crowd, label);
      return;
    }
    if (++at == slots_.size()) at = 0;
  }
  slots_[at] = {key, position};
  ++used_;
}

void Index::grow() {
  std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.size() + old.size() / 2, Slot{});
  for (const Slot& slot : old) {
    if (slot.position == kEmpty) continue;
    size_t at = (uint64_t{slot.hash} * slots_.size()) >> 32;
    while (slots_[at].position != kEmpty) {
      if (++at == slots_.size()) at = 0;
    }
    slots_[at] = slot;
  }
}

size_t Index::segment_at(uint32_t position) const {
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), position,
                                      [](uint32_t p, const Segment& segment) { return p < segment.begin; });
  return static_cast<size_t>(after - segments_.begin()) - 1;
}

namespace {

// A stretch of the query that stands in the memory, trusted or not.
struct Match {
  size_t begin;
  size_t end;
  uint32_t position;  // of begin, in the memory: earlier is smaller
  LabelId label;
};

}  // namespace

void Index::find_runs(std::string_view compact, std::vector<Run>& runs) const {
  std::vector<Match> matches;
  std::vector<size_t> active;  // matches that the next anchors may lie in
  struct Crowd {
    size_t at;
    LabelId label;
  };
  std::vector<Crowd> crowds;
  const auto look = [&](size_t at, uint64_t hash) {
    std::erase_if(active, [&](size_t m) { return matches[m].end <= at; });
    const auto key = static_cast<uint32_t>(hash >> 32);
    bool verified = false;
    for (size_t slot = (uint64_t{key} * slots_.size()) >> 32; slots_[slot].position != kEmpty;
         slot = slot + 1 == slots_.size() ? 0 : slot + 1) {
      if (slots_[slot].hash != key) continue;
      const uint32_t position = slots_[slot].position;
      const bool known = std::any_of(active.begin(), active.end(), [&](size_t m) {
        return matches[m].position + (at - matches[m].begin) == position;
      });
      verified |= known;
      if (known) continue;
      const size_t segment = segment_at(position);
      const size_t first = segments_[segment].begin;
      const size_t last = segment + 1 < segments_.size() ? segments_[segment + 1].begin : text_.size();
      size_t left = 0;
      while (left < kLookBack && left < at && position - left > first &&
             compact[at - left - 1] == text_[position - left - 1])
        ++left;
      size_t right = 0;
      while (at + right < compact.size() && position + right < last &&
             compact[at + right] == text_[position + right])
        ++right;
      if (left + right < limits::kTraceCopyCharsMin) continue;
      verified = true;
      active.push_back(matches.size());
      matches.push_back(
          {at - left, at + right, static_cast<uint32_t>(position - left), segments_[segment].label});
    }
    if (verified) return;
    // Too many places to look at each: taken for a copy only together with its neighbours.
    const auto crowd = crowded_.find(key);
    if (crowd != crowded_.end() && crowd->second != kNoLabel) crowds.push_back({at, crowd->second});
  };
  struct Pending {
    size_t at;
    uint64_t hash;
  };
  std::array<Pending, 32> pending;
  size_t waiting = 0;
  const auto flush = [&] {
    for (size_t i = 0; i < waiting; ++i) look(pending[i].at, pending[i].hash);
    waiting = 0;
  };
  each_anchor(compact, multiplier_, seed_, [&](size_t at, uint64_t hash) {
    pending[waiting++] = {at, hash};
    __builtin_prefetch(&slots_[((hash >> 32) * slots_.size()) >> 32]);
    if (waiting == pending.size()) flush();
  });
  flush();

  for (size_t i = 0; i < crowds.size();) {
    size_t end = i + 1;
    LabelId label = crowds[i].label;
    while (end < crowds.size() && crowds[end].at <= crowds[end - 1].at + kGram)
      label = labels_.join(label, crowds[end++].label);
    const size_t length = crowds[end - 1].at + kGram - crowds[i].at;
    if (length >= limits::kTraceCopyCharsMin)
      matches.push_back({crowds[i].at, crowds[end - 1].at + kGram, UINT32_MAX, label});
    i = end;
  }

  // Cut the matches at each other's ends; in each piece the earliest sighting says whether it was trusted.
  std::vector<std::pair<size_t, size_t>> edges;  // (place, match), twice each
  for (size_t m = 0; m < matches.size(); ++m) {
    edges.emplace_back(matches[m].begin, m);
    edges.emplace_back(matches[m].end, m);
  }
  std::sort(edges.begin(), edges.end());
  std::vector<size_t> open;
  for (size_t e = 0; e < edges.size(); ++e) {
    const auto [place, m] = edges[e];
    if (const auto at = std::find(open.begin(), open.end(), m); at != open.end()) {
      open.erase(at);
    } else {
      open.push_back(m);
    }
    const size_t next = e + 1 < edges.size() ? edges[e + 1].first : place;
    if (next == place || open.empty()) continue;
    const size_t earliest = *std::min_element(open.begin(), open.end(), [&](size_t a, size_t b) {
      return matches[a].position < matches[b].position;
    });
    if (labels_.trusted(matches[earliest].label)) continue;
    LabelId label = kNoLabel;
    for (const size_t each : open) {
      if (!labels_.trusted(matches[each].label)) label = labels_.join(label, matches[each].label);
    }
    if (!runs.empty() && runs.back().end == place && runs.back().label == label) {
      runs.back().end = next;
    } else {
      runs.push_back({place, next, label});
    }
  }
}

void Index::query(std::string_view text, bool tokens, int depth, std::span<const uint32_t> map,
                  std::vector<Span>& out) const {
  const Normal normal = normalise(text, true);
  const auto place = [&](size_t in_normal) {
    const size_t in_text = normal.at[in_normal];
    return map.empty() ? in_text : map[in_text];
  };
  std::vector<uint32_t> at;  // of each compact character in normal.text
  std::string compact;
  compact.reserve(normal.text.size());
  at.reserve(normal.text.size());
  for (size_t i = 0; i < normal.text.size(); ++i) {
    if (normal.text[i] == ' ') continue;
    compact += normal.text[i];
    at.push_back(static_cast<uint32_t>(i));
  }
  std::vector<Run> runs;
  find_runs(compact, runs);
  size_t stretch = 0;  // pieces of one copy may have several labels; it is its whole length that counts
  for (size_t i = 0; i < runs.size(); ++i) {
    if (i == 0 || runs[i].begin != runs[i - 1].end) stretch = i;
    const bool last = i + 1 == runs.size() || runs[i + 1].begin != runs[i].end;
    if (!last || runs[i].end - runs[stretch].begin < limits::kTraceCopyCharsMin) continue;
    for (size_t r = stretch; r <= i; ++r) {
      out.push_back({place(at[runs[r].begin]), place(at[runs[r].end - 1] + 1), runs[r].label});
    }
  }
  if (tokens) {
    each_token(normal.text, [&](size_t begin, size_t end, std::string_view form) {
      const auto found = tokens_.find(token_hash(form));
      if (found == tokens_.end() || found->second.trusted_first || labels_.trusted(found->second.label))
        return;
      out.push_back({place(begin), place(end), found->second.label});
    });
  }
  if (depth == limits::kTraceDecodeDepthMax || !worth_decoding(text)) return;
  for (Decoded& piece : decode(text)) {
    if (!map.empty()) {
      for (uint32_t& offset : piece.at) offset = map[offset];
    }
    query(piece.text, tokens, depth + 1, piece.at, out);
  }
}

namespace {

void tidy(Labels& labels, std::vector<Span>& spans) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return std::tie(a.begin, a.end, a.label) < std::tie(b.begin, b.end, b.label);
  });
  std::vector<Span> merged;
  for (const Span& span : spans) {
    if (span.begin >= span.end) continue;
    if (!merged.empty() && span.begin < merged.back().end) {
      merged.back().end = std::max(merged.back().end, span.end);
      merged.back().label = labels.join(merged.back().label, span.label);
    } else {
      merged.push_back(span);
    }
  }
  spans = std::move(merged);
}

}  // namespace

Taint Index::taint(std::string_view value) const {
  Taint taint;
  query(value, true, 0, {}, taint.spans);
  tidy(labels_, taint.spans);
  for (const Span& span : taint.spans) taint.label = labels_.join(taint.label, span.label);
  return taint;
}

std::vector<Span> Index::copies(std::string_view text) const {
  std::vector<Span> spans;
  query(text, false, 0, {}, spans);
  tidy(labels_, spans);
  return spans;
}

bool Index::first_seen_untrusted(std::string_view value) const {
  const Normal normal = normalise(value, false);
  bool untrusted = false;
  each_token(normal.text, [&](size_t begin, size_t end, std::string_view form) {
    if (end - begin + 2 < normal.text.size()) return;  // a part of it
    const auto found = tokens_.find(token_hash(form));
    untrusted |=
        found != tokens_.end() && !found->second.trusted_first && !labels_.trusted(found->second.label);
  });
  if (untrusted) return true;
  for (const Span& copy : copies(value)) {
    if (copy.end - copy.begin + 2 >= value.size()) return true;
  }
  return false;
}

}  // namespace weir::trace

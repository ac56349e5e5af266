#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

#include "trace/anchors.h"
#include "trace/decode.h"
#include "trace/index.h"
#include "trace/normalise.h"
#include "trace/tokens.h"

namespace weir::trace {

// A stretch of the query that stands in one segment of the memory, trusted or not.
struct Index::Match {
  size_t begin;
  size_t end;
  uint32_t when;  // where the segment begins
  LabelId label;
};

struct Index::Matches {
  std::vector<Match> all;
  std::vector<uint32_t> recent;  // of `all`: those that what comes next may touch

  void drop_before(size_t at) {
    std::erase_if(recent, [&](uint32_t m) { return all[m].end < at; });
  }
  void put(const Match& match) {
    for (const uint32_t m : recent) {
      Match& known = all[m];
      if (known.when != match.when || known.label != match.label || match.begin > known.end ||
          known.begin > match.end) {
        continue;
      }
      known.begin = std::min(known.begin, match.begin);
      known.end = std::max(known.end, match.end);
      return;
    }
    recent.push_back(static_cast<uint32_t>(all.size()));
    all.push_back(match);
  }
};

namespace {

size_t common_prefix(const char* a, const char* b, size_t max) {
  size_t n = 0;
  while (n < max && a[n] == b[n]) ++n;
  return n;
}

}  // namespace

// Looks no further than the windows of this anchor: what goes on has further anchors.
void Index::look_at_place(std::string_view compact, const Anchor& anchor, uint32_t position,
                          Matches& matches) const {
  const char* const here = compact.data() + anchor.at;
  const char* const there = text_.at(position);
  if (std::memcmp(here, there, kGram) != 0) return;
  const TextStore::Segment& segment = text_.segment_at(position);
  const size_t left_max = std::min<size_t>(anchor.at - anchor.window_begin, position - segment.begin);
  const size_t right_max = std::min<size_t>(anchor.window_end - 1 + limits::kTraceCopyCharsMin - anchor.at,
                                            segment.end - position);
  size_t left = 0;
  while (left < left_max && *(here - left - 1) == *(there - left - 1)) ++left;
  const size_t right = kGram + common_prefix(here + kGram, there + kGram, right_max - kGram);
  if (left + right < limits::kTraceCopyCharsMin) return;
  matches.put({anchor.at - left, anchor.at + right, segment.begin, segment.label});
}

// In batches and in steps, so that the cache misses of each step overlap: where the anchors are remembered
// (their sides, their windows, where they stand in too many places), where in the text that is, and what
// stands there.
class Index::Finder {
 public:
  Finder(const Index& index, std::string_view compact, Matches& matches)
      : index_(index), compact_(compact), matches_(matches) {}

  void add(const Anchor& anchor) {
    anchors_[anchor_count_++] = anchor;
    index_.places_.prefetch(place_key(anchor.hash));
    if (anchor_count_ == anchors_.size()) flush();
  }

  void flush() {
    find_anchors();
    find_sides();
    find_windows();
    size_t near = 0;
    size_t side = 0;
    size_t window = 0;
    for (size_t i = 0; i < anchor_count_; ++i) {
      matches_.drop_before(anchors_[i].window_begin);
      for (; near < near_.size() && near_[near].anchor == i; ++near) look_at(near_[near]);
      for (; side < beside_.size() && beside_[side].anchor == i; ++side) look_at(beside_[side]);
      for (; window < windows_.size() && windows_[window].anchor == i; ++window) {
        if (const Window* seen = windows_[window].seen) {
          const size_t begin = windows_[window].begin;
          matches_.put({begin, begin + limits::kTraceCopyCharsMin, seen->when, seen->label});
        }
      }
    }
    anchor_count_ = 0;
  }

 private:
  static constexpr size_t kBatch = 64;

  struct Candidate {
    size_t anchor;
    uint32_t position;
  };
  struct SideOf {
    size_t anchor;
    Side side;
  };
  struct WindowOf {
    size_t anchor;
    size_t begin;
    uint64_t hash;
    const Window* seen;
  };

  void find_anchors() {
    near_.clear();
    sides_.clear();
    for (size_t i = 0; i < anchor_count_; ++i) index_.places_.prefetch_rest(place_key(anchors_[i].hash));
    for (size_t i = 0; i < anchor_count_; ++i) {
      if (find_places(place_key(anchors_[i].hash), i, near_) < kPlacesMax) continue;
      for (const Side& side : index_.sides(compact_.data(), anchors_[i])) {
        if (side.windows_begin == side.windows_end) continue;
        sides_.push_back({i, side});
        index_.places_.prefetch(side.key);
      }
    }
  }

  void find_sides() {
    beside_.clear();
    windows_.clear();
    for (const SideOf& each : sides_) index_.places_.prefetch_rest(each.side.key);
    for (const auto& [anchor, side] : sides_) {
      if (find_places(side.key, anchor, beside_) < kPlacesMax) continue;
      for (size_t window = side.windows_begin; window < side.windows_end; ++window) {
        for (const bool trusted : {true, false}) {
          const uint64_t hash = index_.window_hash(compact_.data() + window, trusted);
          windows_.push_back({anchor, window, hash, nullptr});
          index_.windows_.prefetch(key_of(hash));
        }
      }
    }
  }

  void find_windows() {
    for (const WindowOf& each : windows_) index_.windows_.prefetch_rest(key_of(each.hash));
    for (WindowOf& each : windows_) each.seen = index_.windows_.find(key_of(each.hash), each.hash);
  }

  size_t find_places(uint32_t key, size_t anchor, std::vector<Candidate>& out) {
    size_t count = 0;
    const Beside beside = index_.beside(compact_, anchors_[anchor].at);
    index_.places_.walk(key, key, [&](const Place& place) {
      if (beside.may_match(place.bits)) {
        out.push_back({anchor, place.next - 1});
        index_.text_.prefetch(place.next - 1);
      }
      return ++count < kPlacesMax;
    });
    return count;
  }

  void look_at(const Candidate& candidate) {
    index_.look_at_place(compact_, anchors_[candidate.anchor], candidate.position, matches_);
  }

  const Index& index_;
  const std::string_view compact_;
  Matches& matches_;
  std::array<Anchor, kBatch> anchors_;
  size_t anchor_count_ = 0;
  std::vector<Candidate> near_;    // of the anchors
  std::vector<SideOf> sides_;      // of anchors that stand in too many places
  std::vector<Candidate> beside_;  // of these
  std::vector<WindowOf> windows_;  // of sides that stand in too many places
};

std::vector<Index::Run> Index::find_runs(std::string_view compact) const {
  Matches found;
  Finder finder(*this, compact, found);
  each_anchor(compact, multiplier_, seed_, [&](const Anchor& anchor) {
    finder.add(anchor);
    return true;
  });
  finder.flush();

  // Cut the matches at each other's ends; in each piece the earliest sighting says whether it was trusted.
  const std::vector<Match>& matches = found.all;
  std::vector<std::pair<size_t, size_t>> edges;  // (place, match), twice each
  edges.reserve(matches.size() * 2);
  for (size_t m = 0; m < matches.size(); ++m) {
    edges.emplace_back(matches[m].begin, m);
    edges.emplace_back(matches[m].end, m);
  }
  std::sort(edges.begin(), edges.end());
  std::vector<Run> runs;
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
    const size_t earliest = *std::min_element(
        open.begin(), open.end(), [&](size_t a, size_t b) { return matches[a].when < matches[b].when; });
    LabelId label = matches[earliest].label;
    if (!labels_.clean(label)) {
      for (const size_t each : open) {
        if (!labels_.clean(matches[each].label)) label = labels_.join(label, matches[each].label);
      }
    }
    if (!runs.empty() && runs.back().end == place && runs.back().label == label) {
      runs.back().end = next;
    } else {
      runs.push_back({place, next, label});
    }
  }
  return runs;
}

void Index::query_tokens(std::string_view normal, std::span<const uint32_t> at, std::span<const uint32_t> map,
                         std::vector<Span>& out) const {
  struct Pending {
    uint64_t hash;
    size_t begin;
    size_t end;
  };
  std::array<Pending, 32> pending;
  size_t waiting = 0;
  const auto place = [&](size_t in_normal) -> size_t {
    return map.empty() ? at[in_normal] : map[at[in_normal]];
  };
  const auto flush = [&] {
    for (size_t i = 0; i < waiting; ++i) tokens_.prefetch_rest(key_of(pending[i].hash));
    for (size_t i = 0; i < waiting; ++i) {
      const Token* token = tokens_.find(key_of(pending[i].hash), pending[i].hash);
      if (token == nullptr || labels_.clean(token->label)) continue;
      out.push_back({place(pending[i].begin), place(pending[i].end), token->label});
    }
    waiting = 0;
  };
  each_token(normal, [&](size_t begin, size_t end, std::string_view form) {
    pending[waiting] = {token_hash(form), begin, end};
    tokens_.prefetch(key_of(pending[waiting++].hash));
    if (waiting == pending.size()) flush();
  });
  flush();
}

namespace {

// One value that says nothing: a mail address, or a token of which a fourth is digits.
bool is_name(std::string_view text) {
  constexpr std::string_view kAround = " \t\r\n\"'`<>()[]{},;:.|*";
  const size_t begin = text.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return false;
  text = text.substr(begin, text.find_last_not_of(kAround) - begin + 1);
  if (text.size() > limits::kTraceValueBytesMax) return false;
  size_t digits = 0;
  size_t ats = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!digit && !letter && c != '@' && c != '.' && c != '-' && c != '_' && c != '+') return false;
    digits += digit ? 1 : 0;
    ats += c == '@' ? 1 : 0;
  }
  return ats == 1 || (ats == 0 && digits * 4 >= text.size());
}

}  // namespace

void Index::query(std::string_view text, Want want, int depth, std::span<const uint32_t> map,
                  std::vector<Span>& out) const {
  const Normal normal = normalise(text, true);
  std::vector<uint32_t> at(normal.text.size());  // of each compact character in normal.text
  std::string compact(normal.text.size(), '\0');
  size_t n = 0;
  for (size_t i = 0; i < normal.text.size(); ++i) {
    compact[n] = normal.text[i];
    at[n] = static_cast<uint32_t>(i);
    n += normal.text[i] != ' ' ? 1 : 0;
  }
  compact.resize(n);
  const auto place = [&](size_t in_normal) -> size_t {
    return map.empty() ? normal.at[in_normal] : map[normal.at[in_normal]];
  };
  std::vector<Run> runs = find_runs(compact);
  std::erase_if(runs, [&](const Run& run) { return labels_.clean(run.label); });
  size_t stretch = 0;  // pieces of one copy may have several labels; it is its whole length that counts
  for (size_t i = 0; i < runs.size(); ++i) {
    if (i == 0 || runs[i].begin != runs[i - 1].end) stretch = i;
    const bool last = i + 1 == runs.size() || runs[i + 1].begin != runs[i].end;
    if (!last || runs[i].end - runs[stretch].begin < limits::kTraceCopyCharsMin) continue;
    // What was encoded was hidden, and is no name.
    if (want == Want::copies && depth == 0) {
      const size_t begin = place(at[runs[stretch].begin]);
      if (is_name(text.substr(begin, place(at[runs[i].end - 1] + 1) - begin))) continue;
    }
    for (size_t r = stretch; r <= i; ++r) {
      out.push_back({place(at[runs[r].begin]), place(at[runs[r].end - 1] + 1), runs[r].label});
    }
  }
  if (want == Want::runs_and_tokens) query_tokens(normal.text, normal.at, map, out);
  if (depth == limits::kTraceDecodeDepthMax) return;
  for (Decoded& piece : decode(text, true)) {
    if (!map.empty()) {
      for (uint32_t& offset : piece.at) offset = map[offset];
    }
    query(piece.text, want, depth + 1, piece.at, out);
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
  query(value, Want::runs_and_tokens, 0, {}, taint.spans);
  tidy(labels_, taint.spans);
  for (const Span& span : taint.spans) taint.label = labels_.join(taint.label, span.label);
  return taint;
}

std::vector<Span> Index::copies(std::string_view text) const {
  std::vector<Span> spans;
  query(text, Want::copies, 0, {}, spans);
  tidy(labels_, spans);
  return spans;
}

bool Index::first_seen_untrusted(std::string_view value) const {
  const Normal normal = normalise(value, false);
  bool untrusted = false;
  each_token(normal.text, [&](size_t begin, size_t end, std::string_view form) {
    if (end - begin + 2 < normal.text.size()) return;  // a part of it
    const uint64_t hash = token_hash(form);
    const Token* token = tokens_.find(key_of(hash), hash);
    untrusted |= token != nullptr && !labels_.trusted(token->label);
  });
  if (untrusted) return true;
  std::vector<Span> runs;
  query(value, Want::runs, 0, {}, runs);
  tidy(labels_, runs);
  for (const Span& copy : runs) {
    if (!labels_.trusted(copy.label) && copy.end - copy.begin + 2 >= value.size()) return true;
  }
  return false;
}

}  // namespace weir::trace

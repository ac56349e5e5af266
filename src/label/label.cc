#include "label/label.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "base/limits.h"

namespace weir {

Label Label::of(Origin origin, Readers readers) {
  Label label;
  label.origins.push_back(std::move(origin));
  label.readers = std::move(readers);
  return label;
}

bool Label::trusted() const {
  return !more_untrusted &&
         std::all_of(origins.begin(), origins.end(), [](const Origin& origin) { return origin.trusted; });
}

namespace {

// At most kLabelOriginsMax of the sorted origins; what is left out is counted in `label`. Untrusted origins
// are what people are told about, so they keep their names longest.
std::vector<const Origin*> bounded(std::vector<const Origin*> all, Label& label) {
  if (all.size() <= limits::kLabelOriginsMax) return all;
  const auto less = [](const Origin* a, const Origin* b) {
    return a->trusted != b->trusted ? b->trusted : *a < *b;
  };
  const auto cut = all.begin() + static_cast<ptrdiff_t>(limits::kLabelOriginsMax);
  std::nth_element(all.begin(), cut, all.end(), less);
  for (auto at = cut; at != all.end(); ++at)
    ((*at)->trusted ? label.more_trusted : label.more_untrusted) = true;
  all.erase(cut, all.end());
  std::sort(all.begin(), all.end(), [](const Origin* a, const Origin* b) { return *a < *b; });
  return all;
}

}  // namespace

Label Label::joined(const Label& other) const {
  Label both;
  both.readers = readers.joined(other.readers);
  both.more_trusted = more_trusted || other.more_trusted;
  both.more_untrusted = more_untrusted || other.more_untrusted;
  std::vector<const Origin*> all;
  all.reserve(origins.size() + other.origins.size());
  auto mine = origins.begin();
  auto theirs = other.origins.begin();
  while (mine != origins.end() || theirs != other.origins.end()) {
    const bool ours = theirs == other.origins.end() || (mine != origins.end() && !(*theirs < *mine));
    if (ours && theirs != other.origins.end() && *mine == *theirs) ++theirs;
    all.push_back(ours ? &*mine++ : &*theirs++);
  }
  for (const Origin* origin : bounded(std::move(all), both)) both.origins.push_back(*origin);
  return both;
}

std::vector<std::string> Label::printed_origins() const {
  const bool all = trusted();
  std::vector<std::string> out;
  for (const Origin& origin : origins) {
    if (all || !origin.trusted) out.push_back(origin.text());
  }
  if (all ? more_trusted : more_untrusted) out.push_back("…");
  return out;
}

Labels::Labels() {
  intern(Label::none());
}

size_t Labels::Hash::operator()(const Label& label) const {
  const auto mix = [](size_t seed, size_t value) {
    return seed ^ (value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
  };
  const std::hash<std::string> text;
  size_t hash = static_cast<size_t>(label.more_trusted) * 2 + static_cast<size_t>(label.more_untrusted);
  for (const Origin& origin : label.origins) {
    hash = mix(hash, static_cast<size_t>(origin.kind) * 2 + static_cast<size_t>(origin.trusted));
    hash = mix(mix(hash, text(origin.name)), text(origin.principal));
  }
  hash = mix(hash, static_cast<size_t>(label.readers.is_everyone()));
  for (const std::string& name : label.readers.names()) hash = mix(hash, text(name));
  return hash;
}

LabelId Labels::intern(const Label& label) {
  const auto [at, added] = ids_.try_emplace(label, static_cast<LabelId>(labels_.size()));
  if (added) {
    labels_.push_back(&at->first);
    trusted_.push_back(label.trusted());
  }
  return at->second;
}

LabelId Labels::join(LabelId a, LabelId b) {
  if (a == b || b == kNoLabel) return a;
  if (a == kNoLabel) return b;
  if (a > b) std::swap(a, b);
  const uint64_t key = (uint64_t{a} << 32) | b;
  if (const auto known = joins_.find(key); known != joins_.end()) return known->second;
  const LabelId joined = intern(get(a).joined(get(b)));
  joins_.emplace(key, joined);
  return joined;
}

LabelId Labels::join_all(std::vector<LabelId> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.size() <= 2) return ids.empty() ? kNoLabel : join(ids.front(), ids.back());
  Label joined;
  std::vector<const Origin*> all;
  for (const LabelId id : ids) {
    const Label& label = get(id);
    joined.readers = joined.readers.joined(label.readers);
    joined.more_trusted |= label.more_trusted;
    joined.more_untrusted |= label.more_untrusted;
    for (const Origin& origin : label.origins) all.push_back(&origin);
  }
  std::sort(all.begin(), all.end(), [](const Origin* a, const Origin* b) { return *a < *b; });
  all.erase(std::unique(all.begin(), all.end(), [](const Origin* a, const Origin* b) { return *a == *b; }),
            all.end());
  for (const Origin* origin : bounded(std::move(all), joined)) joined.origins.push_back(*origin);
  return intern(joined);
}

}  // namespace weir

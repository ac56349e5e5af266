#include "label/label.h"

#include <algorithm>
#include <functional>
#include <iterator>

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

Label Label::joined(const Label& other) const {
  Label both;
  both.readers = readers.joined(other.readers);
  both.more_trusted = more_trusted || other.more_trusted;
  both.more_untrusted = more_untrusted || other.more_untrusted;
  std::vector<Origin> all;
  std::set_union(origins.begin(), origins.end(), other.origins.begin(), other.origins.end(),
                 std::back_inserter(all));
  if (all.size() > limits::kLabelOriginsMax) {
    // Untrusted origins are what people are told about, so they keep their names longest.
    std::sort(all.begin(), all.end(),
              [](const Origin& a, const Origin& b) { return a.trusted != b.trusted ? b.trusted : a < b; });
    for (size_t i = limits::kLabelOriginsMax; i < all.size(); ++i) {
      (all[i].trusted ? both.more_trusted : both.more_untrusted) = true;
    }
    all.resize(limits::kLabelOriginsMax);
    std::sort(all.begin(), all.end());
  }
  both.origins = std::move(all);
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

}  // namespace weir

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

// Untrusted origins are what people are told about, so they keep their names longest.
bool kept_longer(const Origin& a, const Origin& b) {
  return a.trusted != b.trusted ? b.trusted : a < b;
}

}  // namespace

Label Label::joined(const Label& other) const {
  Label both;
  both.readers = readers.joined(other.readers);
  both.more_trusted = more_trusted || other.more_trusted;
  both.more_untrusted = more_untrusted || other.more_untrusted;
  std::vector<Origin> all;
  std::set_union(origins.begin(), origins.end(), other.origins.begin(), other.origins.end(),
                 std::back_inserter(all));
  if (all.size() > limits::kLabelOriginsMax) {
    std::sort(all.begin(), all.end(), kept_longer);
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

size_t Labels::PackedHash::operator()(const Packed& packed) const {
  size_t hash = packed.size();
  for (const uint32_t number : packed) hash = (hash ^ number) * 0x9e3779b97f4a7c15ULL + (hash >> 29);
  return hash;
}

size_t Labels::OriginHash::operator()(const Origin& origin) const {
  const std::hash<std::string_view> text;
  const size_t kind = static_cast<size_t>(origin.kind) * 2 + static_cast<size_t>(origin.trusted);
  return (text(origin.principal) * 0x9e3779b97f4a7c15ULL ^ text(origin.name)) + kind;
}

uint32_t Labels::pack(uint32_t readers, bool more_trusted, bool more_untrusted) {
  return readers << 2 | (more_trusted ? 2U : 0U) | (more_untrusted ? 1U : 0U);
}

uint32_t Labels::number_of(const Origin& origin) {
  const auto [at, added] = origin_numbers_.try_emplace(origin, static_cast<uint32_t>(origins_.size()));
  if (added) origins_.push_back(&at->first);
  return at->second;
}

uint32_t Labels::number_of(const Readers& readers) {
  const auto [at, added] = reader_numbers_.try_emplace(readers, static_cast<uint32_t>(readers_.size()));
  if (added) readers_.push_back(&at->first);
  return at->second;
}

LabelId Labels::intern_packed(Packed packed) {
  packed.shrink_to_fit();
  const auto [at, added] = ids_.try_emplace(std::move(packed), static_cast<LabelId>(labels_.size()));
  if (!added) return at->second;
  const Packed& kept = at->first;
  labels_.push_back(&kept);
  const bool trusted = (kept[0] & 1) == 0 && std::all_of(kept.begin() + 1, kept.end(), [&](uint32_t origin) {
                         return origins_[origin]->trusted;
                       });
  facts_.push_back({trusted, readers_[kept[0] >> 2]->is_everyone()});
  return at->second;
}

LabelId Labels::intern(const Label& label) {
  Packed packed{pack(number_of(label.readers), label.more_trusted, label.more_untrusted)};
  packed.reserve(1 + label.origins.size());
  for (const Origin& origin : label.origins) packed.push_back(number_of(origin));
  std::sort(packed.begin() + 1, packed.end());
  return intern_packed(std::move(packed));
}

Label Labels::get(LabelId id) const {
  const Packed& packed = *labels_[id];
  Label label;
  label.readers = *readers_[packed[0] >> 2];
  label.more_trusted = (packed[0] & 2) != 0;
  label.more_untrusted = (packed[0] & 1) != 0;
  label.origins.reserve(packed.size() - 1);
  for (auto at = packed.begin() + 1; at != packed.end(); ++at) label.origins.push_back(*origins_[*at]);
  std::sort(label.origins.begin(), label.origins.end());
  return label;
}

LabelId Labels::join(LabelId a, LabelId b) {
  if (a == b || b == kNoLabel) return a;
  if (a == kNoLabel) return b;
  if (a > b) std::swap(a, b);
  const uint64_t key = (uint64_t{a} << 32) | b;
  if (const auto known = joins_.find(key); known != joins_.end()) return known->second;
  const LabelId joined = join_all({a, b});
  joins_.emplace(key, joined);
  return joined;
}

LabelId Labels::join_all(std::vector<LabelId> ids) {
  if (ids.empty()) return kNoLabel;
  Packed packed(1);
  uint32_t readers = labels_[ids.front()]->front() >> 2;
  uint32_t more = 0;
  for (const LabelId id : ids) {
    const Packed& label = *labels_[id];
    const uint32_t theirs = label.front() >> 2;
    if (theirs != readers) readers = number_of(readers_[readers]->joined(*readers_[theirs]));
    more |= label.front() & 3;
    packed.insert(packed.end(), label.begin() + 1, label.end());
  }
  std::sort(packed.begin() + 1, packed.end());
  packed.erase(std::unique(packed.begin() + 1, packed.end()), packed.end());
  if (packed.size() - 1 > limits::kLabelOriginsMax) {
    const auto cut = packed.begin() + 1 + static_cast<ptrdiff_t>(limits::kLabelOriginsMax);
    std::nth_element(packed.begin() + 1, cut, packed.end(),
                     [&](uint32_t a, uint32_t b) { return kept_longer(*origins_[a], *origins_[b]); });
    for (auto at = cut; at != packed.end(); ++at) more |= origins_[*at]->trusted ? 2U : 1U;
    packed.erase(cut, packed.end());
    std::sort(packed.begin() + 1, packed.end());
  }
  packed[0] = readers << 2 | more;
  return intern_packed(std::move(packed));
}

}  // namespace weir

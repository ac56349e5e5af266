#include "wire/splice.h"

#include <algorithm>

namespace weir::wire {
namespace {

struct Range {
  size_t begin;
  size_t end;
};

// Cuts the ranges that are marked out of a comma-separated list.
template <class Cut>
void cut_list(const std::vector<Range>& items, const std::vector<bool>& remove, Cut&& cut) {
  size_t last_kept = SIZE_MAX;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!remove[i]) {
      last_kept = i;
      continue;
    }
    size_t end = i;
    while (end + 1 < items.size() && remove[end + 1]) ++end;
    if (last_kept != SIZE_MAX) {
      cut(items[last_kept].end, items[end].end);
    } else if (end + 1 < items.size()) {
      cut(items[i].begin, items[end + 1].begin);
    } else {
      cut(items[i].begin, items[end].end);
    }
    i = end;
  }
}

}  // namespace

void Splices::remove_elements(json::Value array, const std::vector<bool>& remove) {
  std::vector<Range> items;
  for (const json::Value element : array.elements())
    items.push_back({element.offset(), element.offset() + element.raw().size()});
  cut_list(items, remove, [&](size_t begin, size_t end) { replace(begin, end, ""); });
}

void Splices::remove_members(json::Value object, const std::function<bool(std::string_view)>& which) {
  std::vector<Range> items;
  std::vector<bool> remove;
  for (const json::Member& member : object.members()) {
    items.push_back({member.key_value.offset(), member.value.offset() + member.value.raw().size()});
    remove.push_back(which(member.key));
  }
  cut_list(items, remove, [&](size_t begin, size_t end) { replace(begin, end, ""); });
}

std::vector<std::pair<size_t, size_t>> Splices::ranges() const {
  std::vector<std::pair<size_t, size_t>> out;
  for (const Splice& splice : all_) out.emplace_back(splice.begin, splice.end);
  return out;
}

std::string Splices::apply(std::string_view text) const {
  std::vector<const Splice*> order;
  for (const Splice& splice : all_) order.push_back(&splice);
  std::stable_sort(order.begin(), order.end(),
                   [](const Splice* a, const Splice* b) { return a->begin < b->begin; });
  std::string out;
  size_t at = 0;
  for (const Splice* splice : order) {
    if (splice->begin < at) continue;  // within a range that was replaced
    out.append(text.substr(at, splice->begin - at));
    out.append(splice->with);
    at = splice->end;
  }
  out.append(text.substr(at));
  return out;
}

}  // namespace weir::wire

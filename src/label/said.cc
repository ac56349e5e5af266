#include "label/said.h"

namespace weir {
namespace {

// `below` is at `above` or under it.
bool is_at_or_under(const std::string& below, const std::string& above) {
  return below.starts_with(above) && (below.size() == above.size() || below[above.size()] == '/');
}

}  // namespace

SaidLabel SaidLabel::also(const SaidLabel& other) const {
  SaidLabel both = *this;
  if (!both.trusted || (other.trusted && !*other.trusted)) both.trusted = other.trusted;
  if (!both.readers) {
    both.readers = other.readers;
  } else if (other.readers) {
    both.readers = both.readers->joined(*other.readers);
  }
  return both;
}

SaidLabel SaidLabel::with(const SaidLabel& other) const {
  SaidLabel mixed;
  if (trusted == std::optional(false) || other.trusted == std::optional(false)) {
    mixed.trusted = false;
  } else if (trusted && other.trusted) {
    mixed.trusted = true;
  }
  if (readers && other.readers) {
    mixed.readers = readers->joined(*other.readers);
  } else if (const auto& one = readers ? readers : other.readers; one && !one->is_everyone()) {
    mixed.readers = one;  // a bound on a part bounds the whole; leave for a part is none for the rest
  }
  return mixed;
}

SaidLabel SaidLabels::of(size_t text_index, size_t texts, const std::string& pointer) const {
  SaidLabel other = fallback;
  if (rest) other = rest_covered ? *rest : rest->with(fallback);
  if (!structured_first || text_index > 0) return whole.also(other);
  const SaidLabel* nearest = &fallback;
  size_t depth = 0;
  for (const auto& [at, said] : structured) {
    if (!is_at_or_under(pointer, at) || at.size() + 1 < depth) continue;
    nearest = &said;
    depth = at.size() + 1;
  }
  SaidLabel here = *nearest;
  for (const auto& [at, said] : structured) {
    if (at.size() > pointer.size() && is_at_or_under(at, pointer)) here = here.with(said);
  }
  // One text may stand for the structured content and for the block that repeats it.
  return whole.also(texts == 1 ? here.with(other) : here);
}

}  // namespace weir

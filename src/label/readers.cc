#include "label/readers.h"

#include <algorithm>
#include <iterator>

#include "base/limits.h"

namespace weir {

Readers Readers::everyone() {
  Readers readers;
  readers.everyone_ = true;
  return readers;
}

Readers Readers::of(std::vector<std::string> names) {
  Readers readers;
  readers.names_ = std::move(names);
  std::sort(readers.names_.begin(), readers.names_.end());
  readers.names_.erase(std::unique(readers.names_.begin(), readers.names_.end()), readers.names_.end());
  if (readers.names_.size() > limits::kLabelReadersMax) readers.names_.resize(limits::kLabelReadersMax);
  return readers;
}

bool Readers::contains(std::string_view name) const {
  return everyone_ || std::binary_search(names_.begin(), names_.end(), name);
}

bool Readers::includes_all(const std::vector<std::string>& names) const {
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) { return contains(name); });
}

std::vector<std::string> Readers::printed() const {
  return everyone_ ? std::vector<std::string>{"public"} : names_;
}

Readers Readers::joined(const Readers& other) const {
  if (everyone_) return other;
  if (other.everyone_) return *this;
  Readers both;
  std::set_intersection(names_.begin(), names_.end(), other.names_.begin(), other.names_.end(),
                        std::back_inserter(both.names_));
  return both;
}

}  // namespace weir

// Splices: changes to a text by byte range; all other bytes stay as they are.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace weir::wire {

class Splices {
 public:
  void replace(size_t begin, size_t end, std::string with) { all_.push_back({begin, end, std::move(with)}); }
  void insert(size_t at, std::string text) { replace(at, at, std::move(text)); }
  void replace(json::Value value, std::string with) {
    replace(value.offset(), value.offset() + value.raw().size(), std::move(with));
  }
  // Removes elements of an array, with the commas that would be left over.
  void remove_elements(json::Value array, const std::vector<bool>& remove);
  // Removes members of an object, with the commas that would be left over. All that go from one object must
  // go in one call: neighbours share a comma, and of ranges that overlap only the first is applied.
  void remove_members(json::Value object, const std::function<bool(std::string_view)>& which);
  bool empty() const { return all_.empty(); }
  std::vector<std::pair<size_t, size_t>> ranges() const;

  // Ranges must not overlap; insertions at one place keep their order, behind a replacement that ends there.
  std::string apply(std::string_view text) const;

 private:
  struct Splice {
    size_t begin;
    size_t end;
    std::string with;
  };
  std::vector<Splice> all_;
};

}  // namespace weir::wire

// Every context that a set of policies can tell apart, one after the other.
//
// Contexts are finite: booleans, sets of a few names, a few words. What policies do not mention makes no
// difference to them, so only what they mention is varied. Relies on the values that label_attributes.h
// lists. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/policy_set.h"

namespace weir::policy {

class ContextSpace {
 public:
  // Nothing when they use something whose values are not known here, or in a way that is not understood.
  static std::optional<ContextSpace> of(const std::vector<const Policy*>& policies);

  // How many there are, impossible ones included; saturates.
  uint64_t size() const { return size_; }
  // The n-th, or nothing where facts contradict each other (an effect but no side effect; a tool of another
  // server than the one that is called).
  std::optional<Request> at(uint64_t n) const;

 private:
  struct Dimension {
    std::string attribute;
    std::vector<Value> values;
  };
  std::vector<Dimension> dimensions_;
  std::vector<EntityUid> principals_, actions_, resources_;
  bool action_and_resource_ = false;
  uint64_t size_ = 1;
};

// The values that each attribute of label_attributes() can have: the words or the elements; booleans have
// none here. Nothing for an attribute that is not known.
std::optional<std::vector<std::string>> words_of_attribute(std::string_view attribute);

}  // namespace weir::policy

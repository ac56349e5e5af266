// What other policies would have said of what was recorded.
//
// Exact where the request of a decision was kept: the same labels, grants and facts, other rules. Not
// promised: what would have come next; a call that is denied changes what an agent does.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "review/recorded.h"

namespace weir::review {

struct Changed {
  const Recorded* recorded = nullptr;
  policy::Decision now = policy::Decision::deny;
  std::vector<std::string> policies = {};  // that decide now; "default-deny" when none permits
};

struct WhatIf {
  size_t looked_at = 0;
  size_t without_request = 0;                        // nothing to decide again
  std::array<std::array<size_t, 3>, 3> counts = {};  // [then][now], by Decision
  std::vector<Changed> changed = {};                 // oldest first
  size_t count(policy::Decision then, policy::Decision now) const {
    return counts[static_cast<size_t>(then)][static_cast<size_t>(now)];
  }
};

// The result points into `recorded`.
WhatIf what_if(const std::vector<Recorded>& recorded, const policy::PolicySet& policies);

}  // namespace weir::review

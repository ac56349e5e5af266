#include "review/what_if.h"

namespace weir::review {

WhatIf what_if(const std::vector<Recorded>& recorded, const policy::PolicySet& policies) {
  WhatIf out;
  for (const Recorded& each : recorded) {
    if (!each.request) {
      ++out.without_request;
      continue;
    }
    ++out.looked_at;
    const policy::Outcome outcome = policy::decide(policies, *each.request);
    ++out.counts[static_cast<size_t>(each.decision)][static_cast<size_t>(outcome.decision)];
    if (outcome.decision == each.decision) continue;
    Changed changed{&each, outcome.decision};
    for (const policy::Determining& determining : outcome.determining)
      changed.policies.push_back(determining.policy_id);
    if (changed.policies.empty()) changed.policies.emplace_back("default-deny");
    out.changed.push_back(std::move(changed));
  }
  return out;
}

}  // namespace weir::review

// Plan grants: before the planner has read anything untrusted, a model is asked which side effects the user's
// request needs. Each that is exact (every value stands in the user's or the operator's words) becomes a
// grant for one call.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "guard/guard.h"
#include "seal/ask.h"

namespace weir::guard {

struct PlanQuestion {
  seal::Prompt prompt;
  Digest key = {};  // names session and what the user said so far
};

// Nothing to ask when something untrusted was read, the user said nothing, or none of `tools` (as the client
// offers them) has an effect that a manifest describes.
std::optional<PlanQuestion> plan_question(const Situation& situation,
                                          const std::vector<exchange::Tool>& tools);

// The grants that the answer comes to, without ids; what is not exact, or names no tool of the question, is
// left out. At most limits::kPlanGrantsMax.
std::vector<session::Grant> read_plan(const Situation& situation, const std::vector<exchange::Tool>& tools,
                                      std::string_view written);

}  // namespace weir::guard

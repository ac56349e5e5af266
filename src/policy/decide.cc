#include <algorithm>

#include "policy/evaluate.h"
#include "policy/mutant.h"
#include "policy/policy_set.h"

namespace weir::policy {

std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::allow:
      return "allow";
    case Decision::ask:
      return "ask";
    case Decision::deny:
      return "deny";
  }
  return "deny";
}

const Decider::Ruling& Decider::decide(const Request& request, const Entities& entities,
                                       Semantics semantics) {
  permits_.clear();
  forbids_.clear();
  ruling_.decision = Decision::deny;
  ruling_.determining.clear();
  ruling_.failures.clear();
  policies_.index().search(request, entities, scratch_);
  Evaluator evaluator(request, entities);
  bool is_final = false;  // a forbid that nobody can approve
  for (const uint32_t index : scratch_.found) {
    const Policy& policy = policies_.policies()[index];
    Match match = evaluator.match_conditions(policy);
    if (match.kind == Match::Kind::error) {
      ruling_.failures.push_back({&policy, std::move(match.error), match.at});
    } else if (match.kind == Match::Kind::yes) {
      (policy.is_forbid ? forbids_ : permits_).push_back(&policy);
      is_final |= policy.is_forbid && (semantics == Semantics::cedar || !policy.approve);
    }
  }
  if (semantics == Semantics::weir && !ruling_.failures.empty()) {
    for (const Failure& failure : ruling_.failures) ruling_.determining.push_back(failure.policy);
  } else if (is_final && !(WEIR_MUTANT(10) && !permits_.empty())) {
    ruling_.determining = forbids_;
  } else if (!permits_.empty()) {
    ruling_.decision = forbids_.empty() || is_final ? Decision::allow : Decision::ask;
    ruling_.determining = forbids_.empty() ? permits_ : forbids_;
  }
  return ruling_;
}

Outcome decide(const PolicySet& policies, const Request& request, const Entities& entities,
               Semantics semantics) {
  Outcome out;
  if (!request.context.is(Value::Kind::record)) {
    out.errors.push_back({"", "the context is not a record", ""});
    return out;
  }
  Decider decider(policies);
  const Decider::Ruling& ruling = decider.decide(request, entities, semantics);
  out.decision = ruling.decision;
  for (const Policy* p : ruling.determining) out.determining.push_back({p->id, p->is_forbid, p->approve});
  for (const Decider::Failure& f : ruling.failures) {
    out.errors.push_back({f.policy->id, f.message, f.policy->where(f.at)});
  }
  return out;
}

}  // namespace weir::policy

#include "policy/explain.h"

#include "policy/print.h"

namespace weir::policy {
namespace {

class Explainer {
 public:
  Explainer(const Policy& policy, const Request& request) : policy_(policy), request_(request) {}

  Explained run() const {
    Explained out{&policy_};
    const Match match = Evaluator(request_, entities_).match(policy_);
    out.matches = match.kind;
    out.error = match.error;
    Policy scope = policy_;
    scope.conditions.clear();
    out.in_scope = Evaluator(request_, entities_).match(scope).kind == Match::Kind::yes;
    for (const Condition& condition : policy_.conditions)
      out.blocks.push_back({condition.unless, part(condition.root)});
    return out;
  }

 private:
  // Recursion is bounded by limits::kPolicyDepthMax.
  Part part(uint32_t index) const {
    Expression printed = print_expression(policy_, index);
    Part out;
    out.text = std::move(printed.text);
    out.attributes = std::move(printed.attributes);
    Policy alone = policy_;
    alone.scope.clear();
    alone.conditions = {Condition{false, index, policy_.nodes[index].at}};
    const Match match = Evaluator(request_, entities_).match(alone);
    out.holds = match.kind;
    out.error = match.error;
    const Node& node = policy_.nodes[index];
    out.all = node.op == Op::and_;
    if (node.op == Op::and_ || node.op == Op::or_) {
      for (uint32_t i = 0; i < node.c; ++i) out.parts.push_back(part(policy_.extra[node.b + i]));
    }
    return out;
  }

  const Policy& policy_;
  const Request& request_;
  const Entities entities_ = {};
};

}  // namespace

std::vector<Explained> explain(const PolicySet& policies, const Request& request) {
  std::vector<Explained> out;
  for (const Policy& policy : policies.policies()) out.push_back(Explainer(policy, request).run());
  return out;
}

}  // namespace weir::policy

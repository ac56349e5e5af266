#include "policy/analysis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "base/limits.h"
#include "policy/context_space.h"
#include "policy/evaluate.h"

namespace weir::policy {
namespace {

constexpr uint64_t kStepsOfASpace = 16;  // what it costs to make one, in evaluations

bool is_hard(const Policy& policy) {
  return policy.is_forbid && !policy.approve;
}

// One answer to "does it hold in every context?"; unknown when there were too many.
enum class Answer : uint8_t { no, yes, unknown };

class Analyst {
 public:
  explicit Analyst(const PolicySet& set) : set_(set) {}

  std::vector<Remark> run() {
    for (const Policy& policy : set_.policies()) {
      if (auto remark = look_at(policy)) out_.push_back(std::move(*remark));
    }
    return std::move(out_);
  }

 private:
  using Holds = std::function<bool(const Request&)>;

  // Whether `holds` in every context that the policies can tell apart.
  Answer everywhere(const std::vector<const Policy*>& policies, const Holds& holds) {
    steps_ += kStepsOfASpace;
    const auto space = ContextSpace::of(policies);
    if (!space) return Answer::unknown;
    bool any = false;
    for (uint64_t n = 0; n < space->size(); ++n) {
      if (++steps_ > limits::kPolicyAnalysisStepsMax) return Answer::unknown;
      const auto request = space->at(n);
      if (!request) continue;
      any = true;
      if (!holds(*request)) return Answer::no;
    }
    return any ? Answer::yes : Answer::unknown;
  }

  static bool matches(const Policy& policy, const Request& request) {
    static const Entities kNone;
    return Evaluator(request, kNone).match(policy).kind == Match::Kind::yes;
  }
  // An erring rule denies: that matters.
  static bool says_nothing(const Policy& policy, const Request& request) {
    static const Entities kNone;
    return Evaluator(request, kNone).match(policy).kind == Match::Kind::no;
  }

  // Whenever `a` matches, one of `others` does too.
  Answer implies(const Policy& a, const std::vector<const Policy*>& others) {
    std::vector<const Policy*> all = others;
    all.push_back(&a);
    return everywhere(all, [&](const Request& request) {
      if (!matches(a, request)) return true;
      return std::any_of(others.begin(), others.end(),
                         [&](const Policy* other) { return matches(*other, request); });
    });
  }

  std::optional<Remark> look_at(const Policy& policy) {
    const auto remark = [&](Remark::Kind kind, std::vector<std::string> by = {}) {
      return Remark{kind, policy.id, std::move(by), policy.where(policy.at)};
    };
    const Answer never = everywhere({&policy}, [&](const Request& r) { return says_nothing(policy, r); });
    if (never == Answer::yes) return remark(Remark::Kind::never_matches);
    if (never == Answer::unknown) return remark(Remark::Kind::not_understood);
    if (!is_hard(policy)) {
      if (auto by = covered_by(policy); !by.empty())
        return remark(policy.is_forbid ? Remark::Kind::shadowed : Remark::Kind::overridden, std::move(by));
    }
    if (auto by = same_effect_covers(policy); !by.empty())
      return remark(Remark::Kind::redundant, std::move(by));
    return constant_blocks(policy);
  }

  // The forbids without @approve that match whenever it does: one alone if there is one, else all of them.
  std::vector<std::string> covered_by(const Policy& policy) {
    std::vector<const Policy*> others;
    for (const Policy& other : set_.policies()) {
      if (!is_hard(other)) continue;
      if (implies(policy, {&other}) == Answer::yes) return {other.id};
      others.push_back(&other);
    }
    if (others.size() < 2 || implies(policy, others) != Answer::yes) return {};
    std::vector<std::string> ids;
    for (const Policy* other : others) ids.push_back(other->id);
    return ids;
  }

  // Of two that say the same, only the later one is redundant.
  std::vector<std::string> same_effect_covers(const Policy& policy) {
    for (const Policy& other : set_.policies()) {
      if (&other == &policy || other.is_forbid != policy.is_forbid || is_hard(other) != is_hard(policy) ||
          implies(policy, {&other}) != Answer::yes)
        continue;
      if (&policy < &other && implies(other, {&policy}) == Answer::yes) continue;
      return {other.id};
    }
    return {};
  }

  std::optional<Remark> constant_blocks(const Policy& policy) {
    std::vector<Position> constant;
    for (const Condition& condition : policy.conditions) {
      Policy alone = policy;
      alone.scope.clear();
      alone.conditions = {condition};
      if (everywhere({&alone}, [&](const Request& r) { return matches(alone, r); }) == Answer::yes)
        constant.push_back(condition.at);
    }
    if (constant.empty()) return std::nullopt;
    const bool all = constant.size() == policy.conditions.size();
    return Remark{all ? Remark::Kind::always_matches : Remark::Kind::constant_condition,
                  policy.id,
                  {},
                  policy.where(constant.front())};
  }

  const PolicySet& set_;
  std::vector<Remark> out_;
  uint64_t steps_ = 0;
};

}  // namespace

std::string_view remark_name(Remark::Kind kind) {
  switch (kind) {
    case Remark::Kind::never_matches:
      return "never-matches";
    case Remark::Kind::always_matches:
      return "always-matches";
    case Remark::Kind::constant_condition:
      return "constant-condition";
    case Remark::Kind::overridden:
      return "overridden";
    case Remark::Kind::shadowed:
      return "shadowed";
    case Remark::Kind::redundant:
      return "redundant";
    case Remark::Kind::not_understood:
      return "not-understood";
  }
  return "not-understood";
}

std::string Remark::says() const {
  std::string others;
  for (const std::string& id : by) others += (others.empty() ? "" : ", ") + quoted(id);
  switch (kind) {
    case Kind::never_matches:
      return "it never matches: its conditions exclude each other";
    case Kind::always_matches:
      return "its conditions always hold: it matches every call that its scope lets in";
    case Kind::constant_condition:
      return "this condition always holds, and says nothing";
    case Kind::overridden:
      return fmt::format("it permits nothing: whenever it matches, {} forbid{} it", others,
                         by.size() == 1 ? "s" : "");
    case Kind::shadowed:
      return fmt::format("nobody is ever asked by it: whenever it matches, {} den{}", others,
                         by.size() == 1 ? "ies" : "y");
    case Kind::redundant:
      return fmt::format("it adds nothing: whenever it matches, {} does too", others);
    case Kind::not_understood:
      return "whether it can matter was not found out";
  }
  return {};
}

std::vector<Remark> analyse(const PolicySet& policies) {
  return Analyst(policies).run();
}

}  // namespace weir::policy

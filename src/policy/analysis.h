// Rules that cannot matter: found by trying every context there can be (context_space.h).
//
// What is said here is so; what is not said may still be so (a rule that uses what is not understood, or too
// many combinations). Bounded by limits::kPolicyAnalysisStepsMax evaluations. Pure.
#pragma once

#include <string>
#include <vector>

#include "policy/policy_set.h"

namespace weir::policy {

struct Remark {
  enum class Kind : uint8_t {
    never_matches,       // its conditions exclude each other
    always_matches,      // it has conditions, and they always hold
    constant_condition,  // one of several blocks always holds
    overridden,          // a permit, and forbids that nobody can approve match whenever it does
    shadowed,            // an approvable forbid, and one that nobody can approve matches whenever it does
    redundant,           // another rule of the same effect matches whenever it does
    not_understood,      // it was not looked at; `says` says why
  };
  Kind kind = Kind::not_understood;
  std::string policy_id;
  std::vector<std::string> by = {};  // the other rules
  std::string where = {};            // "file:line:column"

  // One sentence for people, without a full stop.
  std::string says() const;
  // A rule that can never matter, or might as well not be there.
  bool is_fault() const { return kind != Kind::not_understood; }
};

// "never-matches", …
std::string_view remark_name(Remark::Kind kind);

// In the order of the set; for each rule the strongest remark.
std::vector<Remark> analyse(const PolicySet& policies);

}  // namespace weir::policy

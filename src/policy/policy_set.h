// Policies as they are loaded, and the decision that they give.
//
// The text is the Cedar policy language: permit and forbid with scopes, when/unless, annotations, all core
// operators. Not covered and refused by name: templates, extension functions (ip, decimal, datetime,
// duration) and entity tags.
//
// weir's own rules on top of Cedar's:
// - an evaluation error of any policy is a denial (Cedar skips the policy);
// - a forbid with @approve("why") asks a person instead of denying, where a permit matches and no other
//   forbid does. @approve on a permit, or without a reason, is refused.
// - @id("…") names the policy; without it the n-th policy of a text is "policy<n>", from 0. Two of one name,
//   or one annotation twice, are refused.
//
// A PolicySet does not change after loading and may be shared between threads; nothing here recurses deeper
// than limits::kPolicyDepthMax.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/ast.h"
#include "policy/value.h"

namespace weir::policy {

class PolicySet {
 public:
  // Errors: bad_input with "file:line:column" and what was expected; too_large past kPolicyBytesMax,
  // kPoliciesMax or kPolicyDepthMax.
  static Result<PolicySet> parse(std::string_view text, std::string_view file_name);

  // Adds the policies of another set; refuses (and adds none) when an id occurs in both or there would be
  // more than kPoliciesMax.
  Status add(PolicySet other);

  const std::vector<Policy>& policies() const { return policies_; }
  const Policy* find(std::string_view id) const;

 private:
  std::vector<Policy> policies_;  // in the order of the text
};

// The error, and below it the line of `text` it points at with a caret; just the error where it has no
// place in `text`. For people: unprintable characters are shown as "?".
std::string with_caret(const Error& error, std::string_view text);

enum class Decision : uint8_t { allow, ask, deny };
std::string_view to_string(Decision decision);

struct Request {
  EntityUid principal;
  EntityUid action;
  EntityUid resource;
  Value context = Value::record({});  // must be a record
};

// A policy that caused the decision.
struct Determining {
  std::string policy_id;
  bool is_forbid = false;
  std::optional<std::string> approve;  // the reason of @approve, if it has one
};

struct PolicyError {
  std::string policy_id;
  std::string message;
  std::string where;  // "file:line:column"
};

struct Outcome {
  Decision decision = Decision::deny;
  std::vector<Determining> determining;
  std::vector<PolicyError> errors;
};

// In this order:
//   any policy errs                          deny   determining: the erring policies, errors filled
//   a forbid without @approve matches        deny   determining: all matching forbids
//   no permit matches                        deny   determining: empty (default deny)
//   a forbid with @approve matches           ask    determining: the matching forbids
//   else                                     allow  determining: the matching permits
// A context that is no record is a denial with one error. Linear in policies × context. The order of the
// policies changes nothing but the order of the lists.
Outcome decide(const PolicySet& policies, const Request& request, const Entities& entities = {});

}  // namespace weir::policy

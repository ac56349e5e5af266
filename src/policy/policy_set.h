// Policies as they are loaded, and the decision that they give.
//
// The text is the Cedar policy language at version 4.5: permit and forbid with scopes, when/unless,
// annotations, all operators, entity tags, the extension types, templates. json_policy.h reads and writes
// the same as JSON.
//
// weir's own rules on top of Cedar's:
// - an evaluation error of any policy is a denial (Cedar skips the policy, and so does Semantics::cedar);
// - a forbid with @approve("why") asks a person instead of denying, where a permit matches and no other
//   forbid does. @approve on a permit, or without a reason, is refused. (Semantics::cedar: a forbid.)
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
#include "policy/entities.h"
#include "policy/request.h"
#include "policy/scope_index.h"
#include "policy/value.h"

namespace weir::policy {

class PolicySet {
 public:
  // Errors: bad_input with "file:line:column" and what was expected; too_large past kPolicyBytesMax,
  // kPoliciesMax or kPolicyDepthMax.
  static Result<PolicySet> parse(std::string_view text, std::string_view file_name);

  // Policies and templates made elsewhere (json_policy.h). Errors: two of one id, more than kPoliciesMax.
  static Result<PolicySet> make(std::vector<Policy> policies_and_templates);

  // Adds the policies and templates of another set; refuses (and adds none) when an id occurs in both or
  // there would be more than kPoliciesMax.
  Status add(PolicySet other);

  // Adds the policy that the template becomes with its slots filled. Refuses when there is no such template,
  // the id is taken, or a value is given for a slot that the template lacks, or none for one that it has.
  Status link(std::string_view template_id, std::string new_id, std::optional<EntityUid> principal,
              std::optional<EntityUid> resource);

  const std::vector<Policy>& policies() const { return policies_; }
  // Say nothing until they are linked.
  const std::vector<Policy>& templates() const { return templates_; }
  const Policy* find(std::string_view id) const;
  const Policy* find_template(std::string_view id) const;
  const ScopeIndex& index() const { return index_; }

 private:
  std::vector<Policy> policies_;  // in the order of the text
  std::vector<Policy> templates_;
  ScopeIndex index_;  // of policies_
};

// The error, and below it the line of `text` it points at with a caret; just the error where it has no
// place in `text`. For people: unprintable characters are shown as "?".
std::string with_caret(const Error& error, std::string_view text);

enum class Decision : uint8_t { allow, ask, deny };
std::string_view to_string(Decision decision);

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

enum class Semantics : uint8_t { weir, cedar };

// In this order:
//   any policy errs                          deny   determining: the erring policies, errors filled
//   a forbid without @approve matches        deny   determining: all matching forbids
//   no permit matches                        deny   determining: empty (default deny)
//   a forbid with @approve matches           ask    determining: the matching forbids
//   else                                     allow  determining: the matching permits
// With Semantics::cedar, as the published engine decides: an erring policy is skipped (and reported), and
// @approve is an annotation like any other:
//   a forbid matches                         deny   determining: all matching forbids
//   no permit matches                        deny   determining: empty
//   else                                     allow  determining: the matching permits
// A context that is no record is a denial with one error. Linear in the policies whose scope could match,
// times the context. The order of the policies changes nothing but the order of the lists.
Outcome decide(const PolicySet& policies, const Request& request, const Entities& entities = {},
               Semantics semantics = Semantics::weir);

// The same for many requests on one set, with views instead of copies. Where no policy errs and no operator
// has to make a set or a record, a decision allocates nothing once the buffers have grown. One thread.
class Decider {
 public:
  struct Failure {
    const Policy* policy;
    std::string message;
    Position at;
  };
  // Points into the set; valid until the next decide().
  struct Ruling {
    Decision decision = Decision::deny;
    std::vector<const Policy*> determining;
    std::vector<Failure> failures;
  };

  // `policies` must outlive it, and not change.
  explicit Decider(const PolicySet& policies) : policies_(policies) {}
  // `request.context` must be a record.
  const Ruling& decide(const Request& request, const Entities& entities,
                       Semantics semantics = Semantics::weir);

 private:
  const PolicySet& policies_;
  ScopeIndex::Scratch scratch_;
  std::vector<const Policy*> permits_;
  std::vector<const Policy*> forbids_;
  Ruling ruling_;
};

}  // namespace weir::policy

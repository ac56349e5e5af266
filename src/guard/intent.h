// The intent check (DESIGN section 5): before a person is asked about a call, a model that has read nothing
// untrusted may say whether the user's own words ask for it.
//
// It is shown what the user and the operator said, the tool as its manifest describes it, the arguments that
// decide something (trusted ones by value, sealed ones by where they are from) and the trusted names of
// where the rest is from. So there is nothing in front of it that an attacker wrote; an attacker can only
// propose calls. One "no" therefore holds for the tool until the user speaks again, and each "yes" is for one
// execution. It never answers for an argument that is untrusted and shown to the planner.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "guard/facts.h"
#include "guard/guard.h"
#include "seal/ask.h"

namespace weir::guard {

// The question about this call, when all that it needs to show may be shown. `facts` and `leaves` are the
// call's; `tool_name` is "server/tool".
std::optional<IntentQuestion> intent_question(const Situation& situation, const exchange::Call& call,
                                              const Facts& facts, const std::vector<session::Leaf>& leaves,
                                              std::string_view tool_name);

// What the judge is sent: the question, and how often this call and others of its tool were let go already.
seal::Prompt intent_prompt(const IntentQuestion& question, int same, int of_tool);
// The judge's answer, or nothing when it did not give one in its form.
std::optional<bool> read_intent(std::string_view written);

// The verdict as it is once the judge has answered: decided again by the policies. `held`: it said no to the
// tool before, and was not asked again.
void apply_intent(Verdict& verdict, const policy::PolicySet& policies, bool yes, bool held,
                  policy::Semantics semantics = policy::Semantics::weir);

// What judges answered: bounded, the oldest is forgotten first. Plain value.
class IntentMemory {
 public:
  bool refused(const IntentQuestion& question) const;
  // How often this call, and any of its tool, was let go: by the history, or by answers that no history shows
  // yet.
  int same(const IntentQuestion& question) const;
  int of_tool(const IntentQuestion& question) const;
  void note(const IntentQuestion& question, bool yes);
  // Whether this digest is met for the first time.
  bool first(const Digest& key) { return count(key)++ == 0; }

 private:
  int& count(const Digest& key);
  int counted(const Digest& key) const;
  std::unordered_map<std::string, int> answers_;  // by the question's digests: how often
  std::list<std::string> order_;
};

}  // namespace weir::guard

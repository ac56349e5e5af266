// guard: call + labels + manifest + policy → allow, ask or deny.
//
// Every tool call of every protocol passes decide(). It denies what it does not understand (a tool that
// nobody declared, arguments that do not parse, a policy that errs) and never throws. It executes nothing and
// changes nothing but the table of labels: the caller records the decision, waits for a person where it
// says ask, and uses up the grant that it names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "exchange/exchange.h"
#include "policy/policy_set.h"
#include "session/attribution.h"
#include "session/grant.h"
#include "session/workspace.h"

namespace weir::guard {

enum class Mode : uint8_t { watch, guard, seal };
// "watch", "guard", "seal".
std::string_view mode_name(Mode mode);
std::optional<Mode> parse_mode(std::string_view name);

using policy::Decision;

// What the intent check is asked about one call: see guard/intent.h. Plain value.
struct IntentQuestion {
  std::string text;     // who said what, and the act
  Digest call = {};     // names the call in its session, by tool and arguments
  Digest tool = {};     // names the tool in its session
  Digest refusal = {};  // names tool, session and all that the user has said so far
  int same = 0;         // how often the history has this very call
  int of_tool = 0;      // how often it has a call of this tool
};

// What was decided of one call, and on what grounds. Plain value.
struct Verdict {
  std::string call_id;
  std::string tool;  // "server/tool"
  Decision decision = Decision::deny;
  std::string why;                    // one sentence for people, hostile text in it made visible
  std::vector<std::string> policies;  // that decided; "default-deny" when none permitted
  LabelId context = kNoLabel;
  std::vector<session::Leaf> arguments;
  LabelId carries = kNoLabel;  // joined over the arguments
  bool side_effect = true;
  std::vector<std::string> places;  // what it writes to, for Workspace::stored; empty when it writes nothing
  std::string grant;                // id of the once-grant that it uses up; may be empty
  double influence_bits = 0;
  bool grantable = false;  // asked, and a grant for exactly this call (releasing what leaks) would allow it
  std::optional<IntentQuestion> intent = {};  // asked, and a "yes" of the intent check would allow it
  policy::Request request = {};  // that the policies decided on; its context is empty where none was asked
};

// What the call is decided against. Everything is borrowed for the call of decide().
struct Situation {
  session::Workspace* workspace;
  const session::Conversation* conversation;
  session::Rules rules;
  const policy::PolicySet* policies;
  const std::vector<session::Grant>* grants;
  std::string session_id;
  Mode mode = Mode::guard;
  bool offered = true;  // the client's request, or a tools list, declares the tool
  int64_t wall_ms = 0;
  bool drifted = false;  // what its server says of the tool is not what was accepted
  policy::Semantics semantics = policy::Semantics::weir;  // of the policies; the other is for comparison
  bool intent = false;                                    // the intent check is on
};

Verdict decide(const Situation& situation, const exchange::Call& call);

// Decides the links and images of an answer: who shows them may load them, which tells their server what is
// in the address. Each is a selector of the pseudo-tool "answer"; an answer without any is allowed.
Verdict decide_answer(const Situation& situation, std::string_view text);
// The addresses in a text that a renderer may load or link, in order; at most limits::kAnswerLinksMax.
std::vector<std::string> urls_in(std::string_view text);

// The line of `weir replay`'s contract (DESIGN section 12): id, tool, decision, why, policies, context, args,
// influence_bits. Without a line end.
std::string verdict_json(const Verdict& verdict, const Labels& labels);

// What the planner is told instead of a result: that it is policy and not a fault, why, and what it may do.
std::string denial_text(const Verdict& verdict);
// The same in seal mode: which policies, which arguments by pointer and role; never a value, nor an origin.
std::string sealed_denial_text(const Verdict& verdict, const Labels& labels);

}  // namespace weir::guard

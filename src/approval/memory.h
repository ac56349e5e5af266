// What stays of asks once they are over: what a person denied, and what nobody was there to answer.
//
// Both are bounded and live for one run. What is forgotten is asked again, which is safe. Pure; one thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "approval/question.h"
#include "base/clock.h"

namespace weir::approval {

// What a person denied in a session: the very same call, until the person says something more to the agent.
// With another payload it may be another's: what a stranger had asked for must not deny the user's own call.
// So it is asked again, but not for ever: after kDenialsOfAQuestion the question itself is denied. At most
// limits::kDeniedQuestionsMax, the oldest go first.
class Denials {
 public:
  static constexpr int kDenialsOfAQuestion = 3;

  void put(std::string_view session, const guard::Verdict& verdict);
  bool has(std::string_view session, const guard::Verdict& verdict) const;

 private:
  void count(const Digest& key);
  int times(const Digest& key) const;

  std::map<Digest, int> known_;
  std::deque<Digest> order_;
};

// A call that was denied for lack of a person.
struct Missed {
  std::string tool;
  std::string session;    // of the first
  std::string why;        // of the first, hostile text made visible
  std::string reason;     // "ask_timeout is 0s", "nobody answered within 120 s", …
  std::string grant;      // the line that would have allowed it; empty when none would, or it is too long
  uint64_t decision = 0;  // the first's entry on the ledger
  int64_t wall_ms = 0;    // of the first
  uint64_t count = 0;
};

// Calls that the same grant would have allowed count as one. At most limits::kMissedMax; further ones are
// only counted.
class MissedList {
 public:
  void add(const std::string& session, const guard::Verdict& verdict, std::string reason, uint64_t decision,
           Now now);
  const std::vector<Missed>& all() const { return all_; }
  uint64_t more() const { return more_; }

 private:
  std::vector<Missed> all_;
  uint64_t more_ = 0;
};

// {"denied":[{"tool","why","reason","session","count","decision","time","grant"}],"more":N}
std::string missed_json(const MissedList& missed);

// What `weir approvals --denied` and `weir up` print of that: lines for people, of hostile text made visible.
// Empty when nothing was missed. Error: bad_input, when it is not what missed_json writes.
Result<std::string> missed_text(std::string_view json);

}  // namespace weir::approval

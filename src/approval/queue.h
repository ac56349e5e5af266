// The queue of asks.
//
// Guarantee: an ask is answered exactly once: by a person, by its time-out (which denies), or by the client
// going away. A full queue takes no more, and the caller denies. One thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "guard/guard.h"
#include "session/grant.h"

namespace weir::approval {

enum class Answer : uint8_t { once, session, always, deny };
// "once", "session", "always", "deny".
std::string_view answer_name(Answer answer);
std::optional<Answer> parse_answer(std::string_view name);

struct Ask {
  std::string id;  // short, for people to type; unique among those pending
  std::string session_id;
  guard::Verdict verdict;
  Now asked;
  int64_t deadline_mono_ms = 0;
};

class Queue {
 public:
  // Gives the ask its id ("a1", "a2", …) and returns it. Error: too_large when limits::kPendingAsksMax wait.
  Result<std::string> add(std::string session_id, guard::Verdict verdict, Now now, int64_t timeout_ms);
  // Takes the ask out. Error: not_found (never asked, answered already, or timed out).
  Result<Ask> take(std::string_view id);
  // Takes out what nobody answered in time.
  std::vector<Ask> expire(Now now);

  // In the order of asking. The reference is good until the next change.
  const std::map<uint64_t, Ask>& pending() const { return pending_; }

 private:
  std::map<uint64_t, Ask> pending_;
  uint64_t next_ = 1;
};

// The grant that "session" or "always" stands for: this tool with exactly these deciding arguments, for this
// session or for `days` days. It also releases what the call carries when that was asked.
session::Grant grant_for(const Ask& ask, Answer answer, std::string id, Now now, int days = 30);

}  // namespace weir::approval

// The queue of asks: calls that wait for a person, and which of them are one question.
//
// Guarantee: an ask is answered exactly once: by a person, by its time-out (which denies), or by the client
// going away. A full queue takes no more, and the caller denies. One thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "approval/question.h"
#include "base/clock.h"
#include "base/error.h"
#include "guard/guard.h"
#include "session/grant.h"

namespace weir::approval {

enum class Answer : uint8_t { once, session, always, deny };
// "once", "session", "always", "deny".
std::string_view answer_name(Answer answer);
std::optional<Answer> parse_answer(std::string_view name);

inline constexpr int kAlwaysDays = 30;

struct Ask {
  std::string id;  // short, for people to type; never given twice in one run
  std::string session_id;
  guard::Verdict verdict;
  Now asked;
  int64_t deadline_mono_ms = 0;
  uint64_t decision = 0;  // its entry on the ledger
  Digest question = {};   // equal for asks that are one question: see question_key
};

// Calls that wait with one question, in the order of asking; shown as the first of them.
using Question = std::vector<const Ask*>;

class Queue {
 public:
  // Gives the ask its id ("a1", "a2", …) and returns it. Error: too_large when limits::kPendingAsksMax wait.
  Result<std::string> add(std::string session_id, guard::Verdict verdict, Now now, int64_t timeout_ms,
                          uint64_t decision = 0);
  // Takes the ask out. Error: not_found (never asked, answered already, or timed out).
  Result<Ask> take(std::string_view id);
  // Takes out all that wait with this question.
  std::vector<Ask> take_question(const Digest& question);
  // Takes out what nobody answered in time.
  std::vector<Ask> expire(Now now);

  // Null when nothing waits under that id, or with that question; the first of them. Good until the next
  // change.
  const Ask* find(std::string_view id) const;
  const Ask* first_of(const Digest& question) const;
  // In the order of asking. The reference is good until the next change.
  const std::map<uint64_t, Ask>& pending() const { return pending_; }
  // For people: by session and tool, these in the order of their oldest ask. Good until the next change.
  std::vector<Question> questions() const;

 private:
  std::map<uint64_t, Ask>::const_iterator at(std::string_view id) const;

  std::map<uint64_t, Ask> pending_;
  uint64_t next_ = 1;
};

// The grant that "session" or "always" stands for: this tool with exactly these deciding arguments, for this
// session or for `days` days. It also releases what the call carries when that was asked.
session::Grant grant_for(const Ask& ask, Answer answer, std::string id, Now now, int days = kAlwaysDays);
int64_t always_until_wall_ms(Now now, int days = kAlwaysDays);

}  // namespace weir::approval

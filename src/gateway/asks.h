// Asks: the calls that wait for a person, from the question to the answer that goes to the call.
//
// Guarantee: a call goes on only after the person's answer, and the grant that "session" or "always" makes,
// are durable. The same question is not put twice in a session: calls with it wait for one answer, and after
// a denial it is denied at once. "once" lets one call go, never two; the others ask again under another id.
//
// Not promised: what was denied is remembered for this run only, and within limits::kDeniedQuestionsMax.
// One event loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "approval/memory.h"
#include "approval/queue.h"
#include "base/error.h"
#include "gateway/notify.h"

namespace weir::gateway {

class Gateway;

// What became of an ask. Converts to whether the call may go on.
struct AskOutcome {
  bool allowed = false;
  std::string said = {};  // a clause for the denial: "the user was asked and said no"

  operator bool() const { return allowed; }
};

class Asks {
 public:
  using Answered = std::function<void(const AskOutcome&)>;

  // The gateway must outlive this.
  explicit Asks(Gateway& gateway);
  ~Asks();
  // The configuration was read again.
  void configure();

  // A call waits for a person. Gives its id; `answered` runs once, later, and not after forget(). Error:
  // nobody is asked, with the clause for the denial as message; what that decision came to is on the ledger.
  Result<std::string> ask(const std::string& session, const guard::Verdict& verdict, uint64_t decision,
                          Answered answered);
  void forget(const std::string& id);  // the client went away
  // By the id of any call that waits with the question.
  void answer(const std::string& id, approval::Answer answer, std::function<void(Status)> done);
  // Denies what nobody answered in time. To be called a few times a second.
  void expire();

  const approval::Queue& queue() const { return queue_; }
  const approval::MissedList& missed() const { return missed_; }

  // From now on asks have links: base + "/a/" + token. `base` is weir's own loopback address,
  // "http://127.0.0.1:7447".
  void offer_links(std::string base) { base_ = std::move(base); }
  const std::string& base() const { return base_; }  // empty: no links
  // The link of a question that waits; empty when links are not offered.
  std::string link(const Digest& question) const;
  // The first ask of the question whose link has this token, or null. Time does not depend on how much of a
  // token is right.
  const approval::Ask* by_token(std::string_view token) const;

 private:
  struct Waiting {
    uint64_t decision = 0;
    Answered answered;
    bool settled = false;  // answered; what that came to is on its way to the ledger
  };
  void announce(const Digest& question);
  void close_link(const Digest& question);
  void settle(const approval::Ask& ask, bool allowed, std::string_view recorded, std::string said);
  Error not_asked(const std::string& session, const guard::Verdict& verdict, uint64_t decision,
                  std::string why);

  Gateway& gateway_;
  approval::Queue queue_;
  approval::Denials denials_;
  approval::MissedList missed_;
  std::map<std::string, Waiting> waiting_;
  std::map<Digest, std::string> tokens_;  // by question
  std::string base_;
  std::unique_ptr<Notifier> notifier_;                     // null when nothing is configured
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // watched by what comes back from the ledger
};

}  // namespace weir::gateway

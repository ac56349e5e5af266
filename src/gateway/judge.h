// Judging: one call on its way through guard, the ledger and, where that is asked, a person. Both doors (the
// model proxy's Turn, the MCP session) let calls go only by this.
//
// Guarantee: `done` hears "allowed" only after the decision, and the answer of a person where one was asked,
// are durable. It runs once, never inside judge(), and not at all once the Judging was destroyed (the client
// went away: a pending ask is withdrawn). One event loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/gateway.h"
#include "gateway/intent_check.h"

namespace weir::gateway {

struct Judged {
  bool allowed = false;
  guard::Verdict verdict;
  uint64_t entry = 0;  // of the ledger
};

class Judging : public std::enable_shared_from_this<Judging> {
 public:
  ~Judging();
  Judging(const Judging&) = delete;
  Judging& operator=(const Judging&) = delete;
  // The id of the ask that a person has not answered yet; empty when nobody is asked.
  const std::string& ask() const { return ask_; }

 private:
  friend std::shared_ptr<Judging> judge(Gateway&, const guard::Situation&, const exchange::Call&,
                                        std::function<void(Judged)>, std::function<void(const std::string&)>,
                                        const Judge*);
  Judging(Gateway& gateway, std::string session) : gateway_(gateway), session_(std::move(session)) {}
  void record();
  void intent_answered(const IntentCheck::Answer& answer);
  void recorded(Result<uint64_t> entry);
  void finish(bool allowed);

  Gateway& gateway_;
  std::string session_;
  std::string arguments_;
  bool enforced_ = true;
  int64_t recorded_since_ms_ = 0;        // monotonic
  std::shared_ptr<IntentCheck> intent_;  // shared with what is under way, which holds it weakly
  Judged judged_;
  std::string ask_;
  std::function<void(Judged)> done_;  // empty once it ran
  std::function<void(const std::string&)> asked_;
};

// Decides, asks the judge of the intent check where that may help, and writes down. `situation` is borrowed
// for the call. In watch mode all is allowed, and recorded as what would have been. `asked` hears the id of
// the ask, when a person is asked. `intent`: who answers the intent check; null: nobody does. It is borrowed
// for the call. Shared with what is under way, which holds it only weakly.
[[nodiscard]] std::shared_ptr<Judging> judge(Gateway& gateway, const guard::Situation& situation,
                                             const exchange::Call& call, std::function<void(Judged)> done,
                                             std::function<void(const std::string& ask)> asked = {},
                                             const Judge* intent = nullptr);

}  // namespace weir::gateway

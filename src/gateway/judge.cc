#include "gateway/judge.h"

namespace weir::gateway {

std::shared_ptr<Judging> judge(Gateway& gateway, const guard::Situation& situation,
                               const exchange::Call& call, std::function<void(Judged)> done,
                               std::function<void(const std::string&)> asked, const Judge* intent) {
  std::shared_ptr<Judging> judging(new Judging(gateway, situation.session_id));
  judging->done_ = std::move(done);
  judging->asked_ = std::move(asked);
  judging->arguments_ = call.arguments;
  judging->enforced_ = situation.mode != guard::Mode::watch;
  guard::Situation with_intent = situation;
  with_intent.intent = intent != nullptr && judging->enforced_;
  judging->judged_.verdict = guard::decide(with_intent, call);
  const guard::Verdict& verdict = judging->judged_.verdict;
  ++gateway.counters().calls;
  if (!verdict.grant.empty()) gateway.use_up(verdict.grant);
  if (!verdict.intent) {
    judging->record();
    return judging;
  }
  judging->intent_ =
      IntentCheck::start(gateway, situation.session_id, *verdict.intent, *intent,
                         [weak = std::weak_ptr<Judging>(judging)](const IntentCheck::Answer& answer) {
                           if (const auto self = weak.lock()) self->intent_answered(answer);
                         });
  return judging;
}

void Judging::intent_answered(const IntentCheck::Answer& answer) {
  guard::Verdict& verdict = judged_.verdict;
  if (answer.yes) {
    guard::apply_intent(verdict, gateway_.config().policies, *answer.yes, answer.held);
  } else {
    verdict.why += "; the intent check gave no answer: " + answer.fault;
  }
  record();
}

void Judging::record() {
  recorded_since_ms_ = gateway_.now().mono_ms;
  gateway_.recorder().decision(session_, judged_.verdict, arguments_, enforced_,
                               gateway_.workspace().labels(),
                               [weak = weak_from_this()](Result<uint64_t> entry) {
                                 if (const auto self = weak.lock()) self->recorded(std::move(entry));
                               });
}

Judging::~Judging() {
  if (!ask_.empty()) gateway_.forget_ask(ask_);
}

void Judging::recorded(Result<uint64_t> entry) {
  guard::Verdict& verdict = judged_.verdict;
  if (!entry) {
    verdict.why = "the decision could not be written down: " + entry.error().text();
    return finish(false);
  }
  judged_.entry = *entry;
  Counters& counters = gateway_.counters();
  counters.decision_time.add(gateway_.now().mono_ms - recorded_since_ms_);
  switch (verdict.decision) {
    case guard::Decision::allow:
      ++counters.allowed;
      break;
    case guard::Decision::ask:
      ++counters.asked;
      break;
    case guard::Decision::deny:
      ++counters.denied;
      break;
  }
  if (!enforced_ || verdict.decision == guard::Decision::allow) return finish(true);
  if (verdict.decision == guard::Decision::deny) return finish(false);
  auto ask = gateway_.ask(session_, verdict, *entry, [weak = weak_from_this()](const AskOutcome& outcome) {
    const auto self = weak.lock();
    if (!self) return;
    self->ask_.clear();
    if (!outcome.allowed) self->judged_.verdict.why += "; " + outcome.said;
    self->finish(outcome.allowed);
  });
  if (!ask) {
    verdict.why += "; " + ask.error().message;
    return finish(false);
  }
  if (!done_) return;
  ask_ = *ask;
  if (asked_) asked_(ask_);
}

// May destroy this.
void Judging::finish(bool allowed) {
  judged_.allowed = allowed;
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(judged_));
}

}  // namespace weir::gateway

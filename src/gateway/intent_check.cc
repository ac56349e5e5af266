#include "gateway/intent_check.h"

#include <algorithm>

#include "base/limits.h"
#include "gateway/gateway.h"

namespace weir::gateway {

std::shared_ptr<IntentCheck> IntentCheck::start(Gateway& gateway, const std::string& session,
                                                const guard::IntentQuestion& question, Judge judge,
                                                Done done) {
  std::shared_ptr<IntentCheck> check(
      new IntentCheck(gateway, session, question, std::move(judge), std::move(done)));
  auto& waiting = gateway.intents().waiting[session];
  waiting.push_back(check.get());
  if (waiting.size() == 1) check->begin();
  return check;
}

IntentCheck::IntentCheck(Gateway& gateway, std::string session, guard::IntentQuestion question, Judge judge,
                         Done done)
    : gateway_(gateway),
      session_(std::move(session)),
      question_(std::move(question)),
      judge_(std::move(judge)),
      done_(std::move(done)) {}

IntentCheck::~IntentCheck() {
  leave();
}

// On the loop, so that nobody is answered from within start() or another's end.
void IntentCheck::begin() {
  gateway_.loop().post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || !self->queued_) return;
    const guard::IntentMemory& memory = self->gateway_.intents().memory;
    if (memory.refused(self->question_)) return self->finish({false, true});
    self->prompt_ =
        guard::intent_prompt(self->question_, memory.same(self->question_), memory.of_tool(self->question_));
    self->ask();
  });
}

void IntentCheck::ask() {
  ++tries_;
  call_ = ModelCall::start(gateway_, *judge_.upstream, judge_.model, judge_.headers, prompt_.system,
                           prompt_.user, [weak = weak_from_this()](const Result<std::string>& written) {
                             if (const auto self = weak.lock()) self->answered(written);
                           });
}

void IntentCheck::answered(const Result<std::string>& written) {
  const auto yes = written ? guard::read_intent(*written) : std::nullopt;
  if (!yes && written && tries_ < limits::kReaderTriesMax) return ask();
  if (!yes)
    return finish({std::nullopt, false,
                   written ? std::string("the model did not answer yes or no") : written.error().text()});
  gateway_.intents().memory.note(question_, *yes);
  finish({yes});
}

// May destroy this.
void IntentCheck::finish(const Answer& answer) {
  const auto keep = shared_from_this();
  leave();
  if (const auto done = std::exchange(done_, nullptr)) done(answer);
}

void IntentCheck::leave() {
  if (!std::exchange(queued_, false)) return;
  const auto at = gateway_.intents().waiting.find(session_);
  if (at == gateway_.intents().waiting.end()) return;
  std::deque<IntentCheck*>& waiting = at->second;
  const bool was_first = !waiting.empty() && waiting.front() == this;
  std::erase(waiting, this);
  if (waiting.empty()) {
    gateway_.intents().waiting.erase(at);
  } else if (was_first) {
    waiting.front()->begin();
  }
}

}  // namespace weir::gateway

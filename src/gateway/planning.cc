#include "gateway/planning.h"

#include "base/limits.h"

namespace weir::gateway {

void Planning::start(Gateway& gateway, const guard::Situation& situation,
                     std::shared_ptr<session::Conversation> conversation,
                     const std::vector<exchange::Tool>& tools, const Judge& judge) {
  const auto question = guard::plan_question(situation, tools);
  Intents& intents = gateway.intents();
  if (!question || !intents.memory.first(question->key)) return;
  std::vector<std::string> over;
  for (const session::Grant& grant : gateway.grants()) {
    if (grant.planned && grant.session == situation.session_id) over.push_back(grant.id);
  }
  for (const std::string& id : over) gateway.remove_grant(id, [](const Result<bool>&) {});
  if (intents.planning.size() >= limits::kPlansUnderWayMax) return;
  std::shared_ptr<Planning> planning(new Planning(gateway, situation, std::move(conversation), tools));
  planning->call_ = ModelCall::start(
      gateway, *judge.upstream, judge.model, judge.headers, question->prompt.system, question->prompt.user,
      [weak = std::weak_ptr<Planning>(planning)](const Result<std::string>& written) {
        if (const auto self = weak.lock()) self->answered(written);
      });
  intents.planning[situation.session_id] = std::move(planning);
}

Planning::Planning(Gateway& gateway, const guard::Situation& situation,
                   std::shared_ptr<session::Conversation> conversation, std::vector<exchange::Tool> tools)
    : gateway_(gateway),
      config_(gateway.snapshot()),
      session_(situation.session_id),
      mode_(situation.mode),
      rules_{situation.rules.manifests, situation.rules.trust, situation.rules.profile},
      conversation_(std::move(conversation)),
      tools_(std::move(tools)) {}

// May destroy this. An answer that is none makes no grants: then a call is asked about as ever.
void Planning::answered(const Result<std::string>& written) {
  const auto keep = shared_from_this();
  const auto at = gateway_.intents().planning.find(session_);
  if (at != gateway_.intents().planning.end() && at->second == keep) gateway_.intents().planning.erase(at);
  if (!written) return;
  const guard::Situation situation{&gateway_.workspace(),
                                   conversation_.get(),
                                   rules_,
                                   &config_->policies,
                                   &gateway_.grants(),
                                   session_,
                                   mode_,
                                   true,
                                   gateway_.now().wall_ms};
  for (session::Grant& grant : guard::read_plan(situation, tools_, *written)) {
    grant.id = gateway_.new_grant_id();
    gateway_.add_grant(std::move(grant), [](const Status&) {});
  }
}

}  // namespace weir::gateway

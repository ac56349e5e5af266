// Planning: the question which side effects the user's request needs (guard/plan.h), on its way to a model,
// and the grants that come of it.
//
// It runs beside the planner's first turn and holds nobody up. One event loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/intent_check.h"
#include "guard/plan.h"

namespace weir::gateway {

class Planning : public std::enable_shared_from_this<Planning> {
 public:
  // Once for all that the user said so far in this session; the grants of an earlier plan of the session end.
  // `situation` is borrowed for the call but for what it points to of the gateway's.
  static void start(Gateway& gateway, const guard::Situation& situation,
                    std::shared_ptr<session::Conversation> conversation,
                    const std::vector<exchange::Tool>& tools, const Judge& judge);

 private:
  Planning(Gateway& gateway, const guard::Situation& situation,
           std::shared_ptr<session::Conversation> conversation, std::vector<exchange::Tool> tools);
  void answered(const Result<std::string>& written);

  Gateway& gateway_;
  const std::shared_ptr<const config::Config> config_;  // shared: the rules point into it
  const std::string session_;
  const guard::Mode mode_;
  const session::Rules rules_;
  const std::shared_ptr<session::Conversation> conversation_;  // shared: its request may end first
  const std::vector<exchange::Tool> tools_;
  std::shared_ptr<ModelCall> call_;  // shared with what is under way, which holds it weakly
};

}  // namespace weir::gateway

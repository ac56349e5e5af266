// IntentCheck: one question of the intent check (guard/intent.h) on its way to a model.
//
// A session asks one question at a time, so that the next one knows what was let go. Destroying it gives the
// question up. One event loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/gateway.h"
#include "gateway/model_call.h"

namespace weir::gateway {

// Who answers: an upstream, and the client's headers for one that takes the client's own credential.
struct Judge {
  const config::Upstream* upstream;  // of the configuration
  std::string model;
  net::Headers headers;
};

class IntentCheck : public std::enable_shared_from_this<IntentCheck> {
 public:
  struct Answer {
    std::optional<bool> yes;  // nothing: the judge gave no answer
    bool held = false;        // it said no before
    std::string fault = {};   // why there is no answer
  };
  using Done = std::function<void(const Answer&)>;

  // `done` runs once, never within this call.
  static std::shared_ptr<IntentCheck> start(Gateway& gateway, const std::string& session,
                                            const guard::IntentQuestion& question, Judge judge, Done done);
  ~IntentCheck();
  IntentCheck(const IntentCheck&) = delete;
  IntentCheck& operator=(const IntentCheck&) = delete;

 private:
  IntentCheck(Gateway& gateway, std::string session, guard::IntentQuestion question, Judge judge, Done done);
  void begin();
  void ask();
  void answered(const Result<std::string>& written);
  void finish(const Answer& answer);
  void leave();

  Gateway& gateway_;
  const std::string session_;
  const guard::IntentQuestion question_;
  const Judge judge_;
  Done done_;
  seal::Prompt prompt_;
  int tries_ = 0;
  bool queued_ = true;
  std::shared_ptr<ModelCall> call_;  // shared with what is under way, which holds it weakly
};

}  // namespace weir::gateway

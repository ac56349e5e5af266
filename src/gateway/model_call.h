// ModelCall: a question of weir's own to a model upstream, without tools, answered whole.
//
// Destroying it gives the question up. One event loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/gateway.h"

namespace weir::gateway {

class ModelCall : public std::enable_shared_from_this<ModelCall> {
 public:
  using Done = std::function<void(Result<std::string> text)>;

  // `headers` are the client's, for an upstream that takes the client's own credential. `done` runs once,
  // never within this call, with the answer's text or why there is none (timed_out after
  // limits::kModelCallMs).
  static std::shared_ptr<ModelCall> start(Gateway& gateway, const config::Upstream& upstream,
                                          std::string_view model, const net::Headers& headers,
                                          std::string_view system, std::string_view user, Done done);

 private:
  explicit ModelCall(exchange::Dialect dialect, Done done) : dialect_(dialect), done_(std::move(done)) {}
  void finish(Result<std::string> text);

  const exchange::Dialect dialect_;
  Done done_;
  std::unique_ptr<net::Fetch> fetch_;
  net::Timer timer_;
  int status_ = 0;
  std::string body_;
};

}  // namespace weir::gateway

#include "gateway/model_call.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "wire/question.h"

namespace weir::gateway {

std::shared_ptr<ModelCall> ModelCall::start(Gateway& gateway, const config::Upstream& upstream,
                                            std::string_view model, const net::Headers& headers,
                                            std::string_view system, std::string_view user, Done done) {
  std::shared_ptr<ModelCall> call(new ModelCall(upstream.dialect, std::move(done)));
  const auto fail_later = [&](Error error) {
    gateway.loop().post([weak = std::weak_ptr<ModelCall>(call), error = std::move(error)] {
      if (const auto self = weak.lock()) self->finish(error);
    });
  };
  auto url = net::parse_url(upstream.url + wire::question_path(upstream.dialect, model));
  if (!url) {
    fail_later(url.error());
    return call;
  }
  net::ClientRequest request{"POST", std::move(*url), headers,
                             wire::question_body(upstream.dialect, model, system, user)};
  net::remove_hop_by_hop(request.headers);
  for (const std::string_view name :
       {"host", "weir-token", "weir-session", "accept-encoding", "expect", "content-encoding"})
    request.headers.remove(name);
  request.headers.set("content-type", "application/json");
  request.headers.set("accept", "application/json");
  if (upstream.dialect == exchange::Dialect::messages && !request.headers.has("anthropic-version"))
    request.headers.set("anthropic-version", "2023-06-01");
  gateway.authorize(upstream, request.headers);
  const auto on = [weak = std::weak_ptr<ModelCall>(call)](auto&& act) {
    if (const auto self = weak.lock()) act(*self);
  };
  call->timer_ = gateway.loop().after(limits::kModelCallMs, [on] {
    on([](ModelCall& self) { self.finish(Error{Code::timed_out, "the model did not answer in time"}); });
  });
  call->fetch_ = gateway.client_for(upstream).fetch(
      std::move(request),
      {[on](int status, const net::Headers&) { on([&](ModelCall& self) { self.status_ = status; }); },
       [on](std::string_view bytes) {
         on([&](ModelCall& self) {
           self.body_ += bytes;
           if (self.body_.size() > limits::kReaderAnswerBytesMax * 2)
             self.finish(too_large("the model's answer is too long"));
         });
       },
       [on] {
         on([](ModelCall& self) {
           if (self.status_ != 200)
             return self.finish(unavailable(fmt::format("the model answered {}", self.status_)));
           self.finish(wire::question_answer(self.dialect_, std::move(self.body_)));
         });
       },
       [on](const Error& error) { on([&](ModelCall& self) { self.finish(error); }); }});
  return call;
}

// May destroy this.
void ModelCall::finish(Result<std::string> text) {
  timer_.cancel();
  const auto keep = std::move(fetch_);
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(text));
}

}  // namespace weir::gateway

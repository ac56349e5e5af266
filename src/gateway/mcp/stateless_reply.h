// StatelessReply: the answer to one request of the stateless era, one JSON text or an event stream.
//
// Puts back the client's own id, and writes results as the era wants them: their kind, who answers, how long
// they are good. A stream can not be resumed: when the connection ends, so does the request. One event loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/loop.h"
#include "net/server.h"
#include "wire/mcp/request_meta.h"

namespace weir::gateway::mcp {

// Of a JSON-RPC error, where the protocol says it; else `otherwise`.
int http_status_of(int error_code, int otherwise);

class StatelessReply : public std::enable_shared_from_this<StatelessReply> {
 public:
  StatelessReply(net::Loop& loop, std::shared_ptr<net::ServerCall> call, const wire::mcp::Message& request);

  // Runs once when the client goes away before its answer. Not inside the call.
  void on_gone(std::function<void()> function);
  // A notification before the answer; of a subscription, with its id.
  void tell(const wire::mcp::Message& notification);
  void answer(const wire::mcp::Message& answer);
  // There will be no answer.
  void drop();

 private:
  bool open_stream();
  void event(std::string text);
  void keep_alive();
  void finish();

  net::Loop& loop_;
  std::shared_ptr<net::ServerCall> call_;  // shared with the connection; null when it is over
  const std::string id_, method_;
  bool json_, events_;  // what the client takes
  std::function<void()> gone_;
  net::Timer keep_alive_;
};

}  // namespace weir::gateway::mcp

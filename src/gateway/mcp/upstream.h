// Upstream: one MCP server as one client session sees it.
//
// Opens the link, does the handshake, matches answers to requests, and opens it again (with back-off) when it
// was lost: what was asked for and not answered fails, what is asked for next waits for the new handshake. A
// server that answers what nobody asked, twice, or in no known form is not believed; that does not end it,
// but past limits::kMcpOddMessagesMax the link is. One event loop; callbacks may destroy the Upstream.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "config/config.h"
#include "gateway/mcp/link.h"
#include "net/loop.h"
#include "wire/mcp/message.h"

namespace weir::gateway::mcp {

using wire::mcp::Message;

struct UpstreamHandler {
  std::function<void(Message request)> on_request;            // the server asks the client
  std::function<void(Message notification)> on_notification;  // all but what Upstream itself needs
  std::function<void()> on_ready;  // a handshake is done: the first, and each later
  std::function<void(std::string_view line)> on_log;
};

// Makes the link to a server; Gateway gives the real one, tests their own.
using Dial = std::function<Result<std::unique_ptr<Link>>(const config::Server& server, LinkHandler handler)>;

class Upstream {
 public:
  enum class State : uint8_t {
    starting,
    ready,
    waiting
  };  // waiting: for the back-off, or for a first request
  // The answer (a result, or the server's own error), or why there is none.
  using Done = std::function<void(Result<Message>)>;

  // `initialize` is the params of the handshake, JSON.
  Upstream(net::Loop& loop, const config::Server& server, Dial dial, std::string initialize,
           UpstreamHandler handler);
  ~Upstream();
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  const config::Server& server() const { return server_; }
  State state() const { return state_; }
  // As the server said in the last handshake; missing before the first.
  json::Value capabilities() const { return hello_.result()["capabilities"]; }
  bool has(std::string_view capability) const { return capabilities()[capability].exists(); }
  // Why the last attempt failed; empty when it is ready.
  const std::string& trouble() const { return trouble_; }

  void start();
  // Asks. `done` runs once, later, unless cancel() or the destructor comes first. `params` is JSON or empty.
  // After `timeout_ms` the server is told that it is cancelled and `done` gets timed_out.
  uint64_t request(std::string_view method, std::string_view params, int64_t timeout_ms, Done done);
  // The client does not want it any more; the server is told. No `done`.
  void cancel(uint64_t id, std::string_view reason);
  void notify(std::string_view method, std::string_view params);
  // An answer to one of the server's own requests, its id as the server wrote it.
  void answer(std::string text);
  // Ends the link in order; no callbacks any more.
  void close();

 private:
  struct Pending {
    std::string method, params;
    bool sent = false;
    Done done;
    net::Timer timeout;
  };
  void open();
  void on_message(std::string text);
  void on_answer(Message message);
  void odd(std::string_view what);
  void shaken_hands(Result<Message> answer);
  void send_pending();
  void lost(const Error& why);
  void fail_all(const Error& why);

  net::Loop& loop_;
  const config::Server& server_;
  Dial dial_;
  const std::string initialize_;
  UpstreamHandler handler_;
  State state_ = State::waiting;
  std::unique_ptr<Link> link_;
  Message hello_;
  std::map<uint64_t, Pending> pending_;
  uint64_t next_id_ = 1;
  uint64_t hello_id_ = 0;
  int failures_ = 0;  // in a row
  size_t odd_ = 0;
  int64_t ready_since_ms_ = 0;
  std::string trouble_;
  net::Timer retry_, handshake_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false once destroyed; shared with callbacks
};

}  // namespace weir::gateway::mcp

// Upstream: one MCP server as one client session sees it, of whichever era.
//
// Opens the link, finds out which era the server is of (it is asked `server/discover`; one that does not know
// that gets `initialize`), matches answers to requests, and opens the link again (with back-off) when it was
// lost: what was asked for and not answered fails, what is asked for next waits until the server is ready
// again. A server that answers what nobody asked, twice, or in no known form is not believed; that does not
// end it, but past limits::kMcpOddMessagesMax the link is. One event loop; callbacks may destroy the
// Upstream.
//
// Callers need not know the era: requests get what it wants in `_meta` and in headers, and results come as
// the earlier eras write them, except for those that are not complete (`resultType` "input_required" or
// "task").
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "config/config.h"
#include "gateway/mcp/link.h"
#include "net/loop.h"
#include "wire/mcp/message.h"
#include "wire/mcp/request_meta.h"

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

enum class Era : uint8_t { handshake, stateless };
// What servers turned out to be, by name: they are not asked again for every client.
using Eras = std::map<std::string, Era>;

// How weir introduces itself and its client.
struct Greeting {
  std::string initialize;    // the params of the handshake, JSON
  wire::mcp::Sender sender;  // for each request of the stateless era
};

// weir's greeting for a client that can do `capabilities` (JSON).
Greeting greeting_for(std::string_view capabilities);

// Of one request, where the era has it; ignored elsewhere.
struct RequestExtras {
  std::string log_level = {};
  wire::mcp::HeaderList headers = {};
};

class Upstream {
 public:
  enum class State : uint8_t {
    starting,
    ready,
    waiting
  };  // waiting: for the back-off, or for a first request
  // The answer (a result, or the server's own error), or why there is none.
  using Done = std::function<void(Result<Message>)>;

  // `eras` outlives the Upstream.
  Upstream(net::Loop& loop, const config::Server& server, Dial dial, Greeting greeting, Eras& eras,
           UpstreamHandler handler);
  ~Upstream();
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  const config::Server& server() const { return server_; }
  State state() const { return state_; }
  // Of the server that is ready, or that it was when it last was.
  bool stateless() const { return era_ == Era::stateless; }
  // As the server said when it was last greeted; missing before the first time.
  json::Value capabilities() const { return hello_.result()["capabilities"]; }
  bool has(std::string_view capability) const { return capabilities()[capability].exists(); }
  // Principals of the hosts that its process has connected to, since the first time that it was started.
  const std::set<std::string>& reached() const { return reached_; }
  // Why the last attempt failed; empty when it is ready.
  const std::string& trouble() const { return trouble_; }

  void start();
  // Asks. `done` runs once, later, unless cancel() or the destructor comes first. `params` is JSON or empty.
  // After `timeout_ms` the server is told that it is cancelled and `done` gets timed_out.
  uint64_t request(std::string_view method, std::string_view params, int64_t timeout_ms, Done done,
                   RequestExtras extras = {});
  // The client does not want it any more; the server is told. No `done`.
  void cancel(uint64_t id, std::string_view reason);
  // To a server that knows client notifications; the stateless era has none.
  void notify(std::string_view method, std::string_view params);
  // An answer to one of the server's own requests, its id as the server wrote it.
  void answer(std::string text);
  // What a stateless server is to tell of, from now on and whenever it comes back: the `notifications` of
  // subscriptions/listen, JSON; empty: nothing.
  void listen(std::string notifications);
  // Ends the link in order; no callbacks any more.
  void close();

 private:
  struct Pending {
    std::string method, params;
    RequestExtras extras;
    bool sent = false;
    Done done;
    net::Timer timeout;
  };
  void open();
  void on_message(std::string text);
  void on_answer(Message message);
  void on_failed(uint64_t id, Error error);
  void odd(std::string_view what);
  void send_pending();
  void send(uint64_t id, Pending& pending);
  void lost(const Error& why);
  void fail_all(const Error& why);

  // Greeting; see upstream_greeting.cc.
  void greet();
  void discover();
  void initialize();
  void discovered(Result<Message> answer);
  void shaken_hands(Result<Message> answer);
  void ready(Era era, Message hello);
  void listen_now();
  Result<Message> normal(const Pending& pending, Message answer) const;

  net::Loop& loop_;
  const config::Server& server_;
  Dial dial_;
  const Greeting greeting_;
  Eras& eras_;
  UpstreamHandler handler_;
  State state_ = State::waiting;
  Era era_ = Era::handshake;
  std::unique_ptr<Link> link_;
  Message hello_;  // the answer to the greeting
  std::map<uint64_t, Pending> pending_;
  uint64_t next_id_ = 1;
  uint64_t hello_id_ = 0, discover_id_ = 0;  // of greetings that are not answered
  int discovers_ = 0;
  std::unique_ptr<Message> discovered_;  // came when `initialize` was under way already
  uint64_t listen_id_ = 0;
  std::string listen_;
  int failures_ = 0;  // in a row
  size_t odd_ = 0;
  int64_t ready_since_ms_ = 0;
  std::string trouble_;
  std::set<std::string> reached_;
  net::Timer retry_, handshake_, probe_, listen_again_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false once destroyed; shared with callbacks
};

}  // namespace weir::gateway::mcp

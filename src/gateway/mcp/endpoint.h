// Endpoint: /mcp, streamable HTTP (MCP 2026-07-28, 2025-11-25, 2025-06-18 and 2025-03-26; Transports).
//
// Requests that name revision 2026-07-28 go to Stateless. For the others: one Session for each client that
// initialised; it ends with DELETE, when its client's listening connection has been gone for
// limits::kMcpLeftMs, or after limits::kMcpSessionIdleMs without a request. What a server says to nobody's
// request goes to the newest listening stream, or waits for one, bounded. One event loop.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/mcp/session.h"
#include "gateway/mcp/stateless.h"
#include "gateway/mcp/stream.h"

namespace weir::gateway::mcp {

class Endpoint {
 public:
  Endpoint(Gateway& gateway, Dial dial);
  ~Endpoint();  // ends all sessions

  // Authenticated already.
  void handle(const std::shared_ptr<net::ServerCall>& call);
  void pins_changed(const std::string& server);
  // weir.toml was read again. Sessions that cannot go on under it end as soon as nothing of theirs is under
  // way; their clients get 404 and have to initialise again.
  Reloaded reconfigure();
  bool idle() const;  // nothing that a client asked for is under way
  size_t sessions() const { return clients_.size() + stateless_.sessions(); }
  // Of all sessions; for people.
  std::vector<Session::ServerState> servers() const;

 private:
  using Call = std::shared_ptr<net::ServerCall>;
  struct Client;
  void post(const Call& call);
  void receive(const Call& call, std::vector<Message> messages, bool json, bool events);
  void initialize(const Call& call, const Message& request);
  void listen(const Call& call);
  Client* find(const Call& call);
  void deliver(Client& client, std::string text, const std::string& about, bool answer);
  void sweep();
  static void refuse(const Call& call, int status, int code, std::string_view message);

  Gateway& gateway_;
  const Dial dial_;
  Common common_;
  Stateless stateless_;
  std::map<std::string, std::unique_ptr<Client>> clients_;  // by session id
  net::Timer sweep_;
};

}  // namespace weir::gateway::mcp

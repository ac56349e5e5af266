// Stateless: /mcp for clients of revision 2026-07-28 (MCP 2026-07-28, Transports, "Streamable HTTP").
//
// Each request is one POST that says who asks; head and body must say the same. Requests find their session
// by the Weir-Session header, the client's description of itself and what it can do; those of one
// Weir-Session (without the header: all) are one conversation, with one label, however the clients describe
// themselves. The answer is one JSON text, or an event stream when something comes before it; a connection
// that ends early cancels its request. One event loop.
//
// Not promised: that two clients with one token and without a Weir-Session are told apart.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/mcp/session.h"
#include "net/server.h"

namespace weir::gateway::mcp {

class Stateless {
 public:
  Stateless(Gateway& gateway, const Dial& dial, Common& common);
  ~Stateless();

  // A POST with one message of that era, or one that names no revision that begins with a handshake.
  void post(const std::shared_ptr<net::ServerCall>& call, Message message);
  // See Endpoint::reconfigure(). Here a client need not begin again: its next request makes a new session.
  void reconfigure(Reloaded& reloaded);
  // The Weir-Session of a request, empty when it has none.
  static std::string conversation_of(net::ServerCall& call);
  // Its client says that the conversation of this Weir-Session is over, as `weir mcp` does when its own ends.
  void end(const std::string& conversation);
  // Ends sessions that nobody has used for limits::kMcpSessionIdleMs.
  void sweep();
  bool idle() const;  // but for those that only listen
  size_t sessions() const { return clients_.size(); }
  std::vector<std::shared_ptr<Session>> all() const;

 private:
  struct Client;
  using Call = std::shared_ptr<net::ServerCall>;
  Client* client_for(const Call& call, const wire::mcp::RequestMeta& said);
  std::shared_ptr<Session> new_session(const std::string& key, const wire::mcp::RequestMeta& said,
                                       const std::string& conversation);
  bool make_room();
  void take(Client& client, const Call& call, Message message);
  void deliver(Client& client, std::string text, const std::string& about, bool answer);

  // One conversation, whoever takes part in it.
  struct Conversation {
    std::shared_ptr<session::Conversation> labels;  // shared with its sessions
    std::string name;
    bool sealed = false;  // begun in seal mode
  };
  Gateway& gateway_;
  const Dial& dial_;
  Common& common_;
  std::map<std::string, Conversation> conversations_;       // by Weir-Session
  std::map<std::string, std::unique_ptr<Client>> clients_;  // by conversation and description
  uint64_t next_ = 1;
};

}  // namespace weir::gateway::mcp

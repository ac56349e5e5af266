#include "gateway/mcp/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"

namespace weir::gateway::mcp {
namespace {

namespace code = wire::mcp::code;

// Whether the Accept field lets the type through. An absent one takes everything.
bool accepts(const net::Headers& headers, std::string_view type) {
  const auto accept = headers.find("accept");
  if (!accept) return true;
  return accept->find(type) != std::string_view::npos || accept->find("*/*") != std::string_view::npos;
}

}  // namespace

struct Endpoint::Client {
  std::shared_ptr<Session> session;  // shared with what is under way, which holds it weakly
  std::map<std::string, std::shared_ptr<Stream>> streams;  // by id; shared with their connections' callbacks
  std::map<std::string, std::string> stream_of;            // request id → stream id
  std::vector<std::string> listeners;                      // stream ids, the newest last
  std::deque<std::string> unsent;                          // for a listener that is to come
  uint64_t next_stream = 1;
  bool over = false;    // it ends when it is idle: see reconfigure()
  int64_t used_ms = 0;  // monotonic: of the last request
  int64_t left_ms = 0;  // since when no connection is open, of a client that had listened; 0: one is
  std::deque<std::pair<int64_t, std::string>> complete;  // streams to forget, with when

  bool connected() const {
    return std::any_of(streams.begin(), streams.end(),
                       [](const auto& each) { return each.second->connected(); });
  }
};

Endpoint::Endpoint(Gateway& gateway, Dial dial)
    : gateway_(gateway),
      dial_(std::move(dial)),
      common_{{}, wire::mcp::RequestStates(gateway.random())},
      stateless_(gateway, dial_, common_) {
  sweep_ = gateway_.loop().after(limits::kMcpSweepMs, [this] { sweep(); });
}

Endpoint::~Endpoint() = default;

void Endpoint::refuse(const Call& call, int status, int error_code, std::string_view message) {
  if (!call->closed())
    call->respond(status, {{"content-type", "application/json"}},
                  wire::mcp::error("null", error_code, message));
}

void Endpoint::handle(const Call& call) {
  if (call->method() == "POST") return post(call);
  const auto version = call->headers().find("mcp-protocol-version");
  if (version && !wire::mcp::is_known_revision(*version)) {
    return call->respond(405, {{"allow", "POST"}, {"content-type", "application/json"}},
                         wire::mcp::error("null", code::kInvalidRequest, "this revision has only POST"));
  }
  if (call->method() == "GET") return listen(call);
  if (call->method() == "DELETE") {
    if (const std::string name = Stateless::conversation_of(*call);
        !name.empty() && !call->headers().has("mcp-session-id")) {
      stateless_.end(name);
      return call->respond(204, {}, {});
    }
    Client* client = find(call);
    if (client == nullptr) return;
    clients_.erase(client->session->id());
    return call->respond(204, {}, {});
  }
  call->respond(405, {{"allow", "POST, GET, DELETE"}, {"content-type", "application/json"}},
                wire::mcp::error("null", code::kInvalidRequest, "only POST, GET and DELETE"));
}

// Answers itself when there is no such session.
Endpoint::Client* Endpoint::find(const Call& call) {
  const auto id = call->headers().find("mcp-session-id");
  if (!id) {
    refuse(call, 400, code::kInvalidRequest,
           "the Mcp-Session-Id header is missing; `initialize` comes first");
    return nullptr;
  }
  auto at = clients_.find(std::string(*id));
  if (at != clients_.end() && at->second->over && at->second->session->idle()) {
    clients_.erase(at);
    at = clients_.end();
  }
  if (at == clients_.end()) {
    refuse(call, 404, code::kInvalidRequest, "there is no such session; initialize again");
    return nullptr;
  }
  at->second->used_ms = gateway_.now().mono_ms;
  return at->second.get();
}

void Endpoint::post(const Call& call) {
  const bool json = accepts(call->headers(), "application/json");
  const bool events = accepts(call->headers(), "text/event-stream");
  if (!json && !events)
    return refuse(call, 406, code::kInvalidRequest, "accept application/json and text/event-stream");
  const auto type = call->headers().find("content-type");
  if (!type || !net::equal_ignore_case(type->substr(0, type->find(';')), "application/json"))
    return refuse(call, 415, code::kInvalidRequest, "the body must be application/json");
  const auto session_id = call->headers().find("mcp-session-id");
  bool batches = false;
  if (session_id) {
    const auto at = clients_.find(std::string(*session_id));
    batches = at != clients_.end() && wire::mcp::has_batches(at->second->session->revision());
  }
  auto messages = wire::mcp::parse(std::move(call->body()), batches);
  if (!messages) return refuse(call, 400, wire::mcp::error_code(messages.error()), messages.error().text());
  const auto version = call->headers().find("mcp-protocol-version");
  const bool handshake = version && wire::mcp::is_known_revision(*version);
  if (messages->size() == 1 && ((version && !handshake) || wire::mcp::says_revision(messages->front())))
    return stateless_.post(call, std::move(messages->front()));
  receive(call, std::move(*messages), json, events);
}

void Endpoint::receive(const Call& call, std::vector<Message> messages, bool json, bool events) {
  if (messages.size() == 1 && messages.front().method == "initialize" &&
      messages.front().kind == wire::mcp::Kind::request)
    return initialize(call, messages.front());
  Client* client = find(call);
  if (client == nullptr) return;
  std::shared_ptr<Stream> stream;
  for (const Message& message : messages) {
    if (message.kind != wire::mcp::Kind::request) continue;
    if (message.method == "initialize")
      return refuse(call, 400, code::kInvalidRequest, "`initialize` comes alone");
    if (client->stream_of.contains(message.id))
      return refuse(call, 400, code::kInvalidRequest, "a request with this id is under way");
    if (!stream) {
      const bool prime = client->session->revision() >= std::string_view("2025-11-25");
      stream = std::make_shared<Stream>(gateway_.loop(), std::to_string(client->next_stream++),
                                        client->session->id(), prime);
    }
    if (!stream->owed().insert(message.id).second)
      return refuse(call, 400, code::kInvalidRequest, "two requests with one id");
  }
  if (stream) {
    for (const std::string& id : stream->owed()) client->stream_of[id] = stream->id();
    client->streams[stream->id()] = stream;
    stream->attach(call, json && messages.size() == 1, events);
  }
  const std::shared_ptr<Session> session = client->session;
  for (Message& message : messages) session->receive(std::move(message));
  if (!stream) call->respond(202, {}, {});
}

void Endpoint::initialize(const Call& call, const Message& request) {
  if (!request.params()["protocolVersion"].is_string())
    return refuse(call, 400, code::kInvalidParams, "params.protocolVersion is missing");
  if (clients_.size() >= limits::kMcpSessionsMax) {
    auto oldest = clients_.end();
    for (auto at = clients_.begin(); at != clients_.end(); ++at) {
      if (!at->second->session->idle() || at->second->connected()) continue;
      if (oldest == clients_.end() || at->second->used_ms < oldest->second->used_ms) oldest = at;
    }
    if (oldest == clients_.end()) return refuse(call, 503, code::kInternal, "too many MCP sessions");
    clients_.erase(oldest);
  }
  std::array<uint8_t, 16> random{};
  gateway_.random().fill(random);
  const std::string id = to_hex({reinterpret_cast<const char*>(random.data()), random.size()});
  auto client = std::make_unique<Client>();
  client->used_ms = gateway_.now().mono_ms;
  // The session is the client's own part; it cannot outlive it but in a callback that then finds nothing.
  client->session = std::make_shared<Session>(
      gateway_, id, dial_,
      [this, id](std::string text, const std::string& about, bool answer) {
        const auto at = clients_.find(id);
        if (at != clients_.end()) deliver(*at->second, std::move(text), about, answer);
      },
      common_);
  Session& session = *client->session;
  clients_[id] = std::move(client);
  std::string answer = session.initialize(request);
  call->respond(200, {{"content-type", "application/json"}, {"mcp-session-id", id}}, std::move(answer));
}

void Endpoint::deliver(Client& client, std::string text, const std::string& about, bool answer) {
  const auto owner = client.stream_of.find(about);
  if (owner != client.stream_of.end()) {
    const std::shared_ptr<Stream> stream = client.streams[owner->second];
    if (answer) client.stream_of.erase(owner);
    stream->send(std::move(text), about, answer);
    if (stream->complete()) client.complete.emplace_back(gateway_.now().mono_ms, stream->id());
    while (client.complete.size() > limits::kMcpKeptStreamsMax) {
      client.streams.erase(client.complete.front().second);
      client.complete.pop_front();
    }
    return;
  }
  if (answer) return;  // to a request that was cancelled
  for (auto at = client.listeners.rbegin(); at != client.listeners.rend(); ++at) {
    const auto stream = client.streams.find(*at);
    if (stream != client.streams.end() && stream->second->connected())
      return stream->second->send(std::move(text), {}, false);
  }
  client.unsent.push_back(std::move(text));
  if (client.unsent.size() > limits::kMcpUnsentMax) client.unsent.pop_front();
}

void Endpoint::listen(const Call& call) {
  if (!accepts(call->headers(), "text/event-stream"))
    return refuse(call, 406, code::kInvalidRequest, "accept text/event-stream");
  Client* client = find(call);
  if (client == nullptr) return;
  std::string stream_id;
  uint64_t number = 0;
  const auto last = call->headers().find("last-event-id");
  std::shared_ptr<Stream> stream;
  if (last && Stream::parse_event_id(*last, stream_id, number)) {
    const auto at = client->streams.find(stream_id);
    if (at != client->streams.end()) stream = at->second;
  }
  if (!stream) {
    if (client->listeners.size() >= limits::kMcpListenersMax) {
      client->streams.erase(client->listeners.front());
      client->listeners.erase(client->listeners.begin());
    }
    stream = std::make_shared<Stream>(gateway_.loop(), std::to_string(client->next_stream++),
                                      client->session->id(), true);
    client->streams[stream->id()] = stream;
    client->listeners.push_back(stream->id());
    number = 0;
  }
  stream->attach_listener(call, number);
  client->left_ms = 0;
  for (std::string& text : std::exchange(client->unsent, {})) stream->send(std::move(text), {}, false);
}

void Endpoint::pins_changed(const std::string& server) {
  for (const auto& [id, client] : clients_) client->session->pins_changed(server);
  for (const std::shared_ptr<Session>& session : stateless_.all()) session->pins_changed(server);
}

Reloaded Endpoint::reconfigure() {
  Reloaded reloaded;
  for (const auto& [id, client] : clients_) {
    client->over = client->over || !client->session->reconfigure();
    ++(client->over ? reloaded.sessions_ended : reloaded.sessions_kept);
  }
  stateless_.reconfigure(reloaded);
  return reloaded;
}

bool Endpoint::idle() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& each) { return each.second->session->idle(); }) &&
         stateless_.idle();
}

std::vector<Session::ServerState> Endpoint::servers() const {
  std::vector<Session::ServerState> all;
  for (const auto& [id, client] : clients_) {
    for (Session::ServerState& state : client->session->servers()) all.push_back(std::move(state));
  }
  for (const std::shared_ptr<Session>& session : stateless_.all()) {
    for (Session::ServerState& state : session->servers()) all.push_back(std::move(state));
  }
  return all;
}

void Endpoint::sweep() {
  const int64_t now = gateway_.now().mono_ms;
  for (auto at = clients_.begin(); at != clients_.end();) {
    Client& client = *at->second;
    while (!client.complete.empty() && now - client.complete.front().first > limits::kMcpKeptMs) {
      client.streams.erase(client.complete.front().second);
      client.complete.pop_front();
    }
    const bool away = !client.connected() && client.session->idle();
    if (!away || client.listeners.empty()) client.left_ms = 0;
    if (away && !client.listeners.empty() && client.left_ms == 0) client.left_ms = now;
    const bool left = client.left_ms != 0 && now - client.left_ms >= limits::kMcpLeftMs &&
                      now - client.used_ms >= limits::kMcpLeftMs;
    const bool idle = away && now - client.used_ms >= limits::kMcpSessionIdleMs;
    const bool over = client.over && client.session->idle();
    at = left || idle || over ? clients_.erase(at) : std::next(at);
  }
  stateless_.sweep();
  sweep_ = gateway_.loop().after(limits::kMcpSweepMs, [this] { sweep(); });
}

}  // namespace weir::gateway::mcp

#include "gateway/mcp/stateless.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "gateway/mcp/limits.h"
#include "gateway/mcp/stateless_reply.h"

namespace weir::gateway::mcp {
namespace {

namespace code = wire::mcp::code;

std::string describe(const wire::mcp::RequestMeta& said) {
  json::Writer writer;
  writer.begin_object().key("capabilities").raw(said.capabilities.raw());
  if (said.client_info.exists()) writer.key("clientInfo").raw(said.client_info.raw());
  return writer.end_object().take();
}

// Who asks, as far as connections to servers go: what it calls itself and what it can do.
std::string key_of(std::string_view conversation, const wire::mcp::RequestMeta& said) {
  return fmt::format("{}\n{}\n{}", conversation, json::canonical(said.capabilities),
                     said.client_info["name"].string_or(""));
}

wire::mcp::FindHeaders finder(const net::Headers& headers) {
  return [&headers](std::string_view name) {
    std::vector<std::string_view> all;
    for (const net::Header& field : headers) {
      if (net::equal_ignore_case(field.name, name)) all.emplace_back(field.value);
    }
    return all;
  };
}

// The fields that repeat arguments. A client on stdio has none: `weir mcp` says so for it.
std::optional<wire::mcp::HeaderList> param_fields(const net::Headers& headers) {
  if (headers.has("weir-stdio")) return std::nullopt;
  constexpr std::string_view kPrefix = "mcp-param-";
  wire::mcp::HeaderList fields;
  for (const net::Header& field : headers) {
    if (field.name.size() > kPrefix.size() &&
        net::equal_ignore_case(std::string_view(field.name).substr(0, kPrefix.size()), kPrefix))
      fields.emplace_back(field.name, field.value);
  }
  return fields;
}

void refuse(const std::shared_ptr<net::ServerCall>& call, const Message& message, int error_code,
            std::string_view why, std::string_view data = {}) {
  const std::string id = message.kind == wire::mcp::Kind::request ? message.id : "null";
  call->respond(http_status_of(error_code, 400), {{"content-type", "application/json"}},
                wire::mcp::error(id, error_code, why, data));
}

}  // namespace

std::string Stateless::conversation_of(net::ServerCall& call) {
  return std::string(
      call.headers().find("weir-session").value_or("").substr(0, limits::kMcpSessionNameBytesMax));
}

struct Stateless::Client {
  std::shared_ptr<Session> session;  // shared with what is under way, which holds it weakly
  std::map<std::string, std::shared_ptr<StatelessReply>> replies;  // by the session's id of the request
  int64_t used_ms = 0;
  bool over = false;  // it ends when it is idle: see reconfigure()
};

Stateless::Stateless(Gateway& gateway, const Dial& dial, Common& common)
    : gateway_(gateway), dial_(dial), common_(common) {}

Stateless::~Stateless() = default;

void Stateless::post(const Call& call, Message message) {
  if (message.kind == wire::mcp::Kind::notification) return call->respond(202, {}, {});
  if (message.kind != wire::mcp::Kind::request)
    return refuse(call, message, code::kInvalidRequest, "a client of this revision sends no answers");
  const auto said = wire::mcp::read_request_meta(message);
  if (!said) return refuse(call, message, code::kInvalidParams, said.error().text());
  const wire::mcp::FindHeaders find = finder(call->headers());
  const auto version = call->headers().find("mcp-protocol-version");
  if (!version || *version != said->revision || said->revision == wire::mcp::kStatelessRevision) {
    if (const Status same = wire::mcp::check_standard_headers(message, said->revision, find); !same)
      return refuse(call, message, code::kHeaderMismatch, same.error().message);
  }
  if (said->revision != wire::mcp::kStatelessRevision) {
    const std::string data = fmt::format("{{\"supported\":[\"{}\"],\"requested\":{}}}",
                                         wire::mcp::kStatelessRevision, json::quote(said->revision));
    return refuse(call, message, code::kUnsupportedRevision, "weir does not speak this revision in requests",
                  data);
  }
  Client* client = client_for(call, *said);
  if (client == nullptr)
    return call->respond(503, {{"content-type", "application/json"}},
                         wire::mcp::error(message.id, code::kInternal, "too many MCP sessions"));
  client->used_ms = gateway_.now().mono_ms;
  take(*client, call, std::move(message));
}

Stateless::Client* Stateless::client_for(const Call& call, const wire::mcp::RequestMeta& said) {
  const std::string conversation = conversation_of(*call);
  const std::string key = key_of(conversation, said);
  if (const auto at = clients_.find(key); at != clients_.end()) {
    if (!at->second->over || !at->second->session->quiet()) return at->second.get();
    clients_.erase(at);
  }
  if (clients_.size() >= limits::kMcpSessionsMax && !make_room()) return nullptr;
  if (!conversations_.contains(conversation) && conversations_.size() >= limits::kMcpConversationsMax) {
    // Those of a `weir mcp` that is gone do not come back. All others are remembered: what they have read
    // taints.
    const auto gone = std::find_if(conversations_.begin(), conversations_.end(), [&](const auto& each) {
      const auto client = clients_.lower_bound(each.first + "\n");
      return each.first.starts_with("stdio-") &&
             (client == clients_.end() || !client->first.starts_with(each.first + "\n"));
    });
    if (gone == conversations_.end()) return nullptr;
    conversations_.erase(gone);
  }
  auto client = std::make_unique<Client>();
  client->session = new_session(key, said, conversation);
  return (clients_[key] = std::move(client)).get();
}

std::shared_ptr<Session> Stateless::new_session(const std::string& key, const wire::mcp::RequestMeta& said,
                                                const std::string& conversation) {
  std::array<uint8_t, 16> random{};
  gateway_.random().fill(random);
  const std::string id = to_hex({reinterpret_cast<const char*>(random.data()), random.size()});
  auto session = std::make_shared<Session>(
      gateway_, id, dial_,
      [this, key](std::string text, const std::string& about, bool answer) {
        const auto at = clients_.find(key);
        if (at != clients_.end()) deliver(*at->second, std::move(text), about, answer);
      },
      common_);
  Conversation& shared = conversations_[conversation];
  const config::Config& config = gateway_.config();
  const bool seals = config.mode == guard::Mode::seal;
  if (!shared.labels || shared.sealed != seals) {
    shared.sealed = seals;
    shared.labels = gateway_.workspace().begin(config.has_model() && !config.mcp.alone, seals);
    shared.name = "mcp-" + id.substr(0, 8);
  }
  session->begin({describe(said), shared.labels, shared.name});
  return session;
}

// The session that was not used for the longest time goes.
bool Stateless::make_room() {
  auto oldest = clients_.end();
  for (auto at = clients_.begin(); at != clients_.end(); ++at) {
    if (!at->second->session->idle()) continue;
    if (oldest == clients_.end() || at->second->used_ms < oldest->second->used_ms) oldest = at;
  }
  if (oldest == clients_.end()) return false;
  clients_.erase(oldest);
  return true;
}

void Stateless::take(Client& client, const Call& call, Message message) {
  // Clients choose their ids each for themselves.
  std::string id = fmt::format("\"r{}\"", next_++);
  const json::Value state = message.params()["requestState"];
  if (state.exists()) {
    const auto opened =
        common_.states.open(state.string_or(""), client.session->id(), gateway_.now().mono_ms);
    if (!opened) return refuse(call, message, code::kInvalidParams, opened.error().message);
    auto reply = std::make_shared<StatelessReply>(gateway_.loop(), call, message);
    // Answered under the id of the request that waits, perhaps at once. One that does not wait keeps its own.
    auto before = std::exchange(client.replies[opened->request], reply);
    if (!client.session->resume(opened->request, opened->round, message)) {
      if (before) {
        client.replies[opened->request] = std::move(before);
      } else {
        client.replies.erase(opened->request);
      }
      return refuse(call, message, code::kInvalidParams,
                    "the requestState belongs to another request, or was used already");
    }
    id = opened->request;
    if (client.replies.contains(id))
      reply->on_gone([session = std::weak_ptr<Session>(client.session), id] {
        if (const auto self = session.lock()) self->cancel(id);
      });
    return;
  }
  auto reply = std::make_shared<StatelessReply>(gateway_.loop(), call, message);
  client.replies[id] = reply;
  reply->on_gone([session = std::weak_ptr<Session>(client.session), id] {
    if (const auto self = session.lock()) self->cancel(id);
  });
  message.id = id;
  const std::shared_ptr<Session> session = client.session;
  session->receive(std::move(message), param_fields(call->headers()));
}

void Stateless::deliver(Client& client, std::string text, const std::string& about, bool answer) {
  const auto at = client.replies.find(about);
  if (at == client.replies.end()) return;
  const std::shared_ptr<StatelessReply> reply = at->second;
  if (answer) client.replies.erase(at);
  if (answer && text.empty()) return reply->drop();
  auto messages = wire::mcp::parse(std::move(text), false);
  if (!messages) return reply->drop();
  if (answer) {
    reply->answer(messages->front());
  } else {
    reply->tell(messages->front());
  }
}

void Stateless::end(const std::string& conversation) {
  std::erase_if(clients_, [&](const auto& each) { return each.first.starts_with(conversation + "\n"); });
  conversations_.erase(conversation);
}

std::vector<std::shared_ptr<Session>> Stateless::all() const {
  std::vector<std::shared_ptr<Session>> sessions;
  for (const auto& [key, client] : clients_) sessions.push_back(client->session);
  return sessions;
}

void Stateless::reconfigure(Reloaded& reloaded) {
  for (const auto& [key, client] : clients_) {
    client->over = client->over || !client->session->reconfigure();
    ++(client->over ? reloaded.sessions_ended : reloaded.sessions_kept);
  }
}

bool Stateless::idle() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& each) { return each.second->session->quiet(); });
}

void Stateless::sweep() {
  const int64_t now = gateway_.now().mono_ms;
  std::erase_if(clients_, [&](const auto& each) {
    const Client& client = *each.second;
    return (client.over && client.session->quiet()) ||
           (client.session->idle() && now - client.used_ms >= limits::kMcpSessionIdleMs);
  });
}

}  // namespace weir::gateway::mcp

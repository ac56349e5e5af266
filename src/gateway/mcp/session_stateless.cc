// What only stateless clients and stateless servers have: discovery, subscriptions/listen, log levels and
// repeated arguments of single requests.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "gateway/mcp/limits.h"
#include "gateway/mcp/session.h"

namespace weir::gateway::mcp {
namespace {

namespace code = wire::mcp::code;

constexpr std::array<std::string_view, 8> kLevels{"debug", "info",     "notice", "warning",
                                                  "error", "critical", "alert",  "emergency"};
constexpr size_t kClientNameShown = 60;

size_t severity(std::string_view level) {
  return static_cast<size_t>(std::find(kLevels.begin(), kLevels.end(), level) - kLevels.begin());
}

bool is_true(json::Value value) {
  return value.boolean().value_or(false);
}

}  // namespace

void Session::begin(StatelessClient client) {
  stateless_ = true;
  revision_ = wire::mcp::kStatelessRevision;
  client_ = std::move(*json::parse(std::move(client.description)));
  name_ = shown(client_["clientInfo"]["name"].string_or("unnamed"), kClientNameShown) + " over MCP";
  conversation_ = std::move(client.conversation);
  ledger_name_ = std::move(client.name);
  start_servers();
}

void Session::discover(const Message& message) {
  json::Writer writer;
  writer.begin_object().key("supportedVersions").begin_array().string(wire::mcp::kStatelessRevision);
  std::string capabilities(own_capabilities());
  if (!sealing()) capabilities.insert(1, R"("extensions":{"io.modelcontextprotocol/tasks":{}},)");
  writer.end_array().key("capabilities").raw(capabilities);
  if (sealing() && !gateway_.config().has_model()) writer.field("instructions", seal::references_in_words());
  writer.key("ttlMs").integer(0).field("cacheScope", "private");
  respond(message.id, wire::mcp::result(message.id, writer.end_object().take()));
}

// --- Subscriptions

void Session::listen(std::shared_ptr<const Message> message) {
  const json::Value wants = message->params()["notifications"];
  if (!wants.is_object())
    return refuse(message->id, code::kInvalidParams, "params.notifications is no object");
  const json::Value uris = wants["resourceSubscriptions"];
  if (uris.exists() && !uris.is_array())
    return refuse(message->id, code::kInvalidParams, "resourceSubscriptions is no list");
  if (listening_.size() >= limits::kMcpSubscriptionsMax || uris.size() > limits::kMcpSubscriptionsMax)
    return refuse(message->id, code::kInternal, "too many subscriptions");
  with_lists(message->id,
             uris.size() > 0 ? std::vector{List::templates, List::resources} : std::vector<List>{},
             [this, message, wants, uris] {
               Listening& listening = listening_[message->id];
               listening.tools = is_true(wants["toolsListChanged"]);
               listening.prompts = is_true(wants["promptsListChanged"]);
               listening.resources = is_true(wants["resourcesListChanged"]);
               for (const json::Value uri : uris.elements()) {
                 const std::string text(uri.string_or(""));
                 Upstream* owner = text.empty() ? nullptr : catalogue_.owner_of(text);
                 if (owner == nullptr || subscriptions_.size() >= limits::kMcpSubscriptionsMax) continue;
                 listening.uris.insert(text);
                 watch(text, *owner);
               }
               json::Writer honoured;
               honoured.begin_object().key("notifications").begin_object();
               if (listening.tools) honoured.key("toolsListChanged").boolean(true);
               if (listening.prompts) honoured.key("promptsListChanged").boolean(true);
               if (listening.resources) honoured.key("resourcesListChanged").boolean(true);
               if (!listening.uris.empty()) {
                 honoured.key("resourceSubscriptions").begin_array();
                 for (const std::string& uri : listening.uris) honoured.string(uri);
                 honoured.end_array();
               }
               honoured.end_object().end_object();
               send_(wire::mcp::notification("notifications/subscriptions/acknowledged", honoured.take()),
                     message->id, false);
               // What the client is told of changes of, weir has to know.
               if (listening.tools) catalogue_.watch(List::tools);
               if (listening.prompts) catalogue_.watch(List::prompts);
               if (listening.resources) catalogue_.watch(List::resources);
             });
}

// From now on the server is to tell of the resource.
void Session::watch(const std::string& uri, Upstream& owner) {
  const bool added = subscriptions_.insert_or_assign(uri, &owner).second;
  if (owner.stateless()) return listen_to(owner);
  if (added && owner.state() == Upstream::State::ready)
    owner.request("resources/subscribe", fmt::format("{{\"uri\":{}}}", json::quote(uri)),
                  limits::kMcpHandshakeMs, [](const Result<Message>&) {});
}

void Session::unlisten(const std::string& id) {
  const auto at = listening_.find(id);
  if (at == listening_.end()) return;
  const std::set<std::string> uris = std::move(at->second.uris);
  listening_.erase(at);
  for (const std::string& uri : uris) {
    const bool wanted = std::any_of(listening_.begin(), listening_.end(),
                                    [&](const auto& each) { return each.second.uris.contains(uri); });
    const auto subscribed = subscriptions_.find(uri);
    if (wanted || subscribed == subscriptions_.end()) continue;
    Upstream& owner = *subscribed->second;
    subscriptions_.erase(subscribed);
    if (owner.stateless()) {
      listen_to(owner);
    } else if (owner.state() == Upstream::State::ready) {
      owner.request("resources/unsubscribe", fmt::format("{{\"uri\":{}}}", json::quote(uri)),
                    limits::kMcpHandshakeMs, [](const Result<Message>&) {});
    }
  }
}

// What a stateless server is to tell of: changes of its lists, and the resources that anybody listens to.
void Session::listen_to(Upstream& upstream) {
  json::Writer writer;
  writer.begin_object();
  bool any = false;
  for (const auto& [kind, key] : {std::pair{"tools", "toolsListChanged"},
                                  {"prompts", "promptsListChanged"},
                                  {"resources", "resourcesListChanged"}}) {
    if (!is_true(upstream.capabilities()[kind]["listChanged"])) continue;
    any = true;
    writer.key(key).boolean(true);
  }
  bool uris = false;
  for (const auto& [uri, owner] : subscriptions_) {
    if (owner != &upstream) continue;
    if (!std::exchange(uris, true)) writer.key("resourceSubscriptions").begin_array();
    writer.string(uri);
  }
  if (uris) writer.end_array();
  writer.end_object();
  upstream.listen(any || uris ? writer.take() : std::string());
}

void Session::tell_listeners(std::string_view method, std::string_view params) {
  std::string uri;
  if (method == "notifications/resources/updated") {
    const auto document = json::parse(std::string(params));
    uri = document ? document->root()["uri"].string_or("") : "";
  }
  std::vector<std::string> ids;
  for (const auto& [id, listening] : listening_) {
    // A server may name a part of what was subscribed to.
    const bool updated =
        !uri.empty() && std::any_of(listening.uris.begin(), listening.uris.end(),
                                    [&](const std::string& each) { return uri.starts_with(each); });
    const bool wanted = method == "notifications/tools/list_changed"       ? listening.tools
                        : method == "notifications/prompts/list_changed"   ? listening.prompts
                        : method == "notifications/resources/list_changed" ? listening.resources
                                                                           : updated;
    if (wanted) ids.push_back(id);
  }
  for (const std::string& id : ids) send_(wire::mcp::notification(method, params), id, false);
}

// --- Log messages

bool Session::wants_log(const std::string& id, std::string_view level) const {
  const auto at = in_flight_.find(id);
  return at != in_flight_.end() && !at->second.log_level.empty() &&
         severity(level) >= severity(at->second.log_level);
}

// A server with the handshake knows one level for all; more than is wanted stays here.
void Session::want_log(Upstream& upstream, const std::string& level) {
  if (upstream.stateless() || severity(level) >= kLevels.size() || !upstream.has("logging")) return;
  std::string params = fmt::format("{{\"level\":{}}}", json::quote(level));
  if (params == level_) return;
  level_ = std::move(params);
  upstream.request("logging/setLevel", level_, limits::kMcpHandshakeMs, [](const Result<Message>&) {});
}

// --- Requests to stateless servers

RequestExtras Session::extras(const Wanted& wanted, const InFlight& flight) const {
  RequestExtras extras;
  extras.log_level = flight.log_level;
  if (!stateless_ && !level_.empty()) {
    const auto document = json::parse(level_);
    extras.log_level = document ? document->root()["level"].string_or("") : "";
  }
  if (wanted.act != Act::tool || wanted.upstream->server().url.empty() ||
      wanted.schema.find("x-mcp-header") == std::string::npos)
    return extras;
  const auto schema = json::parse(wanted.schema);
  const auto params = json::parse(wanted.params);
  if (!schema || !params) return extras;
  const auto repeated = wire::mcp::header_params(schema->root());
  if (repeated) extras.headers = wire::mcp::param_headers(*repeated, params->root()["arguments"]);
  return extras;
}

// Whether the fields that a client sent beside its arguments say the same.
Status Session::check_fields(const InFlight& flight, const Entry& entry, json::Value arguments) const {
  if (!flight.fields || entry.schema.find("x-mcp-header") == std::string::npos) return {};
  const auto schema = json::parse(entry.schema);
  if (!schema) return {};
  const auto repeated = wire::mcp::header_params(schema->root());
  if (!repeated) return {};  // a client must not use such a tool; weir's own reading of it is not worse
  return wire::mcp::check_param_headers(*repeated, arguments, [&](std::string_view name) {
    std::vector<std::string_view> all;
    for (const auto& [field, value] : *flight.fields) {
      if (net::equal_ignore_case(field, name)) all.push_back(value);
    }
    return all;
  });
}

}  // namespace weir::gateway::mcp

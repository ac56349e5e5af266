// What goes between client and servers beside requests and their answers: notifications, and what a server
// asks of the client.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "gateway/mcp/session.h"
#include "wire/mcp/content.h"
#include "wire/mcp/sealed.h"
#include "wire/splice.h"

namespace weir::gateway::mcp {
namespace {

namespace code = wire::mcp::code;

// Of progress that weir reports itself: what the server reports later must go on from there.
constexpr double kStep = 0.0001;

// The ask as a form that MCP clients show (MCP 2025-11-25, Elicitation).
std::string elicitation(const approval::Ask& ask) {
  std::string text =
      fmt::format("weir: {} wants to run {}: {}.", ask.session_id, shown(ask.verdict.tool), ask.verdict.why);
  for (const session::Leaf& leaf : ask.verdict.arguments)
    text += fmt::format("\n{} = {}", shown(leaf.pointer), shown(leaf.value, 200));
  json::Writer writer;
  writer.begin_object().field("message", text).key("requestedSchema").begin_object();
  writer.field("type", "object").key("properties").begin_object().key("answer").begin_object();
  writer.field("type", "string").field("title", "Let it run?").key("enum").begin_array();
  for (const std::string_view each : {"once", "session", "always", "deny"}) writer.string(each);
  writer.end_array().end_object().end_object();
  writer.key("required").begin_array().string("answer").end_array();
  return writer.end_object().end_object().take();
}

}  // namespace

// A person is asked. The client hears that something goes on, so that it does not give up, and where the
// operator said that a person sits there, it is asked itself.
void Session::asked(const std::string& id, const std::string& ask) {
  const auto at = in_flight_.find(id);
  if (at == in_flight_.end()) return;
  InFlight& flight = at->second;
  if (!flight.progress_token.empty() && !flight.parked) {
    send_(
        wire::mcp::notification("notifications/progress",
                                wire::mcp::progress_params(flight.progress_token, kStep * ++flight.reminders,
                                                           "weir waits for a person: weir approvals")),
        id, false);
  }
  flight.reminder = gateway_.loop().after(limits::kKeepAliveIntervalMs, [weak = weak_from_this(), id, ask] {
    if (const auto self = weak.lock()) self->asked(id, ask);
  });
  if (flight.elicited || !gateway_.config().mcp.elicit || !client_["capabilities"]["elicitation"].is_object())
    return;
  for (const auto& [number, pending] : gateway_.queue().pending()) {
    if (pending.id != ask) continue;
    flight.elicited = true;
    if (stateless_) {
      if (flight.salient.empty()) return;  // of what the era lets nobody ask anything
      flight.questions[fmt::format("weir-{}", next_server_request_++)] = {
          fmt::format("{{\"method\":\"elicitation/create\",\"params\":{}}}", elicitation(pending)),
          nullptr,
          {},
          ask};
      return put_questions(id);
    }
    const std::string request_id = fmt::format("\"weir-{}\"", next_server_request_++);
    server_requests_[request_id] = {nullptr, id, {}, ask};
    return send_(wire::mcp::request(request_id, "elicitation/create", elicitation(pending)), id, false);
  }
}

void Session::notification(const Message& message) {
  const json::Value params = message.params();
  if (message.method == "notifications/cancelled")
    return cancelled(std::string(params["requestId"].raw()), params["reason"].string_or(""));
  if (message.method == "notifications/roots/list_changed") {
    for (const auto& upstream : upstreams_) upstream->notify(message.method, params.raw());
  } else if (message.method == "notifications/progress") {
    for (const auto& [id, asked] : server_requests_) {
      if (asked.upstream != nullptr && !asked.progress_token.empty() &&
          asked.progress_token == params["progressToken"].raw())
        return asked.upstream->notify(message.method, params.raw());
    }
  }
}

// MCP 2025-11-25, Cancellation: no answer follows.
void Session::cancelled(const std::string& id, std::string_view reason) {
  const auto at = in_flight_.find(id);
  if (at == in_flight_.end()) return;
  if (at->second.upstream_id != 0) at->second.upstream->cancel(at->second.upstream_id, reason);
  std::erase_if(server_requests_,
                [&](const auto& each) { return !each.second.key.empty() && each.second.id == id; });
  unlisten(id);
  respond(id, {});
}

void Session::client_answer(const Message& message) {
  const auto at = server_requests_.find(message.id);
  if (at == server_requests_.end()) return;  // an answer to nothing, or too late
  const ServerRequest asked = at->second;
  server_requests_.erase(at);
  if (asked.upstream != nullptr) return asked.upstream->answer(wire::mcp::with_id(message, asked.id));
  if (!asked.key.empty()) return input_came(asked.id, asked.key, message);
  if (message.kind != wire::mcp::Kind::error) answer_ask(asked.ask, message.result());
}

void Session::from_server(Upstream& upstream, Message request) {
  if (!can(request)) {
    return upstream.answer(
        wire::mcp::error(request.id, code::kMethodNotFound, "the client cannot do " + shown(request.method)));
  }
  if (server_requests_.size() >= limits::kMcpServerRequestsMax) {
    return upstream.answer(
        wire::mcp::error(request.id, code::kInternal, "too many requests to the client are under way"));
  }
  heard(upstream, request.method, request.params());
  if (!may_ask(upstream, request)) {
    return upstream.answer(wire::mcp::error(
        request.id, code::kMethodNotFound,
        "in seal mode weir carries no " + request.method + " of a server that nobody vouched for"));
  }
  if (stateless_) return server_asks(upstream, request);
  const std::string id = fmt::format("\"weir-{}\"", next_server_request_++);
  server_requests_[id] = {&upstream, request.id, request.progress_token(), {}};
  send_(wire::mcp::with_id(request, id), about(upstream), false);
}

void Session::server_says(Upstream& upstream, const Message& notification) {
  const std::string& method = notification.method;
  const json::Value params = notification.params();
  if (method == "notifications/tools/list_changed") return catalogue_.refresh(upstream, List::tools);
  if (method == "notifications/prompts/list_changed") return catalogue_.refresh(upstream, List::prompts);
  if (method == "notifications/resources/list_changed") {
    catalogue_.refresh(upstream, List::resources);
    return catalogue_.refresh(upstream, List::templates);
  }
  if (!shows(upstream, method)) return tell_sealed(upstream, notification);
  if (method == "notifications/progress") {
    for (const auto& [id, flight] : in_flight_) {
      if (flight.upstream != &upstream || flight.progress_token.empty() ||
          flight.server_token != params["progressToken"].raw())
        continue;
      heard(upstream, method, params["message"]);
      wire::Splices splices;
      splices.replace(params["progressToken"], flight.progress_token);
      return send_(splices.apply(notification.text()), id, false);
    }
    return;  // about nothing that this server was asked
  }
  if (method == "notifications/cancelled") {
    for (auto& [id, flight] : in_flight_) {
      std::erase_if(flight.questions, [&](const auto& each) {
        return each.second.upstream == &upstream && each.second.id == params["requestId"].raw();
      });
    }
    for (auto at = server_requests_.begin(); at != server_requests_.end(); ++at) {
      if (at->second.upstream != &upstream || at->second.id != params["requestId"].raw()) continue;
      const std::string id = at->first;
      server_requests_.erase(at);
      return send_(wire::mcp::notification(method, fmt::format("{{\"requestId\":{}}}", id)), {}, false);
    }
    return;
  }
  if (method == "notifications/resources/updated") {
    const auto subscribed = subscriptions_.find(std::string(params["uri"].string_or("")));
    // A server may name a part of what was subscribed to; another server's resource it may not.
    if (subscribed != subscriptions_.end() && subscribed->second != &upstream) return;
    if (stateless_)
      return tell_listeners(method, fmt::format("{{\"uri\":{}}}", json::quote(params["uri"].string_or(""))));
    return send_(std::string(notification.text()), {}, false);
  }
  if (method == "notifications/message" || method == "notifications/elicitation/complete") {
    const std::string id = about(upstream);
    // A stateless request says which of them it wants; the other kind the era does not have.
    if (stateless_ && (method != "notifications/message" || !wants_log(id, params["level"].string_or(""))))
      return;
    heard(upstream, method, params);
    send_(std::string(notification.text()), id, false);
  }
}

// The first time, and each time that it came back: it knows nothing of what was before.
void Session::server_ready(Upstream& upstream) {
  if (upstream.stateless()) {
    listen_to(upstream);
    return catalogue_.refresh_all(upstream);
  }
  if (!level_.empty() && upstream.has("logging"))
    upstream.request("logging/setLevel", level_, limits::kMcpHandshakeMs, [](const Result<Message>&) {});
  for (const auto& [uri, owner] : subscriptions_) {
    if (owner == &upstream)
      upstream.request("resources/subscribe", fmt::format("{{\"uri\":{}}}", json::quote(uri)),
                       limits::kMcpHandshakeMs, [](const Result<Message>&) {});
  }
  catalogue_.refresh_all(upstream);
}

// What a server says outside of a result is text like any other: known as the server's when it turns up.
void Session::heard(const Upstream& upstream, std::string_view what, json::Value value) {
  if (!value.exists()) return;
  gateway_.workspace().observe_tools({{exchange::ToolKind::function,
                                       fmt::format("{}/mcp:{}", upstream.server().name, what),
                                       wire::mcp::all_text(value),
                                       {}}},
                                     rules_);
}

// The client's newest request that this server works on.
std::string Session::about(const Upstream& upstream) const {
  const std::string* id = nullptr;
  uint64_t newest = 0;
  for (const auto& [each, flight] : in_flight_) {
    if (flight.upstream != &upstream || flight.upstream_id <= newest) continue;
    newest = flight.upstream_id;
    id = &each;
  }
  return id == nullptr ? std::string() : *id;
}

}  // namespace weir::gateway::mcp

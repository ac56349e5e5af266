// Seal mode at /mcp: what a client is shown whose model weir does not see, weir_ask as a tool, and content in
// place of references in what goes to servers.
//
// What a server says outside of the results of calls (lists, requests, notifications) reaches the client only
// from servers that are vouched for or opened, except for tools: what those say of themselves a person
// accepted (gateway/pins).
#include <fmt/format.h>

#include "gateway/mcp/session.h"
#include "seal/inquiry.h"
#include "session/with_content.h"
#include "wire/mcp/older.h"
#include "wire/mcp/sealed.h"
#include "wire/splice.h"

namespace weir::gateway::mcp {
namespace {

constexpr double kStep = 0.0001;  // of progress, as in session_traffic.cc

std::string_view list_method(List list) {
  switch (list) {
    case List::tools:
      return "tools/list";
    case List::prompts:
      return "prompts/list";
    case List::resources:
      return "resources/list";
    case List::templates:
      return "resources/templates/list";
  }
  return "tools/list";
}

}  // namespace

void Session::begin_sealing() {
  seal_by(began_with_->seal);
  catalogue_.reserve(seal::kAskTool);
}

void Session::seal_by(const config::Seal& seal) {
  sealing_ = {seal.page, seal.budget_bits, seal.reveal, &seal.opened, seal.attachments_open};
  rules_.sealing = &sealing_;
}

bool Session::shows(const Upstream& upstream, std::string_view what) const {
  if (!sealing()) return true;
  const std::string name = fmt::format("{}/mcp:{}", upstream.server().name, what);
  return rules_.trust->judge(name, "", true).trusted.value_or(false) ||
         sealing_.open->judge(name, "", true).trusted.value_or(false);
}

// An entry of a list as the client gets it; empty when it is not to see it.
std::string Session::offered(const Entry& entry, List list) const {
  if (!sealing()) {
    // The eras before take only what describes an object, and expect it then.
    const bool any = !stateless_ && list == List::tools && entry.upstream->stateless();
    return any && !wire::mcp::has_object_output(entry.raw) ? wire::mcp::without_output_schema(entry.raw)
                                                           : entry.raw;
  }
  if (list == List::tools) return wire::mcp::without_output_schema(entry.raw);
  return shows(*entry.upstream, list_method(list)) ? entry.raw : std::string();
}

std::string Session::own_tool() const {
  if (!sealing() || !gateway_.config().own_reader()) return {};
  const exchange::Tool tool = seal::ask_tool();
  return wire::mcp::tool_entry(tool.name, tool.description, tool.schema);
}

void Session::ask_reader(const Message& message) {
  const auto reader = gateway_.config().own_reader();
  if (!reader) {
    const std::string why =
        "nobody reads for weir_ask here: the operator has to set seal.reader and its model";
    return respond(message.id, wire::mcp::result(message.id, wire::mcp::tool_error_result(why)));
  }
  const json::Value arguments = message.params()["arguments"];
  const exchange::Call call{fmt::format("{}-{}", id_.substr(0, 8), next_call_++), std::string(seal::kAskTool),
                            arguments.exists() ? std::string(arguments.raw()) : "{}"};
  const net::Headers none;  // the reader is asked with weir's own key
  in_flight_[message.id].asking = Asking::start(
      gateway_, {call, "mcp-" + id_.substr(0, 8), conversation_, reader->upstream, reader->model, none},
      [weak = weak_from_this(), id = message.id](const std::string& text) {
        const auto self = weak.lock();
        if (!self) return;
        const auto at = self->in_flight_.find(id);
        if (at == self->in_flight_.end()) return;
        // Kept until this callback is over: it is the asking's own.
        self->gateway_.loop().post([asking = std::exchange(at->second.asking, nullptr)] {});
        self->respond(id, wire::mcp::result(id, wire::mcp::tool_text_result(text)));
      });
}

// Into what goes to the server, and into the call as it was made. A completion's arguments are for a person
// who types: there references stay text.
Status Session::put_content(Wanted& wanted, const session::Conversation& conversation) {
  if (wanted.act == Act::completion) return {};
  WEIR_TRY_ASSIGN(filled, session::with_content(conversation, wanted.call, wanted.schema));
  const auto params = json::parse(wanted.params);
  const auto arguments = json::parse(filled.arguments);
  if (!params || !arguments) return bad_input("the arguments are not JSON");
  wire::Splices splices;
  const auto put = [&](std::string_view key, json::Value with) {
    if (params->root()[key].exists() && with.exists())
      splices.replace(params->root()[key], std::string(with.raw()));
  };
  if (wanted.act == Act::tool) put("arguments", arguments->root());
  if (wanted.act == Act::prompt) put("arguments", arguments->root()["arguments"]);
  if (wanted.act == Act::resource) put("uri", arguments->root()["uri"]);
  wanted.asked_params = std::exchange(wanted.params, splices.apply(wanted.params));
  wanted.call = std::move(filled);
  return {};
}

std::string Session::sealed_result(const Wanted& wanted, std::string_view text) {
  switch (wanted.act) {
    case Act::tool:
      return wire::mcp::tool_text_result(text);
    case Act::resource: {
      const auto params = json::parse(wanted.asked_params.empty() ? wanted.params : wanted.asked_params);
      return wire::mcp::resource_text_result(params ? params->root()["uri"].string_or("") : "", text);
    }
    case Act::prompt:
      return wire::mcp::prompt_text_result(text);
    case Act::completion:
      break;
  }
  return wire::mcp::no_completions();
}

// The roots are the client's own words, and nothing of the server's is in the question.
bool Session::may_ask(Upstream& upstream, Message& request) {
  if (shows(upstream, request.method)) return true;
  if (request.method != "roots/list") return false;
  auto bare = wire::mcp::parse(wire::mcp::request(request.id, request.method, {}), false);
  if (!bare) return false;
  request = std::move(bare->front());
  return true;
}

// That something goes on, and that a resource to which the client listens has changed; nothing else.
void Session::tell_sealed(const Upstream& upstream, const Message& notification) {
  const json::Value params = notification.params();
  if (notification.method == "notifications/progress") {
    for (auto& [id, flight] : in_flight_) {
      if (flight.upstream != &upstream || flight.progress_token.empty() ||
          flight.server_token != params["progressToken"].raw())
        continue;
      heard(upstream, notification.method, params["message"]);
      const double step = kStep * ++flight.reminders;
      return send_(wire::mcp::notification(notification.method,
                                           wire::mcp::progress_params(flight.progress_token, step)),
                   id, false);
    }
  } else if (notification.method == "notifications/resources/updated") {
    const std::string uri(params["uri"].string_or(""));
    const auto subscribed = subscriptions_.find(uri);
    if (subscribed == subscriptions_.end() || subscribed->second != &upstream) return;
    const std::string only = json::Writer().begin_object().field("uri", uri).end_object().take();
    if (stateless_) return tell_listeners(notification.method, only);
    send_(wire::mcp::notification(notification.method, only), {}, false);
  } else {
    heard(upstream, notification.method, params);
  }
}

}  // namespace weir::gateway::mcp

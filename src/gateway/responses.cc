#include "gateway/responses.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "gateway/conversations.h"
#include "gateway/kept.h"
#include "gateway/turn.h"
#include "store/limits.h"

namespace weir::gateway {
namespace {

constexpr exchange::Dialect kResponses = exchange::Dialect::responses;
constexpr std::string_view kRoot = "/v1/responses";

using Turns = std::vector<wire::StoredTurn>;

// The conversation up to and including `id`, oldest turn first. Empty: one of it is not kept.
Result<Turns> load(Store& store, const std::string& owner, std::string id, int64_t oldest_wall_ms) {
  Turns turns;
  size_t bytes = 0;
  while (!id.empty()) {
    WEIR_TRY_ASSIGN(one, store.response(owner, id));
    if (!one || one->at_wall_ms < oldest_wall_ms) return Turns{};
    bytes += one->input.size() + one->response.size();
    if (bytes > limits::kHttpBodyBytesMax || turns.size() >= kStoredResponseTurnsMax)
      return too_large("the conversation has grown too long to go on from", "/previous_response_id");
    turns.push_back({std::move(one->input), std::move(one->response)});
    id = std::move(one->previous);
  }
  std::reverse(turns.begin(), turns.end());
  return turns;
}

void begin(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& target,
           wire::StoredAsk ask, const Turns& turns) {
  if (call->closed()) return;
  call->body() = wire::with_history(call->body(), turns);
  auto turn = std::make_shared<Turn>(gateway, call, kResponses, target.substr(3));
  const bool counts = target.find("/input_tokens") != std::string::npos;
  if (!counts && (ask.store || !ask.conversation.empty())) {
    KeptReply::Asked asked{owner_of(call->headers()),   ask.store, std::move(ask.previous),
                           std::move(ask.conversation), {},        std::move(ask.input)};
    if (!asked.conversation.empty()) asked.before = turns.front().input;
    turn->keep(std::make_unique<KeptReply>(gateway, std::move(asked)));
  }
  turn->start();
}

// The history that a request names. Empty: it is not kept.
Result<Turns> history(Store& store, const std::string& owner, const wire::StoredAsk& ask,
                      int64_t oldest_wall_ms) {
  if (ask.conversation.empty()) return load(store, owner, ask.previous, oldest_wall_ms);
  WEIR_TRY_ASSIGN(one, kept_conversation(store, owner, ask.conversation, oldest_wall_ms));
  if (!one) return Turns{};
  // Before what a turn adds has no place any more.
  if (one->items.size() > kStoredResponseBytesMax / 2)
    return too_large("the conversation has grown too long to go on from", "/conversation");
  return Turns{wire::turn_of(*one)};
}

void create(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& target) {
  if (!decode_kept(call)) return;
  wire::StoredAsk ask = wire::stored_ask(call->body());
  const bool goes_on = !ask.previous.empty() || !ask.conversation.empty();
  // Nothing is left to the server, or nothing may be: as it came.
  if ((!ask.store && !goes_on) || gateway.config().responses_kept_ms == 0)
    return std::make_shared<Turn>(gateway, call, kResponses, target.substr(3))->start();
  if (!goes_on) return begin(gateway, call, target, std::move(ask), {});
  if (!ask.previous.empty() && !ask.conversation.empty())
    return refuse_kept(call,
                       bad_input("a request goes on from a response or belongs to a conversation, not both",
                                 "/conversation"));
  gateway.store().run<Turns>(
      [owner = owner_of(call->headers()), ask, since = oldest_kept(gateway)](Store& store) {
        return history(store, owner, ask, since);
      },
      [&gateway, call, target, ask](const Result<Turns>& turns) {
        if (!turns) return refuse_kept(call, turns.error());
        if (!turns->empty()) return begin(gateway, call, target, ask, *turns);
        if (!ask.conversation.empty())
          return answer_kept(call, 404, wire::conversation_not_found(ask.conversation, false));
        answer_kept(call, 400, wire::response_not_found(ask.previous, true));
      });
}

// GET /v1/responses/ID and /v1/responses/ID/input_items.
void read(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& id, bool items,
          const std::string& query) {
  if (query.find("stream=true") != std::string::npos)
    return refuse_kept(call, unsupported("a response that has ended is not streamed again", "stream"));
  gateway.store().run<Turns>([owner = owner_of(call->headers()), id, since = oldest_kept(gateway)](
                                 Store& store) { return load(store, owner, id, since); },
                             [call, id, items, query](Result<Turns> turns) {
                               if (!turns) return refuse_kept(call, turns.error());
                               if (turns->empty())
                                 return answer_kept(call, 404, wire::response_not_found(id, false));
                               const wire::StoredTurn last = std::move(turns->back());
                               turns->pop_back();
                               if (!items) return answer_kept(call, 200, last.response);
                               auto page = wire::input_items(id, *turns, last.input, query);
                               if (!page) return refuse_kept(call, page.error());
                               answer_kept(call, 200, std::move(*page));
                             });
}

void remove(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& id) {
  gateway.store().run<bool>(
      [owner = owner_of(call->headers()), id](Store& store) { return store.remove_response(owner, id); },
      [call, id](const Result<bool>& gone) {
        if (!gone) return refuse_kept(call, gone.error());
        if (!*gone) return answer_kept(call, 404, wire::response_not_found(id, false));
        answer_kept(call, 200, wire::response_deleted(id));
      });
}

// What of Responses would go past weir: a socket, what runs or is kept elsewhere.
void refuse_path(const std::shared_ptr<net::ServerCall>& call, const std::string& path) {
  const bool socket = call->headers().has("upgrade");
  Error error{Code::not_found,
              fmt::format("weir does not know {} {}", call->method(), shown(path)),
              {},
              "what the provider keeps or runs by itself would be read past weir"};
  if (socket)
    error.hint = "weir guards HTTP only, and no WebSocket: use POST /v1/responses with \"stream\": true";
  if (path == "/v1/responses/compact")
    error.hint =
        "what is compacted comes back sealed, and weir could not say where it came from: let the client "
        "write the summary";
  // A client that asked for a socket goes on without one then.
  answer_kept(call, socket ? 426 : 404, wire::error_body(kResponses, error));
}

// What one that is too long was kept for is not there when somebody goes on from it, and that is said then.
Status unless_too_large(Status done) {
  return done || done.error().code != Code::too_large ? done : Status();
}

// What the turn asked and was answered, behind what its conversation holds by now. One that is gone meanwhile
// stays gone.
Status append_turn(Store& store, const KeptReply::Asked& asked, const StoredResponse& response,
                   int64_t oldest_wall_ms) {
  WEIR_TRY_ASSIGN(one, store.response(asked.owner, conversation_key(asked.conversation)));
  if (!one) return {};
  one->input = wire::with_turn(one->input, asked.input, response.response, response.id);
  one->at_wall_ms = response.at_wall_ms;
  return unless_too_large(store.put_response(*one, oldest_wall_ms));
}

}  // namespace

void KeptReply::streamed(std::string_view bytes) {
  if (auto object = watch_.feed(bytes)) keep(std::move(*object));
}

void KeptReply::whole(std::string_view body) {
  if (auto object = wire::ResponseWatch::whole(body)) keep(std::move(*object));
}

void KeptReply::keep(std::string object) {
  StoredResponse response{asked_.owner, wire::response_id(object), asked_.previous, asked_.before,
                          object,       gateway_.now().wall_ms};
  // An id with a "/" cannot be asked for, and would be another's key.
  const bool store = asked_.store && !response.id.empty() && response.id.find('/') == std::string::npos;
  if (!response.input.empty() && !asked_.input.empty()) response.input += ",";
  response.input += asked_.input;
  gateway_.store().write([response = std::move(response), store, asked = asked_,
                          since = oldest_kept(gateway_)](Store& kept) -> Status {
    if (!asked.conversation.empty()) WEIR_TRY(append_turn(kept, asked, response, since));
    if (!store) return Status();
    return unless_too_large(kept.put_response(response, since));
  });
}

void handle_responses(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, std::string target) {
  const size_t mark = target.find('?');
  const std::string path = target.substr(0, mark);
  const std::string query = mark == std::string::npos ? std::string() : target.substr(mark + 1);
  const std::string& method = call->method();
  if (method == "POST" && (path == kRoot || path == "/v1/responses/input_tokens"))
    return create(gateway, call, target);
  const bool under = path.size() > kRoot.size() + 1 && gateway.config().responses_kept_ms > 0;
  std::string id = under ? path.substr(kRoot.size() + 1) : std::string();
  const bool items = id.ends_with("/input_items");
  if (items) id.resize(id.size() - std::string_view("/input_items").size());
  const bool one = !id.empty() && id.find('/') == std::string::npos;
  if (one && method == "GET") return read(gateway, call, id, items, query);
  if (one && method == "DELETE" && !items) return remove(gateway, call, id);
  refuse_path(call, path);
}

}  // namespace weir::gateway

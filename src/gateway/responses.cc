#include "gateway/responses.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "gateway/turn.h"
#include "net/encoding.h"
#include "store/limits.h"

namespace weir::gateway {
namespace {

constexpr exchange::Dialect kResponses = exchange::Dialect::responses;
constexpr std::string_view kRoot = "/v1/responses";

using Turns = std::vector<wire::StoredTurn>;

// What a client proves to be itself by; what it goes on from nobody else may.
std::string owner_of(const net::Headers& headers) {
  const std::string_view key =
      headers.find("authorization")
          .value_or(headers.find("x-api-key").value_or(headers.find("weir-token").value_or("")));
  return to_hex(as_bytes(sha256({"weir responses v1", key})));
}

void answer(const std::shared_ptr<net::ServerCall>& call, int status, std::string body) {
  if (!call->closed()) call->respond(status, {{"content-type", "application/json"}}, std::move(body));
}
void refuse(const std::shared_ptr<net::ServerCall>& call, const Error& error) {
  answer(call, wire::http_status(error), wire::error_body(kResponses, error));
}

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

int64_t oldest(Gateway& gateway) {
  return gateway.now().wall_ms - gateway.config().responses_kept_ms;
}

void begin(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& target,
           wire::StoredAsk ask, const Turns& turns, const std::string& owner) {
  if (call->closed()) return;
  call->body() = wire::with_history(call->body(), turns);
  auto turn = std::make_shared<Turn>(gateway, call, kResponses, target.substr(3));
  if (ask.store && target.find("/input_tokens") == std::string::npos) {
    turn->keep(std::make_unique<KeptReply>(
        gateway, StoredResponse{owner, {}, std::move(ask.previous), std::move(ask.input), {}, 0}));
  }
  turn->start();
}

void create(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& target) {
  auto body = net::decode_body(call->headers(), std::move(call->body()), limits::kHttpBodyBytesMax);
  if (!body) {
    const int status = body.error().code == Code::unsupported ? 415 : wire::http_status(body.error());
    return answer(call, status, wire::error_body(kResponses, body.error()));
  }
  call->body() = std::move(*body);
  wire::StoredAsk ask = wire::stored_ask(call->body());
  // Nothing is left to the server, or nothing may be: as it came.
  if ((!ask.store && ask.previous.empty()) || gateway.config().responses_kept_ms == 0)
    return std::make_shared<Turn>(gateway, call, kResponses, target.substr(3))->start();
  const std::string owner = owner_of(call->headers());
  if (ask.previous.empty()) return begin(gateway, call, target, std::move(ask), {}, owner);
  const std::string previous = ask.previous;
  gateway.store().run<Turns>(
      [owner, previous, since = oldest(gateway)](Store& store) {
        return load(store, owner, previous, since);
      },
      [&gateway, call, target, ask = std::move(ask), owner](const Result<Turns>& turns) {
        if (!turns) return refuse(call, turns.error());
        if (turns->empty()) return answer(call, 400, wire::response_not_found(ask.previous, true));
        begin(gateway, call, target, ask, *turns, owner);
      });
}

// GET /v1/responses/ID and /v1/responses/ID/input_items.
void read(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& id, bool items,
          const std::string& query) {
  if (query.find("stream=true") != std::string::npos)
    return refuse(call, unsupported("a response that has ended is not streamed again", "stream"));
  gateway.store().run<Turns>([owner = owner_of(call->headers()), id, since = oldest(gateway)](
                                 Store& store) { return load(store, owner, id, since); },
                             [call, id, items, query](Result<Turns> turns) {
                               if (!turns) return refuse(call, turns.error());
                               if (turns->empty())
                                 return answer(call, 404, wire::response_not_found(id, false));
                               const wire::StoredTurn last = std::move(turns->back());
                               turns->pop_back();
                               if (!items) return answer(call, 200, last.response);
                               auto page = wire::input_items(id, *turns, last.input, query);
                               if (!page) return refuse(call, page.error());
                               answer(call, 200, std::move(*page));
                             });
}

void remove(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, const std::string& id) {
  gateway.store().run<bool>(
      [owner = owner_of(call->headers()), id](Store& store) { return store.remove_response(owner, id); },
      [call, id](const Result<bool>& gone) {
        if (!gone) return refuse(call, gone.error());
        if (!*gone) return answer(call, 404, wire::response_not_found(id, false));
        answer(call, 200, wire::response_deleted(id));
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
  answer(call, socket ? 426 : 404, wire::error_body(kResponses, error));
}

}  // namespace

void KeptReply::streamed(std::string_view bytes) {
  if (auto object = watch_.feed(bytes)) keep(std::move(*object));
}

void KeptReply::whole(std::string_view body) {
  if (auto object = wire::ResponseWatch::whole(body)) keep(std::move(*object));
}

void KeptReply::keep(std::string object) {
  response_.id = wire::response_id(object);
  if (response_.id.empty()) return;
  response_.response = std::move(object);
  response_.at_wall_ms = gateway_.now().wall_ms;
  gateway_.store().write([response = std::move(response_), since = oldest(gateway_)](Store& store) {
    // One that is too long is not there when somebody goes on from it, and that is said then.
    const Status done = store.put_response(response, since);
    return done || done.error().code != Code::too_large ? done : Status();
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

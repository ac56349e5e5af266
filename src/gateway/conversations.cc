#include "gateway/conversations.h"

#include <fmt/format.h>

#include <array>

#include "base/bytes.h"
#include "base/limits.h"
#include "gateway/kept.h"

namespace weir::gateway {
namespace {

constexpr std::string_view kRoot = "/v1/conversations";

using Call = std::shared_ptr<net::ServerCall>;
using Found = std::optional<wire::Conversation>;

std::string random_hex(Gateway& gateway) {
  std::array<uint8_t, 16> bytes{};
  gateway.random().fill(bytes);
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// One request about one conversation.
struct Request {
  Call call;
  std::string id;
  std::string item = {};  // of .../items/ITEM
  std::string query = {};
};

// Loads it, lets `change` say what is answered and what is kept then, on the store's thread, and answers.
// What `change` gives without a conversation changes nothing.
struct Outcome {
  int status = 200;
  std::string body = {};
  Found kept = {};
  bool gone = false;
};
using Change = std::function<Result<Outcome>(wire::Conversation)>;

void with_one(Gateway& gateway, const Request& request, Change change) {
  gateway.store().run<Outcome>(
      [owner = owner_of(request.call->headers()), id = request.id, change = std::move(change),
       now = gateway.now().wall_ms, since = oldest_kept(gateway)](Store& store) -> Result<Outcome> {
        WEIR_TRY_ASSIGN(found, kept_conversation(store, owner, id, since));
        if (!found) return Outcome{404, wire::conversation_not_found(id, false)};
        WEIR_TRY_ASSIGN(outcome, change(std::move(*found)));
        if (outcome.gone) WEIR_TRY(store.remove_response(owner, conversation_key(id)));
        if (outcome.kept) {
          WEIR_TRY(store.put_response({owner,
                                       conversation_key(id),
                                       {},
                                       std::move(outcome.kept->items),
                                       std::move(outcome.kept->object),
                                       now},
                                      since));
        }
        return outcome;
      },
      [call = request.call](const Result<Outcome>& outcome) {
        if (!outcome) return refuse_kept(call, outcome.error());
        answer_kept(call, outcome->status, outcome->body);
      });
}

void create(Gateway& gateway, const Call& call) {
  if (!decode_kept(call)) return;
  const std::string id = "conv_" + random_hex(gateway);
  auto made = wire::new_conversation(call->body(), id, gateway.now().wall_ms);
  if (!made) return refuse_kept(call, made.error());
  const std::string object = made->object;
  gateway.store().write(
      [owner = owner_of(call->headers()), key = conversation_key(id), made = std::move(*made),
       now = gateway.now().wall_ms, since = oldest_kept(gateway)](Store& store) {
        return store.put_response({owner, key, {}, made.items, made.object, now}, since);
      },
      [call, object](const Status& done) {
        if (!done) return refuse_kept(call, done.error());
        answer_kept(call, 200, object);
      });
}

void update(Gateway& gateway, const Request& request) {
  if (!decode_kept(request.call)) return;
  with_one(gateway, request, [body = request.call->body()](wire::Conversation one) -> Result<Outcome> {
    WEIR_TRY_ASSIGN(object, wire::with_metadata(one.object, body));
    one.object = std::move(object);
    return Outcome{200, one.object, one};
  });
}

void add_items(Gateway& gateway, const Request& request) {
  if (!decode_kept(request.call)) return;
  auto added = wire::read_items(request.call->body(), random_hex(gateway));
  if (!added) return refuse_kept(request.call, added.error());
  with_one(gateway, request, [added = std::move(*added)](wire::Conversation one) -> Result<Outcome> {
    WEIR_TRY_ASSIGN(list, wire::list_of(added));
    if (!added.empty()) one.items += (one.items.empty() ? "" : ",") + added;
    return Outcome{200, std::move(list), std::move(one)};
  });
}

void about_item(Gateway& gateway, const Request& request, bool remove) {
  with_one(gateway, request, [item = request.item, remove](wire::Conversation one) -> Result<Outcome> {
    std::string found = wire::item_of(one.items, item);
    if (found.empty()) return Outcome{404, wire::conversation_not_found(item, true)};
    if (!remove) return Outcome{200, std::move(found)};
    one.items = wire::without_item(one.items, item);
    return Outcome{200, one.object, one};
  });
}

void about_one(Gateway& gateway, const Request& request, const std::string& method) {
  if (method == "GET")
    return with_one(gateway, request, [](const wire::Conversation& one) -> Result<Outcome> {
      return Outcome{200, one.object};
    });
  if (method == "POST") return update(gateway, request);
  with_one(gateway, request, [id = request.id](const wire::Conversation&) -> Result<Outcome> {
    return Outcome{200, wire::conversation_deleted(id), {}, true};
  });
}

void about_items(Gateway& gateway, const Request& request, const std::string& method) {
  if (method == "POST") return add_items(gateway, request);
  with_one(gateway, request, [query = request.query](const wire::Conversation& one) -> Result<Outcome> {
    WEIR_TRY_ASSIGN(page, wire::page_of(one.items, query));
    return Outcome{200, std::move(page)};
  });
}

}  // namespace

std::string conversation_key(std::string_view id) {
  return fmt::format("conversation/{}", id);
}

Result<Found> kept_conversation(Store& store, const std::string& owner, const std::string& id,
                                int64_t oldest_wall_ms) {
  WEIR_TRY_ASSIGN(kept, store.response(owner, conversation_key(id)));
  if (!kept || kept->at_wall_ms < oldest_wall_ms) return Found();
  return Found(wire::Conversation{std::move(kept->response), std::move(kept->input)});
}

void handle_conversations(Gateway& gateway, const Call& call, const std::string& target) {
  const size_t mark = target.find('?');
  const std::string path = target.substr(0, mark);
  const std::string& method = call->method();
  const bool reads = method == "GET", writes = method == "POST", removes = method == "DELETE";
  const bool kept = gateway.config().responses_kept_ms > 0;
  if (kept && path == kRoot && writes) return create(gateway, call);
  Request request{call, path.size() > kRoot.size() + 1 ? path.substr(kRoot.size() + 1) : std::string()};
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  std::string below;  // of the conversation
  if (const size_t slash = request.id.find('/'); slash != std::string::npos) {
    below = request.id.substr(slash);
    request.id.resize(slash);
  }
  if (kept && !request.id.empty()) {
    if (below.empty() && (reads || writes || removes)) return about_one(gateway, request, method);
    if (below == "/items" && (reads || writes)) return about_items(gateway, request, method);
    if (below.starts_with("/items/")) request.item = below.substr(std::string_view("/items/").size());
    if (!request.item.empty() && request.item.find('/') == std::string::npos && (reads || removes))
      return about_item(gateway, request, removes);
  }
  refuse_kept(
      call,
      {Code::not_found,
       fmt::format("weir does not know {} {}", method, shown(path)),
       {},
       kept ? ""
            : "responses_kept = \"0s\": weir keeps no conversations, and the provider's would go past it"});
}

}  // namespace weir::gateway

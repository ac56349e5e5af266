// Lists of what the servers offer, and what a client wants to hear of them.
#include <fmt/format.h>

#include <set>

#include "base/limits.h"
#include "gateway/mcp/session.h"

namespace weir::gateway::mcp {
namespace {

namespace code = wire::mcp::code;

std::string_view list_member(List list) {
  switch (list) {
    case List::tools:
      return "tools";
    case List::prompts:
      return "prompts";
    case List::resources:
      return "resources";
    case List::templates:
      return "resourceTemplates";
  }
  return "tools";
}

}  // namespace

void Session::with_lists(const std::string& id, std::vector<List> lists, std::function<void()> then,
                         const std::string& name) {
  if (lists.empty()) return then();
  const List next = lists.back();
  lists.pop_back();
  if (catalogue_.settled(next)) return with_lists(id, std::move(lists), std::move(then), name);
  std::function<bool()> enough;
  if (!name.empty())
    enough = [this, next, name] { return catalogue_.find_by_client_name(next, name) != nullptr; };
  catalogue_.load(
      next,
      [weak = weak_from_this(), id, lists = std::move(lists), then = std::move(then), name] {
        const auto self = weak.lock();
        if (self && self->in_flight_.contains(id)) self->with_lists(id, lists, then, name);
      },
      std::move(enough));
}

void Session::list(const Message& message, List list) {
  const json::Value cursor = message.params()["cursor"];
  if (cursor.exists())
    return refuse(message.id, code::kInvalidParams, "there is no such cursor: weir gives lists whole");
  catalogue_.load(list, [weak = weak_from_this(), id = message.id, list] {
    const auto self = weak.lock();
    if (self && self->in_flight_.contains(id)) self->answer_list(id, list);
  });
}

void Session::answer_list(const std::string& id, List list) {
  std::string entries;
  std::set<std::string_view> uris;
  bool withheld = false;
  const bool watch = gateway_.config().mode == guard::Mode::watch;  // never interferes
  for (const Entry* entry : catalogue_.entries(list)) {
    if (entry->pin != PinState::accepted && !watch) {
      withheld = true;
      continue;
    }
    const bool named = list == List::tools || list == List::prompts;
    if (!named && !uris.insert(entry->name).second) continue;  // owner_of() takes the first
    const std::string text = offered(*entry, list);
    if (text.empty()) continue;
    if (!entries.empty()) entries += ',';
    entries += text;
  }
  if (const std::string own = list == List::tools ? own_tool() : std::string(); !own.empty())
    entries += (entries.empty() ? "" : ",") + own;
  std::string hints;
  if (stateless_) {
    const wire::mcp::Freshness fresh = catalogue_.freshness(list);
    const bool shared = fresh.shared && !withheld && !sealing();
    hints = fmt::format(",\"ttlMs\":{},\"cacheScope\":\"{}\"", fresh.ttl_ms, shared ? "public" : "private");
  }
  respond(id, wire::mcp::result(id, fmt::format("{{\"{}\":[{}]{}}}", list_member(list), entries, hints)));
}

void Session::subscribe(std::shared_ptr<const Message> message, bool on) {
  const json::Value uri = message->params()["uri"];
  if (!uri.is_string()) return refuse(message->id, code::kInvalidParams, "params.uri is no string");
  with_lists(message->id, {List::templates, List::resources}, [this, message, uri, on] {
    const std::string key(*uri.string());
    Upstream* owner = catalogue_.owner_of(key);
    if (owner == nullptr || subscriptions_.size() >= limits::kMcpSubscriptionsMax)
      return refuse(message->id, code::kResourceNotFound,
                    owner == nullptr ? "no server has this resource" : "too many subscriptions");
    if (on) {
      subscriptions_[key] = owner;
    } else {
      subscriptions_.erase(key);
    }
    if (owner->stateless()) {
      listen_to(*owner);
      return respond(message->id, wire::mcp::result(message->id, "{}"));
    }
    Wanted wanted{message->id, Act::completion, owner, message->method, std::string(message->params().raw()),
                  {}};
    forward(wanted);
  });
}

void Session::set_level(const Message& message) {
  if (!message.params()["level"].is_string())
    return refuse(message.id, code::kInvalidParams, "params.level is no string");
  level_ = message.params().raw();
  for (const auto& upstream : upstreams_) {
    if (upstream->state() == Upstream::State::ready && !upstream->stateless() && upstream->has("logging"))
      upstream->request("logging/setLevel", level_, limits::kMcpHandshakeMs, [](const Result<Message>&) {});
  }
  respond(message.id, wire::mcp::result(message.id, "{}"));
}

}  // namespace weir::gateway::mcp

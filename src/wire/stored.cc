#include "wire/stored.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "wire/item_list.h"
#include "wire/items.h"
#include "wire/splice.h"

namespace weir::wire {
namespace {

// The elements of a list as they came.
std::string_view inside(json::Value list) {
  const std::string_view raw = list.raw();
  return list.size() == 0 ? std::string_view() : raw.substr(1, raw.size() - 2);
}

std::string own_items(json::Value input) {
  if (const auto text = input.string()) return message_item("user", *text);
  return std::string(inside(input));
}

}  // namespace

std::string output_items(const std::string& response) {
  const auto document = json::parse(response);
  if (!document) return {};
  const json::Value output = (*document)["output"];
  bool bare = false;
  for (const json::Value item : output.elements())
    bare =
        bare || (item_kind(item) == ItemKind::reasoning && item["encrypted_content"].string_or("").empty());
  std::string all;
  for (const json::Value item : output.elements()) {
    if (bare && item_kind(item) == ItemKind::reasoning) continue;
    const auto copy = json::parse(std::string(item.raw()));
    Splices splices;
    if (bare && copy) splices.remove_members(copy->root(), [](std::string_view key) { return key == "id"; });
    add_items(all, splices.apply(item.raw()));
  }
  return all;
}

StoredAsk stored_ask(const std::string& body) {
  StoredAsk ask;
  json::Limits limits;
  limits.bytes_max = limits::kHttpBodyBytesMax;
  const auto document = json::parse(body, limits);
  if (!document) return {.store = false};
  ask.previous = (*document)["previous_response_id"].string_or("");
  const json::Value conversation = (*document)["conversation"];
  ask.conversation = conversation.string_or(conversation["id"].string_or(""));
  ask.store = (*document)["store"].boolean().value_or(true);
  ask.input = own_items((*document)["input"]);
  return ask;
}

std::string with_history(const std::string& body, const std::vector<StoredTurn>& turns) {
  json::Limits limits;
  limits.bytes_max = limits::kHttpBodyBytesMax;
  const auto document = json::parse(body, limits);
  if (!document || !document->root().is_object()) return body;
  const json::Value root = document->root();
  const json::Value input = root["input"];
  std::string items;
  for (const StoredTurn& turn : turns) {
    add_items(items, turn.input);
    add_items(items, output_items(turn.response));
  }
  add_items(items, own_items(input));
  json::Writer out;
  out.begin_object();
  for (const json::Member& member : root.members()) {
    if (member.key == "previous_response_id" || member.key == "conversation" || member.key == "store" ||
        member.key == "input")
      continue;
    out.key(member.key).raw(member.value.raw());
  }
  if (!turns.empty()) {
    out.key("input").raw("[" + items + "]");
  } else if (input.exists()) {
    out.key("input").raw(input.raw());
  }
  return out.key("store").boolean(false).end_object().take();
}

std::optional<std::string> ResponseWatch::feed(std::string_view bytes) {
  std::vector<SseEvent> events;
  if (!sse_.feed(bytes, events)) return {};
  for (const SseEvent& event : events) {
    // Only the last event is worth a look.
    if (!event.has_data || (event.data.find("\"response.completed\"") == std::string::npos &&
                            event.data.find("\"response.incomplete\"") == std::string::npos))
      continue;
    const auto document = json::parse(event.data);
    if (!document) continue;
    const std::string_view type = (*document)["type"].string_or("");
    if (type == "response.completed" || type == "response.incomplete")
      return std::string((*document)["response"].raw());
  }
  return {};
}

std::optional<std::string> ResponseWatch::whole(std::string_view body) {
  const auto document = json::parse(std::string(body));
  if (!document) return {};
  const std::string_view status = (*document)["status"].string_or("completed");
  if (status != "completed" && status != "incomplete") return {};
  return std::string(document->root().raw());
}

std::string response_id(const std::string& response) {
  const auto document = json::parse(response);
  return document ? std::string((*document)["id"].string_or("")) : std::string();
}

std::string response_deleted(std::string_view id) {
  json::Writer out;
  out.begin_object().field("id", id).field("object", "response").key("deleted").boolean(true);
  return out.end_object().take();
}

Result<std::string> input_items(std::string_view id, const std::vector<StoredTurn>& earlier,
                                const std::string& input, std::string_view query) {
  std::string all;
  for (const StoredTurn& turn : earlier) {
    add_items(all, turn.input);
    add_items(all, output_items(turn.response));
  }
  add_items(all, input);
  WEIR_TRY_ASSIGN(items, listed_items(all, id));
  return item_page(std::move(items), query);
}

std::string response_not_found(std::string_view id, bool previous) {
  json::Writer out;
  out.begin_object().key("error").begin_object();
  out.field("message", fmt::format("{} with id '{}' not found.", previous ? "Previous response" : "Response",
                                   shown(id)));
  out.field("type", "invalid_request_error").key("param");
  if (previous) {
    out.string("previous_response_id").field("code", "previous_response_not_found");
  } else {
    out.null().key("code").null();
  }
  return out.end_object().end_object().take();
}

}  // namespace weir::wire

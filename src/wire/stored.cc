#include "wire/stored.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "wire/items.h"
#include "wire/splice.h"

namespace weir::wire {
namespace {

constexpr size_t kPageDefault = 20;
constexpr size_t kPageMax = 100;

void add(std::string& all, std::string_view items) {
  if (items.empty()) return;
  all += all.empty() ? "" : ",";
  all += items;
}

// The elements of a list as they came.
std::string_view inside(json::Value list) {
  const std::string_view raw = list.raw();
  return list.size() == 0 ? std::string_view() : raw.substr(1, raw.size() - 2);
}

// What the provider did not store it knows again only where it comes whole: a thought that nothing is sealed
// in goes, and the items that came of it must not name it.
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
    add(all, splices.apply(item.raw()));
  }
  return all;
}

std::string own_items(json::Value input) {
  if (const auto text = input.string()) return message_item("user", *text);
  return std::string(inside(input));
}

std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
      return one.substr(name.size() + 1);
  }
  return {};
}

}  // namespace

StoredAsk stored_ask(const std::string& body) {
  StoredAsk ask;
  json::Limits limits;
  limits.bytes_max = limits::kHttpBodyBytesMax;
  const auto document = json::parse(body, limits);
  if (!document) return {.store = false};
  ask.previous = (*document)["previous_response_id"].string_or("");
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
    add(items, turn.input);
    add(items, output_items(turn.response));
  }
  add(items, own_items(input));
  json::Writer out;
  out.begin_object();
  for (const json::Member& member : root.members()) {
    if (member.key == "previous_response_id" || member.key == "store" || member.key == "input") continue;
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
    add(all, turn.input);
    add(all, output_items(turn.response));
  }
  add(all, input);
  WEIR_TRY_ASSIGN(document, json::parse("[" + all + "]"));
  std::vector<std::pair<std::string, std::string>> items;  // by id
  for (const json::Value item : document.root().elements()) {
    // One that the client gave no id gets one that stays the same.
    std::string name(item["id"].string_or(""));
    std::string raw(item.raw());
    if (name.empty()) {
      const std::string from = fmt::format("{}/{}", id, items.size());
      name = "item_" + to_hex(as_bytes(sha256(from))).substr(0, 24);
      raw = fmt::format(R"({{"id":"{}"{}{})", name, item.size() > 0 ? "," : "", raw.substr(1));
    }
    items.emplace_back(std::move(name), std::move(raw));
  }
  if (parameter(query, "order") != "asc") std::reverse(items.begin(), items.end());
  size_t begin = 0;
  if (const std::string_view after = parameter(query, "after"); !after.empty()) {
    const auto at =
        std::find_if(items.begin(), items.end(), [&](const auto& one) { return one.first == after; });
    if (at == items.end()) return bad_input("there is no such item", "after");
    begin = static_cast<size_t>(at - items.begin()) + 1;
  }
  size_t limit = kPageDefault;
  if (const std::string_view given = parameter(query, "limit"); !given.empty()) {
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), limit);
    if (error != std::errc() || end != given.data() + given.size() || limit < 1 || limit > kPageMax)
      return bad_input("expected a whole number from 1 to 100", "limit");
  }
  const size_t end = std::min(items.size(), begin + limit);
  json::Writer out;
  out.begin_object().field("object", "list").key("data").begin_array();
  for (size_t i = begin; i < end; ++i) out.raw(items[i].second);
  out.end_array();
  for (const std::string_view key : {"first_id", "last_id"}) {
    out.key(key);
    if (begin == end) {
      out.null();
    } else {
      out.string(items[key == "first_id" ? begin : end - 1].first);
    }
  }
  return out.key("has_more").boolean(end < items.size()).end_object().take();
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

#include "wire/conversation.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "wire/dialect.h"
#include "wire/item_list.h"

namespace weir::wire {
namespace {

constexpr size_t kItemsAtOnceMax = 20;
constexpr size_t kMetadataMax = 16;
constexpr size_t kMetadataKeyMax = 64;
constexpr size_t kMetadataValueMax = 512;

Result<json::Document> parse_body(const std::string& body) {
  json::Limits limits;
  limits.bytes_max = limits::kHttpBodyBytesMax;
  WEIR_TRY_ASSIGN(document, json::parse(body.empty() ? "{}" : body, limits));
  if (!document.root().is_object()) return bad_input("expected an object");
  return document;
}

Status only(json::Value root, std::initializer_list<std::string_view> known) {
  for (const json::Member& member : root.members()) {
    if (std::find(known.begin(), known.end(), member.key) == known.end())
      return bad_input("weir does not know this member", "/" + json::pointer_token(member.key));
  }
  return {};
}

// As JSON text; "{}" where there is none.
Result<std::string> metadata_of(json::Value root) {
  const json::Value metadata = root["metadata"];
  if (!metadata.exists() || metadata.is_null()) return std::string("{}");
  if (!metadata.is_object() || metadata.size() > kMetadataMax)
    return bad_input(fmt::format("expected an object of at most {} texts", kMetadataMax), "/metadata");
  for (const json::Member& member : metadata.members()) {
    const auto text = member.value.string();
    if (!text || member.key.size() > kMetadataKeyMax || text->size() > kMetadataValueMax)
      return bad_input(fmt::format("expected keys of at most {} and texts of at most {} bytes",
                                   kMetadataKeyMax, kMetadataValueMax),
                       "/metadata/" + json::pointer_token(member.key));
  }
  return std::string(metadata.raw());
}

// Refused here rather than in each later request.
Result<std::string> items_in(json::Value list, std::string_view seed) {
  if (!list.is_array() || list.size() > kItemsAtOnceMax)
    return bad_input(fmt::format("expected a list of at most {} items", kItemsAtOnceMax), "/items");
  if (list.size() == 0) return std::string();
  std::string raw(list.raw().substr(1, list.raw().size() - 2));
  const auto request = parse_request(exchange::Dialect::responses,
                                     R"({"model":"m","input":[)" + without_own_ids(raw) + "]}", {});
  if (!request) {
    Error error = request.error();
    if (error.where.starts_with("/input")) error.where.replace(0, 6, "/items");
    return error;
  }
  WEIR_TRY_ASSIGN(items, listed_items(raw, seed));
  std::string all;
  for (const ListedItem& item : items) add_items(all, item.raw);
  return all;
}

}  // namespace

Result<Conversation> new_conversation(const std::string& body, std::string_view id, int64_t at_wall_ms) {
  WEIR_TRY_ASSIGN(document, parse_body(body));
  const json::Value root = document.root();
  WEIR_TRY(only(root, {"items", "metadata"}));
  WEIR_TRY_ASSIGN(metadata, metadata_of(root));
  Conversation out;
  if (root["items"].exists() && !root["items"].is_null()) {
    WEIR_TRY_ASSIGN(items, items_in(root["items"], id));
    out.items = std::move(items);
  }
  json::Writer writer;
  writer.begin_object().field("id", id).field("object", "conversation");
  writer.key("created_at").integer(at_wall_ms / 1000).key("metadata").raw(metadata);
  out.object = writer.end_object().take();
  return out;
}

Result<std::string> with_metadata(const std::string& object, const std::string& body) {
  WEIR_TRY_ASSIGN(document, parse_body(body));
  WEIR_TRY(only(document.root(), {"metadata"}));
  WEIR_TRY_ASSIGN(metadata, metadata_of(document.root()));
  WEIR_TRY_ASSIGN(before, json::parse(object));
  json::Writer writer;
  writer.begin_object();
  for (const json::Member& member : before.root().members())
    writer.key(member.key).raw(member.key == "metadata" ? std::string_view(metadata) : member.value.raw());
  return writer.end_object().take();
}

Result<std::string> read_items(const std::string& body, std::string_view seed) {
  WEIR_TRY_ASSIGN(document, parse_body(body));
  WEIR_TRY(only(document.root(), {"items"}));
  return items_in(document.root()["items"], seed);
}

std::string with_turn(const std::string& items, const std::string& input, const std::string& response,
                      std::string_view seed) {
  std::string fresh = input;
  add_items(fresh, output_items(response));
  std::string all = items;
  const auto listed = listed_items(fresh, seed);
  if (!listed) return all;
  for (const ListedItem& item : *listed) add_items(all, item.raw);
  return all;
}

StoredTurn turn_of(const Conversation& conversation) {
  return {without_own_ids(conversation.items), {}};
}

Result<std::string> page_of(const std::string& items, std::string_view query) {
  WEIR_TRY_ASSIGN(listed, listed_items(items, {}));
  return item_page(std::move(listed), query);
}

Result<std::string> list_of(const std::string& items) {
  WEIR_TRY_ASSIGN(listed, listed_items(items, {}));
  return item_list(listed);
}

std::string item_of(const std::string& items, std::string_view id) {
  const auto listed = listed_items(items, {});
  if (!listed) return {};
  const auto at =
      std::find_if(listed->begin(), listed->end(), [&](const ListedItem& one) { return one.id == id; });
  return at == listed->end() ? std::string() : at->raw;
}

std::string without_item(const std::string& items, std::string_view id) {
  const auto listed = listed_items(items, {});
  std::string all;
  if (!listed) return all;
  for (const ListedItem& item : *listed) {
    if (item.id != id) add_items(all, item.raw);
  }
  return all;
}

std::string conversation_not_found(std::string_view id, bool item) {
  json::Writer out;
  out.begin_object().key("error").begin_object();
  out.field("message", fmt::format("{} with id '{}' not found.", item ? "Item" : "Conversation", shown(id)));
  out.field("type", "invalid_request_error").key("param").null().key("code").null();
  return out.end_object().end_object().take();
}

std::string conversation_deleted(std::string_view id) {
  json::Writer out;
  out.begin_object().field("id", id).field("object", "conversation.deleted").key("deleted").boolean(true);
  return out.end_object().take();
}

}  // namespace weir::wire

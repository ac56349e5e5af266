#include "wire/response_turn.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "wire/chat_turn.h"
#include "wire/message_turn.h"
#include "wire/request.h"

namespace weir::wire {
namespace {

std::string_view text_key(json::Value part) {
  return part["type"].string_or("") == "refusal" ? "refusal" : "text";
}

bool any_of_calls(const std::vector<ResponseItem>& items, bool (*which)(const ResponseItem&)) {
  return std::any_of(items.begin(), items.end(), which);
}

void add_item(std::string& all, std::string_view raw) {
  if (raw.empty()) return;
  all += all.empty() ? "" : ",";
  all += raw;
}

}  // namespace

bool ResponseItem::untouched() const {
  if (is_call()) return verdict.allow && !verdict.arguments;
  return std::all_of(texts.begin(), texts.end(), [](const ItemText& text) { return text.own == text.shown; });
}

std::string ResponseItem::client_raw() const {
  if (untouched()) return raw;
  const auto document = json::parse(raw);
  if (!document) return raw;
  Splices splices;
  if (is_call()) {
    write_arguments(document->root(), *verdict.arguments, splices);
    return splices.apply(raw);
  }
  size_t index = 0;
  for (const json::Value part : (*document)["content"].elements()) {
    if (index == texts.size()) break;
    const ItemText& text = texts[index++];
    if (text.own == text.shown) continue;
    splices.replace(part[text_key(part)], json::quote(text.shown));
    // They are of what the planner wrote.
    for (const std::string_view key : {"annotations", "logprobs"}) {
      if (part[key].size() > 0) splices.replace(part[key], "[]");
    }
  }
  return splices.apply(raw);
}

bool ResponseTurn::any_call() const {
  return any_of_calls(items, [](const ResponseItem& item) { return item.is_call(); });
}

bool ResponseTurn::withheld_any() const {
  return any_of_calls(items, [](const ResponseItem& item) { return item.withheld(); });
}

bool ResponseTurn::allowed_any() const {
  return any_of_calls(items, [](const ResponseItem& item) { return item.is_call() && item.verdict.allow; });
}

bool ResponseTurn::any_text() const {
  return any_of_calls(items, [](const ResponseItem& item) {
    return std::any_of(item.texts.begin(), item.texts.end(),
                       [](const ItemText& text) { return !text.shown.empty(); });
  });
}

bool ResponseTurn::untouched() const {
  return std::all_of(items.begin(), items.end(), [](const ResponseItem& item) { return item.untouched(); });
}

ResponseRounds::ResponseRounds(std::string body) : body_(std::move(body)) {
  const auto document = json::parse(body_);
  stored_ = !document || (*document)["store"].boolean().value_or(true);
}

std::string ResponseRounds::history(const ResponseTurn& turn) const {
  // What the provider did not store it knows again only where it comes whole: then a thought is sealed in it,
  // or goes, and the items that came of it must not name it.
  bool whole = true;
  for (const ResponseItem& item : turn.items) {
    const auto document = json::parse(item.raw);
    if (item.kind == ItemKind::reasoning && document)
      whole = whole && !(*document)["encrypted_content"].string_or("").empty();
  }
  const bool bare = !stored_ && !whole;
  std::string all;
  for (const ResponseItem& item : turn.items) {
    if (bare && item.kind == ItemKind::reasoning) continue;
    const auto document = json::parse(item.raw);
    if (!document || (item.kind == ItemKind::message && (*document)["content"].size() == 0)) continue;
    Splices splices;
    if (bare) splices.remove_members(document->root(), [](std::string_view key) { return key == "id"; });
    add_item(all, splices.apply(item.raw));
    if (item.withheld())
      add_item(all, result_item(document->root(), item.verdict.why, !item.verdict.answered));
  }
  return all;
}

std::string ResponseRounds::next_body() {
  const auto document = json::parse(body_);
  assert(document.has_value());
  const json::Value input = (*document)["input"];
  const std::string more = history(last());
  Splices splices;
  if (input.is_array()) {
    splices.insert(input.offset() + input.raw().size() - 1, (input.size() > 0 ? "," : "") + more);
  } else {
    std::string all = input.is_string() ? message_item("user", *input.string()) : "";
    add_item(all, more);
    const json::Value root = document->root();
    if (input.exists()) {
      splices.replace(input, "[" + all + "]");
    } else {
      splices.insert(root.offset() + root.raw().size() - 1, ",\"input\":[" + all + "]");
    }
  }
  body_ = splices.apply(body_);
  turns.emplace_back();
  return body_;
}

std::string ResponseRounds::client_items() const {
  std::vector<const ResponseItem*> items;
  for (const ResponseTurn& turn : turns) {
    for (const ResponseItem& item : turn.items) {
      if (!item.withheld()) items.push_back(&item);
    }
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const ResponseItem* a, const ResponseItem* b) { return a->index < b->index; });
  std::string all;
  for (const ResponseItem* item : items) add_item(all, item->client_raw());
  if (const std::string stopped = stopped_text(); !stopped.empty()) add_item(all, stopped_item(stopped));
  return all;
}

std::string ResponseRounds::client_text() const {
  std::string all;
  for (const ResponseTurn& turn : turns) {
    for (const ResponseItem& item : turn.items) {
      for (const ItemText& text : item.texts) all += text.shown;
    }
  }
  return all + stopped_text();
}

std::string ResponseRounds::stopped_text() const {
  if (failed) return {};
  std::vector<std::string_view> names;
  for (const ResponseTurn& turn : turns) {
    if (turn.any_text() || turn.allowed_any()) return {};
    for (const ResponseItem& item : turn.items) {
      if (item.is_call() && !item.verdict.answered) names.push_back(item.call.name);
    }
  }
  return stopped_sentence(names);
}

void ResponseRounds::mend(json::Value response, bool anew, const std::string& id, int64_t earlier,
                          Replacements& changes) const {
  if (anew || !untouched()) {
    if (response["output"].exists()) changes.emplace_back(response["output"], "[" + client_items() + "]");
    if (response["output_text"].is_string())
      changes.emplace_back(response["output_text"], json::quote(client_text()));
  }
  if (turns.size() == 1) return;
  if (response["id"].exists() && !id.empty()) changes.emplace_back(response["id"], id);
  for (const std::string_view key : {"output_tokens", "total_tokens"}) {
    const json::Value tokens = response["usage"][key];
    if (tokens.integer()) changes.emplace_back(tokens, std::to_string(*tokens.integer() + earlier));
  }
}

exchange::Message ResponseRounds::client_message() const {
  exchange::Message message{exchange::Role::planner, {}, {}};
  // Read as the client's next request will be, so that both give the same digest.
  const auto items = json::parse("[" + client_items() + "]");
  if (!items) return message;
  for (const json::Value item : items->root().elements())
    (void)read_planner_item(item, "", {.unknown_items_untrusted = true}, message.parts);
  return message;
}

std::optional<Shadow> ResponseRounds::shadow(bool keep_own) const {
  if (!keep_own && untouched()) return std::nullopt;
  Shadow shadow;
  for (const ResponseTurn& turn : turns) add_item(shadow.replacement, history(turn));
  return shadow;
}

std::string stopped_item(std::string_view stopped) {
  json::Writer writer;
  writer.begin_object().field("id", "msg_weir").field("type", "message").field("role", "assistant");
  writer.field("status", "completed").key("content").begin_array().begin_object();
  writer.field("type", "output_text").field("text", stopped);
  writer.key("annotations").begin_array().end_array().key("logprobs").begin_array().end_array();
  return writer.end_object().end_array().end_object().take();
}

Status check_reply_item(json::Value item, const std::string& where) {
  if (!item.is_object()) return unavailable("the upstream sent an item that is no object", where);
  const std::string_view type = item["type"].string_or("");
  switch (item_kind(item)) {
    case ItemKind::call:
      // Where it runs decides whose call it is.
      if (const std::string_view place = item["environment"]["type"].string_or("local"); place != "local")
        return hosted_tool(fmt::format("the call in a \"{}\"", shown(place)), where);
      return {};
    case ItemKind::message:
      if (item["role"].string_or("") != "assistant")
        return unknown_item("message of the role", item["role"].string_or(""), where + "/role");
      for (const json::Value part : item["content"].elements()) {
        const std::string_view kind = part["type"].string_or("");
        if (kind != "output_text" && kind != "refusal")
          return unknown_item("content part", kind, where + "/content");
        WEIR_TRY(check_beside(part, "", where + "/content"));
      }
      return check_beside(item, "content", where);
    case ItemKind::reasoning:
    case ItemKind::compaction:
      return check_beside(item, "", where);
    case ItemKind::hosted:
    case ItemKind::result:
    case ItemKind::tools:
    case ItemKind::approval:
      return hosted_tool(fmt::format("the item \"{}\"", shown(type)), where);
    case ItemKind::trigger:
    case ItemKind::reference:
    case ItemKind::unknown:
      break;
  }
  return unknown_item("item", type, where + "/type");
}

Status check_response(json::Value response, const std::string& where) {
  for (const json::Member& member : response.members()) {
    // What the request said comes back in these.
    static constexpr std::array<std::string_view, 8> kEchoed{
        "tools", "tool_choice", "instructions", "input", "metadata", "text", "prompt", "moderation"};
    if (member.key == "output" || std::find(kEchoed.begin(), kEchoed.end(), member.key) != kEchoed.end())
      continue;
    if (carries_calls(member))
      return unknown_item("member", member.key, where + "/" + json::pointer_token(member.key));
  }
  return {};
}

}  // namespace weir::wire

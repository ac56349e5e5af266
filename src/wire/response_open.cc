#include "wire/response_open.h"

#include <fmt/format.h>

#include "wire/splice.h"

namespace weir::wire {
namespace {

Error unreadable() {
  return unavailable("the upstream sent a call that can be read in more than one way");
}

bool same_json(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto left = json::parse(std::string(a));
  const auto right = json::parse(std::string(b));
  return left && right && json::canonical(left->root()) == json::canonical(right->root());
}

std::string without(std::string_view raw, std::string_view key) {
  const auto document = json::parse(std::string(raw));
  if (!document) return std::string(raw);
  Splices splices;
  splices.remove_members(document->root(), [&](std::string_view each) { return each == key; });
  return splices.apply(raw);
}

// The item as it is announced: not done, and its arguments still to come.
std::string announced(std::string_view raw, std::string_view text_key) {
  const auto document = json::parse(std::string(raw));
  if (!document) return std::string(raw);
  Splices splices;
  if ((*document)["status"].exists()) splices.replace((*document)["status"], "\"in_progress\"");
  if (!text_key.empty()) splices.replace((*document)[text_key], "\"\"");
  return splices.apply(raw);
}

}  // namespace

Result<bool> OpenItem::exact() const {
  const json::Value first = started["item"];
  const json::Value last = ended["item"];
  for (const std::string_view key : {"call_id", "name", "namespace", "type"}) {
    const std::string_view before = first[key].string_or("");
    if (!before.empty() && before != last[key].string_or("")) return unreadable();
  }
  const std::string_view type = item_type(last);
  const bool custom = type == "custom_tool_call";
  if (!custom && type != "function_call") {
    // What has no pieces may be announced whole, or in part.
    return held.size() == 2 && same_json(without(first.raw(), "status"), without(last.raw(), "status"));
  }
  std::string all(first[custom ? "input" : "arguments"].string_or(""));
  all += pieces;
  if (!all.empty() && all != item.call.arguments) return unreadable();
  if (whole && *whole != item.call.arguments) return unreadable();
  // A client that goes by the pieces must get them, and one that goes by the beginning the name.
  return all == item.call.arguments && first["name"].string_or("") == last["name"].string_or("") &&
         first["call_id"].string_or("") == last["call_id"].string_or("");
}

std::string OpenItem::release(bool exact, EventWriter& writer) const {
  std::string out;
  if (exact && !item.verdict.arguments) {
    for (const SseEvent& event : held) {
      const auto document = json::parse(event.data);
      if (document) out += writer.pass(event, document->root(), index);
    }
    return out;
  }
  const std::string raw = item.client_raw();
  const std::string_view type = item_type(ended["item"]);
  const bool custom = type == "custom_tool_call";
  const bool pieces_follow = custom || type == "function_call";
  const std::string_view key = custom ? "input" : "arguments";
  const auto about = [&](std::string_view what) { return fmt::format(R"("item":{})", what); };
  out += writer.make("response.output_item.added", index,
                     about(announced(raw, pieces_follow ? key : std::string_view())));
  if (pieces_follow) {
    const std::string arguments =
        json::quote(item.verdict.arguments ? *item.verdict.arguments : item.call.arguments);
    const std::string_view event =
        custom ? "response.custom_tool_call_input" : "response.function_call_arguments";
    out += writer.make(fmt::format("{}.delta", event), index,
                       fmt::format(R"("item_id":{},"delta":{})", json::quote(id), arguments));
    const std::string name = custom ? "" : fmt::format(R"("name":{},)", ended["item"]["name"].raw());
    out += writer.make(
        fmt::format("{}.done", event), index,
        fmt::format(R"("item_id":{},{}{}:{})", json::quote(id), name, json::quote(key), arguments));
  }
  return out + writer.make("response.output_item.done", index, about(raw));
}

void OpenItem::feed(OpenText& text, json::Value value, Replacements& changes) const {
  if (!value.is_string()) return;
  const std::string shown = text.filter.feed(*value.string());
  text.text.own += *value.string();
  text.text.shown += shown;
  if (shown != *value.string()) changes.emplace_back(value, json::quote(shown));
}

OpenText& OpenItem::text_at(int64_t part, bool refusal, const TextFilters& filters) {
  const auto [at, added] = texts.try_emplace(part, filters);
  if (added) at->second.refusal = refusal;
  return at->second;
}

Result<bool> OpenItem::text_event(json::Value root, const SseEvent& event, const TextFilters& filters,
                                  EventWriter& writer, Replacements& changes, std::string& out) {
  const bool filtered = static_cast<bool>(filters);
  const int64_t part = root["content_index"].integer().value_or(0);
  const json::Value whole = root["part"];
  if (event.name.ends_with("annotation.added")) {
    if (filtered) text_at(part, false, filters).citations.push_back(event);
    return !filtered;
  }
  const bool refusal =
      event.name.find(".refusal.") != std::string::npos || whole["type"].string_or("") == "refusal";
  const std::string_view key = refusal ? "refusal" : "text";
  const json::Value value = whole.exists()                   ? whole[key]
                            : event.name.ends_with(".delta") ? root["delta"]
                                                             : root[key];
  OpenText& text = text_at(part, refusal, filters);
  if (event.name.ends_with(".done")) {
    WEIR_TRY(end(text, part, value, filtered, writer, out));
    if (value.is_string() && *value.string() != text.text.shown)
      changes.emplace_back(value, json::quote(text.text.shown));
  } else {
    if (text.ended) return unavailable("the upstream went on with a text that it had ended");
    feed(text, value, changes);
  }
  // They spell what the planner wrote.
  const json::Value holder = whole.exists() ? whole : root;
  for (const std::string_view each : {"logprobs", "annotations"}) {
    if (!changes.empty() && holder[each].size() > 0) changes.emplace_back(holder[each], "[]");
  }
  return true;
}

Status OpenItem::end(OpenText& text, int64_t part, json::Value value, bool filtered, EventWriter& writer,
                     std::string& out) const {
  const std::string_view all = value.string_or(text.text.own);
  if (!filtered) {
    // Clients take what came whole.
    text.text = {std::string(all), std::string(all)};
    return {};
  }
  if (text.text.own.empty() && !text.ended) {
    Replacements none;
    feed(text, value, none);
  } else if (text.text.own != all) {
    return unavailable("the upstream sent a text that can be read in more than one way");
  }
  if (text.ended) return {};
  flush(text, part, writer, out);
  text.ended = true;
  for (const SseEvent& event : text.citations) {
    const auto document = json::parse(event.data);
    if (document && text.text.own == text.text.shown) out += writer.pass(event, document->root(), index);
  }
  text.citations.clear();
  return {};
}

void OpenItem::flush(OpenText& text, int64_t part, EventWriter& writer, std::string& out) const {
  const std::string rest = text.filter.end();
  if (rest.empty()) return;
  text.text.shown += rest;
  out += writer.make(text.refusal ? "response.refusal.delta" : "response.output_text.delta", index,
                     fmt::format(R"("item_id":{},"content_index":{},"delta":{}{})", json::quote(id), part,
                                 json::quote(rest), text.refusal ? "" : R"(,"logprobs":[])"));
}

std::string OpenItem::raw_so_far() const {
  const json::Value first = started["item"];
  if (item.kind != ItemKind::message) return std::string(first.raw());
  json::Writer content;
  content.begin_array();
  for (const auto& [part, text] : texts) {
    content.begin_object().field("type", text.refusal ? "refusal" : "output_text");
    content.field(text.refusal ? "refusal" : "text", text.text.own);
    if (!text.refusal) content.key("annotations").begin_array().end_array();
    content.end_object();
  }
  content.end_array();
  Splices splices;
  if (first["content"].exists()) {
    splices.replace(first["content"].offset() - first.offset(),
                    first["content"].offset() - first.offset() + first["content"].raw().size(),
                    content.text());
  } else {
    splices.insert(first.raw().size() - 1, ",\"content\":" + content.text());
  }
  return splices.apply(first.raw());
}

}  // namespace weir::wire

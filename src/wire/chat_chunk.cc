#include "wire/chat_chunk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "wire/splice.h"
#include "wire/sse.h"

namespace weir::wire {
namespace {

bool says_something(const json::Member& member) {
  if (member.key == "role" || member.key == "tool_calls" || member.key == "function_call") return false;
  if (member.key == "obfuscation" || member.key == "padding" || member.value.is_null()) return false;
  return !(member.value.is_string() && member.value.string_or("").empty()) &&
         !(member.value.is_array() && member.value.size() == 0);
}

}  // namespace

void ChatHead::remember(json::Value root) {
  if (open_.size() > 1) return;
  for (const std::string_view key : {"id", "object", "created", "model", "system_fingerprint"}) {
    if (root[key].exists()) open_ += fmt::format("\"{}\":{},", key, root[key].raw());
  }
  id_ = root["id"].raw();
}

std::string ChatHead::chunk(int64_t index, std::string_view delta, std::string_view finish_reason) const {
  return fmt::format("data: {}\"choices\":[{{\"index\":{},\"delta\":{},\"finish_reason\":{}}}]}}\n\n", open_,
                     index, delta, finish_reason);
}

std::string edited_chunk(json::Value root, const ChunkEdit& edit) {
  Splices splices;
  if (!edit.id.empty() && root["id"].exists()) splices.replace(root["id"], std::string(edit.id));
  if (edit.cut_usage) splices.remove_members(root, [](std::string_view key) { return key == "usage"; });
  std::vector<bool> remove;
  for (const json::Value choice : root["choices"].elements()) {
    remove.push_back(edit.only >= 0 && static_cast<int64_t>(remove.size()) != edit.only);
    if (remove.back()) continue;
    const json::Value delta = choice["delta"];
    if (edit.empty_delta && delta.exists()) {
      splices.replace(delta, "{}");
    } else {
      splices.remove_members(delta, [&](std::string_view key) {
        return (edit.cut_calls && (key == "tool_calls" || key == "function_call")) ||
               (edit.cut_role && key == "role");
      });
    }
    if (edit.cut_logprobs && choice["logprobs"].exists()) splices.replace(choice["logprobs"], "null");
    const json::Value reason = choice["finish_reason"];
    if (edit.unfinish && reason.exists()) splices.replace(reason, "null");
    if (!edit.reason.empty() && reason.exists()) splices.replace(reason, json::quote(edit.reason));
  }
  if (edit.replace != nullptr) {
    for (const auto& [value, raw] : *edit.replace) splices.replace(value, raw);
  }
  splices.remove_elements(root["choices"], remove);
  // Values know where they stand in the document, which may have white space before the root.
  std::string data(root.offset(), ' ');
  data += root.raw();
  data = splices.apply(data).substr(root.offset());
  // A line feed in the data is white space between its values.
  std::string event = "data: ";
  for (const char c : data) event += c == '\n' || c == '\r' ? ' ' : c;
  return event + "\n\n";
}

void ChatUsage::of_round(json::Value usage) {
  for (const std::string_view key : {"prompt_tokens", "completion_tokens", "total_tokens"})
    round_[std::string(key)] = usage[key].integer().value_or(0);
}

void ChatUsage::end_round() {
  for (const auto& [key, tokens] : round_) all_[key] += tokens;
  round_.clear();
}

std::string ChatUsage::events(bool several_rounds, const ChatHead& head) const {
  std::string all;
  for (const std::string& raw : events_) {
    const auto document =
        several_rounds ? json::parse(event_data(raw)) : Result<json::Document>(json::Document());
    if (!several_rounds || !document) {
      all += raw;
      continue;
    }
    const json::Value root = document->root();
    Replacements sums;
    for (const auto& [key, sum] : all_) {
      if (root["usage"][key].integer()) sums.emplace_back(root["usage"][key], std::to_string(sum));
    }
    all += edited_chunk(root, {.id = head.id(), .replace = &sums});
  }
  return all;
}

ChatContent content_of(json::Value choice) {
  ChatContent content;
  const json::Value delta = choice["delta"];
  content.calls = delta["tool_calls"].size() > 0 || delta["function_call"].is_object();
  content.finished = !choice["finish_reason"].string_or("").empty();
  for (const json::Member& member : delta.members()) content.other |= says_something(member);
  return content;
}

Error odd_chunk(std::string_view what) {
  return unavailable(fmt::format("the upstream sent a chunk with {}", what));
}

Status check_chunk_choices(json::Value choices) {
  std::vector<int64_t> seen;
  for (const json::Value choice : choices.elements()) {
    if (!choice.is_object()) return odd_chunk("a choice that is no object");
    const json::Value delta = choice["delta"];
    if (delta.exists() && !delta.is_null() && !delta.is_object())
      return odd_chunk("a delta that is no object");
    const json::Value index = choice["index"];
    if (index.exists() && !index.integer()) return odd_chunk("a choice's index that is no whole number");
    const int64_t at = index.integer().value_or(0);
    if (at < 0 || at >= static_cast<int64_t>(limits::kChoicesMax))
      return odd_chunk("a choice that nobody asked for");
    if (std::find(seen.begin(), seen.end(), at) != seen.end()) return odd_chunk("one choice twice");
    seen.push_back(at);
  }
  return {};
}

std::string event_data(std::string_view raw) {
  SseParser parser;
  std::vector<SseEvent> events;
  if (!parser.feed(raw, events) || events.empty()) return {};
  return events.front().data;
}

}  // namespace weir::wire

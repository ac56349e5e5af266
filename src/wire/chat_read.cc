// Reading the planner's turn out of Chat Completions replies.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "wire/chat_turn.h"
#include "wire/request.h"

namespace weir::wire {
namespace {

constexpr std::array<std::string_view, 14> kCallNames{
    "tool_calls", "tool_call",     "toolCalls", "function_call", "functionCall", "function", "custom",
    "tool_use",   "content_block", "arguments", "input",         "partial_json", "delta",    "choices"};

// Members of a message or delta that weir knows; tool_calls and function_call are read as calls.
constexpr std::array<std::string_view, 14> kHolder{
    "role",        "content",   "refusal",           "tool_calls", "function_call", "reasoning_content",
    "name",        "reasoning", "reasoning_details", "audio",      "annotations",   "images",
    "obfuscation", "padding"};

// Beside "function" or "custom": what some client could take for the call itself.
constexpr std::array<std::string_view, 6> kFlatCall{"name",  "args",       "arguments",
                                                    "input", "parameters", "tool"};

template <class Names>
bool one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool given(json::Value value) {
  return value.exists() && !value.is_null();
}

Error unreadable(std::string_view what) {
  return unavailable(fmt::format("the upstream sent a call that can be read in more than one way: {}", what));
}

void remember(std::vector<std::pair<std::string, std::string>>& extra, const json::Member& member) {
  for (auto& [key, raw] : extra) {
    if (key == member.key) {
      raw = member.value.raw();
      return;
    }
  }
  extra.emplace_back(member.key, member.value.raw());
}

}  // namespace

bool carries_calls(const json::Member& member) {
  return one_of(kCallNames, member.key) ? given(member.value) : may_carry_calls(member.value);
}

bool may_carry_calls(json::Value value) {
  std::vector<json::Value> open{value};
  while (!open.empty()) {
    const json::Value at = open.back();
    open.pop_back();
    for (const json::Value element : at.elements()) open.push_back(element);
    for (const json::Member& member : at.members()) {
      if (one_of(kCallNames, member.key) && given(member.value)) return true;
      open.push_back(member.value);
    }
  }
  return false;
}

Status check_chat_reply(json::Value root, std::string_view holder) {
  for (const json::Member& member : root.members()) {
    // The moderation of an input has that name.
    if (member.key != "choices" && member.key != "moderation" && carries_calls(member))
      return unknown_item("member", member.key, "/" + json::pointer_token(member.key));
  }
  for (const json::Value choice : root["choices"].elements()) {
    for (const json::Member& member : choice.members()) {
      if (member.key == holder) continue;
      if ((member.key == "message" && given(member.value)) || carries_calls(member))
        return unknown_item("member of a choice", member.key, "/choices");
    }
    for (const json::Member& member : choice[holder].members()) {
      if (!one_of(kHolder, member.key) && carries_calls(member))
        return unknown_item("member", member.key, fmt::format("/choices/{}", holder));
    }
  }
  return {};
}

Status ChatTexts::read(json::Value choice, std::string_view holder_key, bool unknown_pass, ChatTurn& turn,
                       Replacements& changes) {
  const json::Value holder = choice[holder_key];
  const json::Value content = holder["content"];
  std::vector<json::Value> strings;
  if (content.is_string()) strings.push_back(content);
  for (const json::Value part : content.elements()) {
    const std::string_view type = part["type"].string_or("");
    if (type == "text" || type == "refusal") {
      if (part[type].is_string()) strings.push_back(part[type]);
    } else if (type != "thinking" && type != "reference" && type != "image_url" && !unknown_pass) {
      return unknown_item("content part", type, "/choices/content");
    }
  }
  if (given(content) && !content.is_string() && !content.is_array() && !unknown_pass)
    return unknown_item("content", "neither text nor a list", "/choices/content");
  const size_t before = changes.size();
  pass(strings, content_, turn, changes);
  if (holder["refusal"].is_string()) pass({holder["refusal"]}, refusal_, turn, changes);
  // They spell the text, and point into it.
  if (changes.size() > before && given(choice["logprobs"])) changes.emplace_back(choice["logprobs"], "null");
  if (holder["annotations"].size() > 0 && turn.text != turn.shown)
    changes.emplace_back(holder["annotations"], "[]");
  for (const std::string_view key : {"reasoning_content", "reasoning"}) {
    if (const std::string_view text = holder[key].string_or(""); !text.empty()) {
      if (turn.reasoning_key.empty()) turn.reasoning_key = key;
      if (turn.reasoning_key == key) turn.reasoning += text;
    }
  }
  turn.audio = turn.audio || holder["audio"].is_object();
  return {};
}

void ChatTexts::pass(const std::vector<json::Value>& strings, FilteredText& filter, ChatTurn& turn,
                     Replacements& changes) const {
  for (const json::Value value : strings) {
    const std::string_view text = *value.string();
    std::string shown = filter.feed(text);
    if (!streamed_ && value.offset() == strings.back().offset()) shown += filter.end();
    turn.text += text;
    turn.shown += shown;
    if (shown != text) changes.emplace_back(value, json::quote(shown));
  }
}

void ChatTexts::end() {
  content_rest += content_.end();
  refusal_rest += refusal_.end();
}

Status ChatCallReader::read(json::Value holder, ChatTurn& turn) {
  const json::Value calls = holder["tool_calls"];
  const json::Value legacy = holder["function_call"];
  if (given(calls) && !calls.is_array()) return unreadable("tool_calls is no list");
  if (given(legacy) && !legacy.is_object()) return unreadable("function_call is no object");
  for (const json::Value wire : calls.elements()) WEIR_TRY(read_call(wire, turn));
  if (given(legacy)) WEIR_TRY(read_legacy(legacy, turn));
  if (bytes_ > limits::kHeldCallBytesMax)
    return too_large(fmt::format("the calls of one turn have more than {} bytes", limits::kHeldCallBytesMax));
  return {};
}

Status ChatCallReader::read_call(json::Value wire, ChatTurn& turn) {
  if (!wire.is_object()) return unreadable("a call is no object");
  WEIR_TRY_ASSIGN(call, place(wire, turn));
  WEIR_TRY(read_type(wire, *call));
  if (const json::Value id = wire["id"]; given(id)) {
    if (!id.is_string()) return unreadable("an id is no string");
    WEIR_TRY(grow(call->id, id, "id"));
  }
  for (const json::Member& member : wire.members()) {
    const std::string_view key = member.key;
    if (key == "index" || key == "id" || key == "type" || key == "function" || key == "custom") continue;
    if (!unknown_pass_ && given(member.value) && (one_of(kFlatCall, key) || carries_calls(member)))
      return unknown_item("member of a call", key, "/choices/tool_calls");
    remember(call->extra, member);
  }
  return read_body(wire[call->custom ? "custom" : "function"], *call);
}

// Which call a delta goes on with.
Result<ChatCall*> ChatCallReader::place(json::Value wire, ChatTurn& turn) {
  const std::string_view id = wire["id"].string_or("");
  const json::Value body = wire["custom"].is_object() ? wire["custom"] : wire["function"];
  const bool named = !body["name"].string_or("").empty();
  size_t at = turn.calls.size();
  if (streamed_) {
    const json::Value index = wire["index"];
    if (given(index)) {
      if (!index.integer() || *index.integer() < 0) return unreadable("an index is no whole number");
      const auto [found, added] = at_.try_emplace(*index.integer(), at);
      // Some servers give every parallel call the same index: another id with a name is another call.
      if (!added && !id.empty() && named && !turn.calls[found->second].id.empty() &&
          turn.calls[found->second].id != id) {
        exact_ = false;
        found->second = at;
      }
      at = found->second;
    } else {
      exact_ = false;
      if (id.empty() && !named) {
        if (at == 0) return unreadable("arguments of no call");
        --at;
      }
    }
  }
  if (at == turn.calls.size()) {
    if (at >= limits::kCallsPerTurnMax)
      return too_large(fmt::format("more than {} calls in one turn", limits::kCallsPerTurnMax));
    turn.calls.emplace_back();
  }
  return &turn.calls[at];
}

Status ChatCallReader::read_type(json::Value wire, ChatCall& call) const {
  const json::Value type = wire["type"];
  if (given(type) && !type.is_string()) return unreadable("a type is no string");
  const bool function = given(wire["function"]);
  const bool custom = given(wire["custom"]);
  std::string_view said = type.string_or("");
  if (!said.empty() && said != "function" && said != "custom")
    return unknown_item("call type", said, "/choices/tool_calls/type");
  if (said.empty() && (function || custom)) said = custom ? "custom" : "function";
  if (said.empty()) return {};
  if ((function && said == "custom") || (custom && said == "function")) return unreadable("its type changes");
  if (call.typed && call.custom != (said == "custom")) return unreadable("its type changes");
  call.typed = true;
  call.custom = said == "custom";
  return {};
}

Status ChatCallReader::read_body(json::Value body, ChatCall& call) {
  if (!given(body)) return {};
  if (!body.is_object()) return unreadable("what is called is no object");
  const std::string_view payload = call.custom ? "input" : "arguments";
  for (const json::Member& member : body.members()) {
    if (member.key == "name" || member.key == payload || !given(member.value)) continue;
    if (!unknown_pass_ && (one_of(kFlatCall, member.key) || carries_calls(member)))
      return unknown_item("member of a call", member.key, "/choices/tool_calls");
  }
  if (const json::Value name = body["name"]; given(name)) {
    if (!name.is_string()) return unreadable("a name is no string");
    WEIR_TRY(grow(call.name, name, "name"));
  }
  const json::Value arguments = body[payload];
  if (!given(arguments)) return {};
  if (call.closed) return unreadable("its arguments came twice");
  bytes_ += arguments.raw().size();
  if (arguments.is_string()) {
    call.arguments += *arguments.string();
    return {};
  }
  // Some servers send the arguments as an object.
  if (!arguments.is_object() || call.custom || !call.arguments.empty())
    return unreadable("its arguments are neither text nor an object");
  call.arguments = arguments.raw();
  call.closed = true;
  return {};
}

// Names and ids come once by the reference. Servers also repeat them, or send them in pieces; clients differ
// in what they make of that.
Status ChatCallReader::grow(std::string& to, json::Value piece, std::string_view what) {
  const std::string_view text = *piece.string();
  if (text.empty()) return {};
  if (!to.empty()) {
    if (!streamed_) return unreadable(fmt::format("two times an {}", what));
    exact_ = false;
    if (to == text) return {};
  }
  to += text;
  bytes_ += text.size();
  return {};
}

Status ChatCallReader::read_legacy(json::Value wire, ChatTurn& turn) {
  const auto [at, added] = at_.try_emplace(-1, turn.calls.size());
  if (added) {
    if (turn.calls.size() >= limits::kCallsPerTurnMax)
      return too_large(fmt::format("more than {} calls in one turn", limits::kCallsPerTurnMax));
    turn.calls.push_back({.legacy = true});
  }
  return read_body(wire, turn.calls[at->second]);
}

}  // namespace weir::wire

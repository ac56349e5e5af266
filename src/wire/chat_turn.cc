#include "wire/chat_turn.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "wire/splice.h"

namespace weir::wire {

bool ChatTurn::withheld_any() const {
  return std::any_of(calls.begin(), calls.end(), [](const ChatCall& call) { return !call.verdict.allow; });
}

bool ChatTurn::allowed_any() const {
  return std::any_of(calls.begin(), calls.end(), [](const ChatCall& call) { return call.verdict.allow; });
}

bool ChatTurn::rewritten_any() const {
  return std::any_of(calls.begin(), calls.end(),
                     [](const ChatCall& call) { return call.verdict.arguments.has_value(); });
}

std::string chat_call_json(const ChatCall& call, std::string_view arguments, int index) {
  json::Writer writer;
  writer.begin_object();
  if (index >= 0) writer.key("index").integer(index);
  const std::string_view type = call.custom ? "custom" : "function";
  writer.field("id", call.id).field("type", type).key(type).begin_object().field("name", call.name);
  writer.field(call.custom ? "input" : "arguments", arguments).end_object();
  for (const auto& [name, raw] : call.extra) writer.key(name).raw(raw);
  return writer.end_object().take();
}

std::string chat_message_json(const ChatTurn& turn) {
  json::Writer writer;
  writer.begin_object().field("role", "assistant").key("content");
  if (turn.text.empty()) {
    writer.null();
  } else {
    writer.string(turn.text);
  }
  if (!turn.reasoning.empty()) writer.field(turn.reasoning_key, turn.reasoning);
  bool open = false;
  for (const ChatCall& call : turn.calls) {
    if (call.legacy) continue;
    if (!open) writer.key("tool_calls").begin_array();
    open = true;
    writer.raw(chat_call_json(call, call.arguments));
  }
  if (open) writer.end_array();
  for (const ChatCall& call : turn.calls) {
    if (!call.legacy) continue;
    writer.key("function_call").begin_object();
    writer.field("name", call.name).field("arguments", call.arguments).end_object();
  }
  return writer.end_object().take();
}

std::string chat_results_json(const ChatTurn& turn) {
  std::string all;
  for (const ChatCall& call : turn.calls) {
    if (call.verdict.allow) continue;
    json::Writer writer;
    writer.begin_object().field("role", call.legacy ? "function" : "tool");
    writer.field(call.legacy ? "name" : "tool_call_id", call.legacy ? call.name : call.id)
        .field("content", call.verdict.why)
        .end_object();
    all += (all.empty() ? "" : ",") + writer.text();
  }
  return all;
}

std::string append_messages(const std::string& body, std::string_view raw) {
  const auto document = json::parse(body);
  assert(document.has_value());
  const json::Value messages = (*document)["messages"];
  Splices splices;
  splices.insert(messages.offset() + messages.raw().size() - 1,
                 fmt::format("{}{}", messages.size() > 0 ? "," : "", raw));
  return splices.apply(body);
}

exchange::Message chat_client_message(const std::vector<ChatTurn>& rounds) {
  exchange::Message message{exchange::Role::planner, {}, {}};
  std::string text;
  for (const ChatTurn& turn : rounds) {
    if (!text.empty() && !turn.shown.empty()) text += kRoundGap;
    text += turn.shown;
  }
  if (text.empty()) text = stopped_text(rounds);
  if (!text.empty()) message.parts.emplace_back(exchange::Text{text});
  if (rounds.empty()) return message;
  if (rounds.back().audio) message.parts.emplace_back(exchange::Media{});
  for (const ChatCall& call : rounds.back().calls) {
    if (!call.verdict.allow) continue;
    exchange::Call given = call.call();
    given.arguments = call.client_arguments();
    message.parts.emplace_back(std::move(given));
  }
  return message;
}

std::optional<Shadow> chat_shadow(const std::vector<ChatTurn>& rounds, bool keep_own) {
  if (!keep_own &&
      std::all_of(rounds.begin(), rounds.end(), [](const ChatTurn& turn) { return turn.untouched(); }))
    return std::nullopt;
  Shadow shadow;
  for (size_t i = 0; i < rounds.size(); ++i) {
    const bool last = i + 1 == rounds.size();
    // A round that said nothing at all: the upstream would refuse an empty message.
    if (i > 0 && rounds[i].text.empty() && rounds[i].calls.empty()) continue;
    shadow.replacement += (i == 0 ? "" : ",") + chat_message_json(rounds[i]);
    if (!rounds[i].withheld_any()) continue;
    if (last && rounds[i].allowed_any()) {
      shadow.insert_after = chat_results_json(rounds[i]);
    } else {
      shadow.replacement += "," + chat_results_json(rounds[i]);
    }
  }
  return shadow;
}

std::string stopped_text(const std::vector<ChatTurn>& rounds) {
  std::vector<std::string_view> names;
  for (const ChatTurn& turn : rounds) {
    if (!turn.shown.empty() || turn.allowed_any()) return {};
    for (const ChatCall& call : turn.calls) {
      if (!call.verdict.answered) names.push_back(call.name);
    }
  }
  return stopped_sentence(names);
}

std::string stopped_sentence(const std::vector<std::string_view>& names) {
  std::string tools;
  for (const std::string_view name : names) {
    // The model chose the name: only what looks like one is repeated, so that no agent reads a call in it.
    const bool plain = name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                c == '_' || c == '-' || c == '.';
                       });
    tools += tools.empty() ? "" : ", ";
    tools += plain ? name : std::string_view("a tool with an odd name");
    if (tools.size() > 500) {
      tools += ", …";
      break;
    }
  }
  return tools.empty()
             ? std::string()
             : fmt::format("(weir stopped what the model wanted to do: {}. See `weir log`.)", tools);
}

}  // namespace weir::wire

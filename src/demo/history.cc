#include "demo/history.h"

namespace weir::demo {
namespace {

// The text of a content that is a string or a list of blocks with "text".
std::string text_of(json::Value content) {
  if (const auto string = content.string()) return std::string(*string);
  std::string text;
  for (const json::Value block : content.elements()) {
    const std::string_view piece = block["text"].string_or("");
    if (!text.empty() && !piece.empty()) text += '\n';
    text += piece;
  }
  return text;
}

void add_text(History& history, std::string_view role, std::string text) {
  if (text.empty()) return;
  if (role == "user") history.user.push_back(text);
  history.texts.push_back(std::move(text));
}

void add_result(History& history, std::string_view id, std::string text) {
  history.texts.push_back(text);
  for (PastCall& call : history.calls) {
    if (call.id == id && !call.result) {
      call.result = std::move(text);
      return;
    }
  }
}

Result<json::Value> common(json::Value body, History& history) {
  const json::Value messages = body["messages"];
  if (!messages.is_array()) return bad_input("expected a list of messages", "/messages");
  history.model = body["model"].string_or("weir-demo");
  history.stream = body["stream"].boolean().value_or(false);
  // Schemas too: any string in a tool's declaration is text that a model reads.
  if (body["tools"].is_array()) history.texts.emplace_back(body["tools"].raw());
  return messages;
}

}  // namespace

const PastCall* History::find(std::string_view tool, std::string_view arguments) const {
  const auto wanted = json::parse(std::string(arguments));
  const std::string canonical = wanted ? json::canonical(wanted->root()) : std::string(arguments);
  for (const PastCall& call : calls) {
    if (call.tool != tool) continue;
    const auto past = json::parse(call.arguments);
    if ((past ? json::canonical(past->root()) : call.arguments) == canonical) return &call;
  }
  return nullptr;
}

Result<History> read_chat_completions(json::Value body) {
  History history;
  WEIR_TRY_ASSIGN(messages, common(body, history));
  history.include_usage = body["stream_options"]["include_usage"].boolean().value_or(false);
  for (const json::Value tool : body["tools"].elements()) {
    if (const auto name = tool["function"]["name"].string()) history.tools.emplace_back(*name);
  }
  for (const json::Value message : messages.elements()) {
    const std::string_view role = message["role"].string_or("");
    if (role == "tool") {
      add_result(history, message["tool_call_id"].string_or(""), text_of(message["content"]));
      continue;
    }
    add_text(history, role, text_of(message["content"]));
    for (const json::Value call : message["tool_calls"].elements()) {
      const json::Value function = call["function"];
      history.calls.push_back({std::string(call["id"].string_or("")),
                               std::string(function["name"].string_or("")),
                               std::string(function["arguments"].string_or("{}"))});
    }
  }
  return history;
}

Result<History> read_messages(json::Value body) {
  History history;
  WEIR_TRY_ASSIGN(messages, common(body, history));
  add_text(history, "system", text_of(body["system"]));
  for (const json::Value tool : body["tools"].elements()) {
    if (const auto name = tool["name"].string()) history.tools.emplace_back(*name);
  }
  for (const json::Value message : messages.elements()) {
    const std::string_view role = message["role"].string_or("");
    add_text(history, role, text_of(message["content"]));
    for (const json::Value block : message["content"].elements()) {
      const std::string_view type = block["type"].string_or("");
      if (type == "tool_use") {
        history.calls.push_back({std::string(block["id"].string_or("")),
                                 std::string(block["name"].string_or("")),
                                 block["input"].exists() ? std::string(block["input"].raw()) : "{}"});
      } else if (type == "tool_result") {
        add_result(history, block["tool_use_id"].string_or(""), text_of(block["content"]));
      }
    }
  }
  return history;
}

}  // namespace weir::demo

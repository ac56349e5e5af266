#include "replay/planner_view.h"

#include "base/json.h"

namespace weir::replay {
namespace {

using exchange::Message;
using exchange::Role;

void write_call(json::Writer& writer, const exchange::Call& call) {
  writer.begin_object().field("id", call.id);
  if (call.is_json) {
    writer.field("type", "function").key("function").begin_object();
    writer.field("name", call.name).field("arguments", call.arguments).end_object();
  } else {
    writer.field("type", "custom").key("custom").begin_object();
    writer.field("name", call.name).field("input", call.arguments).end_object();
  }
  writer.end_object();
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "\n") + text;
  return all;
}

void write_planner(json::Writer& writer, const Message& message) {
  const std::string text = exchange::text_of(message);
  writer.begin_object().field("role", "assistant").key("content");
  if (text.empty()) {
    writer.null();
  } else {
    writer.string(text);
  }
  bool any = false;
  for (const exchange::Part& part : message.parts) {
    const auto* call = std::get_if<exchange::Call>(&part);
    if (call == nullptr) continue;
    if (!any) writer.key("tool_calls").begin_array();
    any = true;
    write_call(writer, *call);
  }
  if (any) writer.end_array();
  writer.end_object();
}

}  // namespace

std::string chat_messages(const std::vector<Message>& messages) {
  json::Writer writer;
  writer.begin_array();
  for (const Message& message : messages) {
    if (message.role == Role::planner) {
      write_planner(writer, message);
      continue;
    }
    if (message.role != Role::tool) {
      writer.begin_object()
          .field("role", message.role == Role::user ? "user" : "system")
          .field("content", exchange::text_of(message))
          .end_object();
      continue;
    }
    for (const exchange::Part& part : message.parts) {
      const auto* result = std::get_if<exchange::Result>(&part);
      if (result == nullptr) continue;
      writer.begin_object()
          .field("role", "tool")
          .field("tool_call_id", result->call_id)
          .field("content", joined(result->texts))
          .end_object();
    }
  }
  return writer.end_array().take();
}

}  // namespace weir::replay

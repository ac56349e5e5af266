#include "replay/history.h"

namespace weir::replay {

using exchange::Message;
using exchange::Part;
using exchange::Role;

namespace {

// MCP content blocks: a list of objects that each have a "type".
bool is_blocks(json::Value content) {
  if (!content.is_array() || content.size() == 0) return false;
  for (const json::Value block : content.elements()) {
    if (!block["type"].is_string()) return false;
  }
  return true;
}

}  // namespace

void read_content(json::Value content, exchange::Result& result) {
  if (const auto text = content.string()) {
    result.texts.emplace_back(*text);
  } else if (is_blocks(content)) {
    for (const json::Value block : content.elements()) {
      if (const auto text = block["text"].string()) {
        result.texts.emplace_back(*text);
      } else if (const auto embedded = block["resource"]["text"].string()) {
        result.texts.emplace_back(*embedded);
        result.texts.emplace_back(block["resource"]["uri"].string_or(""));
      } else if (block["type"].string_or("") == "resource_link") {
        result.texts.emplace_back(block.raw());
      } else {
        ++result.media;
      }
    }
  } else {
    result.texts.emplace_back(content.raw());
  }
}

void replace_parts(const session::Conversation& conversation, size_t index, Message& message) {
  for (const session::Replaced& replaced : conversation.replaced()) {
    if (replaced.message != index || replaced.part >= message.parts.size()) continue;
    Part& part = message.parts[replaced.part];
    if (auto* text = std::get_if<exchange::Text>(&part)) text->text = replaced.text;
    if (auto* call = std::get_if<exchange::Call>(&part)) call->arguments = replaced.text;
    if (auto* result = std::get_if<exchange::Result>(&part)) {
      result->texts = {replaced.text};
      result->media = 0;
      result->is_error = false;
    }
    if (std::holds_alternative<exchange::Media>(part)) part = exchange::Text{replaced.text};
  }
}

void add_part(std::vector<Message>& messages, Role role, Part part) {
  if (messages.empty() || messages.back().role != role || role != Role::planner)
    messages.push_back({role, {}, {}});
  messages.back().parts.push_back(std::move(part));
}

}  // namespace weir::replay

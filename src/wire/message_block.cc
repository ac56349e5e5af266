#include "wire/message_block.h"

#include <fmt/format.h>

#include "wire/splice.h"

namespace weir::wire {

std::string raw_block(const OpenBlock& open) {
  const json::Value start = open.start["content_block"];
  json::Writer writer;
  writer.begin_object();
  for (const json::Member& member : start.members()) {
    if (member.key == "text" || member.key == "thinking" || member.key == "signature" ||
        member.key == "input" || member.key == "citations")
      continue;
    if (open.block.kind == BlockKind::media && member.key == "content") continue;
    writer.key(member.key).raw(member.value.raw());
  }
  const std::string_view type = start["type"].string_or("");
  if (type == "text") {
    writer.field("text", open.block.text);
    if (!open.citations.empty()) writer.key("citations").raw("[" + open.citations + "]");
  } else if (type == "thinking") {
    writer.field("thinking", open.thinking);
    writer.field("signature", open.signature.empty() ? start["signature"].string_or("")
                                                     : std::string_view(open.signature));
  } else if (type == "tool_use") {
    // What is not JSON was denied; the upstream must still be able to read its own call.
    const bool object = json::parse(open.input).has_value() && json::parse(open.input)->root().is_object();
    writer.key("input").raw(object ? open.input : "{}");
  } else if (open.block.kind == BlockKind::media) {
    writer.field("content", open.block.text);
  }
  return writer.end_object().take();
}

std::string with_index(const SseEvent& event, int64_t index, const Replacements& changes) {
  const auto document = json::parse(event.data);
  if (!document || ((*document)["index"].integer() == index && changes.empty())) return event.raw;
  Splices splices;
  splices.replace((*document)["index"], std::to_string(index));
  for (const auto& [value, raw] : changes) splices.replace(value, raw);
  return fmt::format("event: {}\ndata: {}\n\n", event.name, splices.apply(document->text()));
}

std::string delta_event(int64_t index, std::string_view type, std::string_view key, std::string_view text) {
  json::Writer writer;
  writer.begin_object().field("type", "content_block_delta").key("index").integer(index);
  writer.key("delta").begin_object().field("type", type).field(key, text).end_object();
  return fmt::format("event: content_block_delta\ndata: {}\n\n", writer.end_object().text());
}

}  // namespace weir::wire

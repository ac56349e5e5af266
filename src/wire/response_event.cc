#include "wire/response_event.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/chat_turn.h"
#include "wire/request.h"
#include "wire/splice.h"

namespace weir::wire {
namespace {

bool one_of(std::initializer_list<std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

About event_about(std::string_view type) {
  if (one_of({"response.created", "response.in_progress", "response.queued"}, type)) return About::response;
  if (one_of({"response.completed", "response.incomplete", "response.failed"}, type)) return About::end;
  if (one_of({"response.output_item.added", "response.output_item.done"}, type)) return About::item;
  if (one_of({"response.content_part.added", "response.content_part.done", "response.output_text.delta",
              "response.output_text.done", "response.output_text.annotation.added", "response.refusal.delta",
              "response.refusal.done", "response.reasoning_summary_part.added",
              "response.reasoning_summary_part.done", "response.reasoning_summary_text.delta",
              "response.reasoning_summary_text.done", "response.reasoning_text.delta",
              "response.reasoning_text.done"},
             type))
    return About::text;
  // The last ones are in no published schema; what they say stands in the item too.
  for (const std::string_view call :
       {"response.function_call_arguments.", "response.custom_tool_call_input.",
        "response.shell_call_command.", "response.apply_patch_call_operation_diff."}) {
    if (type.starts_with(call)) return About::call;
  }
  if (type == "error") return About::error;
  if (one_of({"response.audio.delta", "response.audio.done", "response.audio.transcript.delta",
              "response.audio.transcript.done", "keepalive"},
             type))
    return About::aside;
  for (const std::string_view hosted :
       {"response.web_search_call.", "response.file_search_call.", "response.code_interpreter_call",
        "response.image_generation_call.", "response.mcp_"}) {
    if (type.starts_with(hosted)) return About::hosted;
  }
  return About::unknown;
}

Status check_text_event(json::Value root, std::string_view type) {
  for (const json::Member& member : root.members()) {
    if (member.key == "delta" && member.value.is_string()) continue;
    if (carries_calls(member))
      return unknown_item("member", member.key, "/" + json::pointer_token(member.key));
  }
  const json::Value part = root["part"];
  if (!part.exists() || type.find("summary") != std::string_view::npos) return {};
  const std::string_view kind = part["type"].string_or("");
  if (one_of({"output_text", "refusal", "reasoning_text"}, kind)) return {};
  return unknown_item("content part", kind, "/part/type");
}

void EventWriter::number(json::Value root) {
  const auto number = root["sequence_number"].integer();
  if (!number || numbered_) return;
  numbered_ = true;
  next_ = *number;
}

std::string EventWriter::pass(const SseEvent& event, json::Value root, std::optional<int64_t> index,
                              const Replacements& changes) {
  number(root);
  Splices splices;
  const json::Value number = root["sequence_number"];
  if (number.integer()) {
    if (*number.integer() != next_) splices.replace(number, std::to_string(next_));
    ++next_;
  }
  const json::Value output_index = root["output_index"];
  if (index && output_index.integer() && *output_index.integer() != *index)
    splices.replace(output_index, std::to_string(*index));
  for (const auto& [value, raw] : changes) splices.replace(value, raw);
  if (splices.empty()) return event.raw;
  return fmt::format("event: {}\ndata: {}\n\n", event.name, splices.apply(event.data));
}

std::string EventWriter::make(std::string_view type, std::optional<int64_t> index, std::string_view rest) {
  std::string data = fmt::format(R"({{"type":{})", json::quote(type));
  if (numbered_) data += fmt::format(R"(,"sequence_number":{})", next_++);
  if (index) data += fmt::format(R"(,"output_index":{})", *index);
  return fmt::format("event: {}\ndata: {},{}}}\n\n", type, data, rest);
}

}  // namespace weir::wire

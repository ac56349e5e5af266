#include "wire/mcp/sealed.h"

#include "wire/splice.h"

namespace weir::wire::mcp {
namespace {

void write_text(json::Writer& writer, std::string_view text) {
  writer.begin_object().field("type", "text").field("text", text).end_object();
}

}  // namespace

std::string tool_text_result(std::string_view text) {
  json::Writer writer;
  writer.begin_object().key("content").begin_array();
  write_text(writer, text);
  return writer.end_array().end_object().take();
}

std::string resource_text_result(std::string_view uri, std::string_view text) {
  json::Writer writer;
  writer.begin_object().key("contents").begin_array().begin_object();
  writer.field("uri", uri).field("mimeType", "text/plain").field("text", text);
  return writer.end_object().end_array().end_object().take();
}

std::string prompt_text_result(std::string_view text) {
  json::Writer writer;
  writer.begin_object().key("messages").begin_array().begin_object().field("role", "user").key("content");
  write_text(writer, text);
  return writer.end_object().end_array().end_object().take();
}

std::string no_completions() {
  return R"({"completion":{"values":[],"total":0,"hasMore":false}})";
}

std::string progress_params(std::string_view token, double progress, std::string_view message) {
  json::Writer writer;
  writer.begin_object().key("progressToken").raw(token).key("progress").number(progress);
  if (!message.empty()) writer.field("message", message);
  return writer.end_object().take();
}

std::string without_output_schema(std::string_view entry) {
  const auto document = json::parse(std::string(entry));
  if (!document) return std::string(entry);
  Splices splices;
  splices.remove_members(document->root(), [](std::string_view key) { return key == "outputSchema"; });
  return splices.apply(entry);
}

std::string tool_entry(std::string_view name, std::string_view description, std::string_view schema) {
  json::Writer writer;
  writer.begin_object().field("name", name).field("description", description).key("inputSchema").raw(schema);
  writer.key("annotations").begin_object().key("readOnlyHint").boolean(true).end_object();
  return writer.end_object().take();
}

}  // namespace weir::wire::mcp

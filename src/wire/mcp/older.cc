#include "wire/mcp/older.h"

#include "wire/mcp/object.h"

namespace weir::wire::mcp {

std::string object_result(const Message& answer) {
  const json::Value result = answer.result();
  const json::Value structured = result["structuredContent"];
  if (!structured.exists() || structured.is_object()) return std::string(answer.text());
  Added added;
  if (result["content"].size() == 0) {
    json::Writer writer;
    writer.begin_array().begin_object().field("type", "text").field("text", structured.raw());
    added.emplace_back("content", writer.end_object().end_array().take());
  }
  const auto drop = [](std::string_view key) { return key == "structuredContent"; };
  return with_value(answer.document, result, with_members(result, drop, added));
}

bool has_object_output(std::string_view entry) {
  const auto tool = json::parse(std::string(entry));
  const json::Value schema = tool ? tool->root()["outputSchema"] : json::Value();
  return !schema.exists() || schema["type"].string_or("") == "object";
}

}  // namespace weir::wire::mcp

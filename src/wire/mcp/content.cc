#include "wire/mcp/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace weir::wire::mcp {
namespace {

void add_text(exchange::Result& result, json::Value value) {
  if (const auto text = value.string(); text && !text->empty()) result.texts.emplace_back(*text);
}

// Members of a resource or a link to one that a model may be shown beside the content itself.
void add_resource_words(exchange::Result& result, json::Value resource) {
  for (const std::string_view member : {"uri", "name", "title", "description"})
    add_text(result, resource[member]);
}

void add_resource_contents(exchange::Result& result, json::Value contents) {
  add_text(result, contents["text"]);
  if (contents["blob"].exists()) ++result.media;
  add_resource_words(result, contents);
}

// One content block (MCP 2025-11-25, ContentBlock and SamplingMessageContentBlock).
Status add_block(exchange::Result& result, json::Value block, const std::string& where) {
  if (!block.is_object() || !block["type"].is_string())
    return bad_input("a content block is an object with a type", where);
  const std::string_view type = *block["type"].string();
  if (type == "text") {
    if (!block["text"].is_string()) return bad_input("a text block has a text", where + "/text");
    add_text(result, block["text"]);
  } else if (type == "image" || type == "audio") {
    if (!block["data"].is_string()) return bad_input("the block has no data", where + "/data");
    ++result.media;
    add_text(result, block["mimeType"]);
  } else if (type == "resource") {
    if (!block["resource"].is_object()) return bad_input("the block has no resource", where + "/resource");
    add_resource_contents(result, block["resource"]);
  } else if (type == "resource_link") {
    add_resource_words(result, block);
  } else {
    result.texts.emplace_back(block.raw());
    return {};
  }
  // What a block has besides (_meta, annotations, …) may reach a model too.
  for (const json::Member& member : block.members()) {
    static constexpr std::string_view kRead[] = {"type", "text", "data",  "mimeType",   "resource",
                                                 "uri",  "name", "title", "description"};
    bool read = false;
    for (const std::string_view each : kRead) read = read || each == member.key;
    if (read) continue;
    if (std::string text = all_text(member.value); !text.empty()) result.texts.push_back(std::move(text));
  }
  return {};
}

Status add_blocks(exchange::Result& result, json::Value content, const std::string& where) {
  if (!content.is_array()) return bad_input("content is a list", where);
  size_t index = 0;
  for (const json::Value block : content.elements())
    WEIR_TRY(add_block(result, block, fmt::format("{}/{}", where, index++)));
  return {};
}

// All members but those that were read: a server may put text anywhere.
void add_rest(exchange::Result& result, json::Value object, std::string_view read,
              std::string_view also = {}) {
  for (const json::Member& member : object.members()) {
    if (member.key == read || member.key == also) continue;
    if (std::string text = all_text(member.value); !text.empty()) result.texts.push_back(std::move(text));
  }
}

}  // namespace

Result<exchange::Result> tool_result(std::string call_id, json::Value result) {
  exchange::Result out{std::move(call_id), {}, {}};
  if (!result.is_object()) return bad_input("a result is an object", "/result");
  const json::Value is_error = result["isError"];
  if (is_error.exists() && !is_error.boolean())
    return bad_input("isError is true or false", "/result/isError");
  out.is_error = is_error.boolean().value_or(false);
  const json::Value structured = result["structuredContent"];
  if (structured.exists()) out.texts.emplace_back(structured.raw());
  // Revision 2024-10-07 answered with `toolResult`; a result with neither says nothing.
  if (result["content"].exists()) WEIR_TRY(add_blocks(out, result["content"], "/result/content"));
  add_rest(out, result, "content", "structuredContent");
  return out;
}

Result<exchange::Result> resource_result(std::string call_id, json::Value result) {
  exchange::Result out{std::move(call_id), {}, {}};
  if (!result["contents"].is_array()) return bad_input("contents is a list", "/result/contents");
  size_t index = 0;
  for (const json::Value contents : result["contents"].elements()) {
    if (!contents.is_object())
      return bad_input("a resource's content is an object", fmt::format("/result/contents/{}", index));
    add_resource_contents(out, contents);
    add_rest(out, contents, "text", "blob");
    ++index;
  }
  add_rest(out, result, "contents");
  return out;
}

Result<exchange::Result> prompt_result(std::string call_id, json::Value result) {
  exchange::Result out{std::move(call_id), {}, {}};
  if (!result["messages"].is_array()) return bad_input("messages is a list", "/result/messages");
  size_t index = 0;
  for (const json::Value message : result["messages"].elements()) {
    const std::string where = fmt::format("/result/messages/{}", index++);
    if (!message.is_object()) return bad_input("a message is an object", where);
    const json::Value content = message["content"];
    if (content.is_array()) {
      WEIR_TRY(add_blocks(out, content, where + "/content"));
    } else {
      WEIR_TRY(add_block(out, content, where + "/content"));
    }
    add_rest(out, message, "content", "role");
  }
  add_rest(out, result, "messages");
  return out;
}

std::string all_text(json::Value value) {
  std::string out;
  const auto add = [&](std::string_view text) {
    if (text.empty()) return;
    if (!out.empty()) out += '\n';
    out += text;
  };
  std::vector<json::Value> open{value};
  while (!open.empty()) {
    const json::Value at = open.back();
    open.pop_back();
    if (const auto text = at.string()) add(*text);
    const size_t begin = open.size();
    for (const json::Value element : at.elements()) open.push_back(element);
    for (const json::Member& member : at.members()) {
      add(member.key);
      open.push_back(member.value);
    }
    // In the order of the text, so that what was cut into pieces is whole again.
    std::reverse(open.begin() + static_cast<std::ptrdiff_t>(begin), open.end());
  }
  return out;
}

}  // namespace weir::wire::mcp

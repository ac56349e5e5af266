#include "wire/mcp/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "wire/mcp/labels.h"

namespace weir::wire::mcp {
namespace {

constexpr size_t kPlainBytesMax = 127;  // of a MIME type or a date

bool only_of(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           also.find(c) != std::string_view::npos;
  });
}

bool is_base64(std::string_view text) {
  return only_of(text, "+/=-_\r\n");
}

bool is_mime_type(std::string_view text) {
  return text.size() <= kPlainBytesMax && only_of(text, "/+-.;=_") &&
         std::count(text.begin(), text.end(), '/') == 1;
}

bool is_date(std::string_view text) {
  return text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || std::string_view("TZtz:+-.").find(c) != std::string_view::npos;
         });
}

// An icon's picture inside of its URI.
bool is_data_uri(std::string_view text) {
  constexpr std::string_view kScheme = "data:", kBase64 = ";base64,";
  const size_t comma = text.find(kBase64);
  return text.starts_with(kScheme) && comma != std::string_view::npos &&
         is_mime_type(text.substr(kScheme.size(), comma - kScheme.size())) &&
         is_base64(text.substr(comma + kBase64.size()));
}

void append_line(std::string& out, std::string_view text) {
  if (text.empty()) return;
  if (!out.empty()) out += '\n';
  out += text;
}

// Recursion is bounded by the JSON parser's depth.
void append_all(json::Value value, std::string& out) {
  for (const json::Value element : value.elements()) append_all(element, out);
  for (const json::Member& member : value.members()) {
    append_line(out, member.key);
    append_all(member.value, out);
  }
  if (value.is_string()) append_line(out, *value.string());
  if (value.is_number()) append_line(out, value.raw());
}

// Takes what one answer says. What the protocol has no place for (`_meta`, members that are not known) is
// read too: a client may show a model the whole object. It comes last, as one text.
class Reader {
 public:
  explicit Reader(std::string call_id) { result_.call_id = std::move(call_id); }

  exchange::Result& result() { return result_; }
  void text(json::Value value) {
    if (!value.string_or("").empty()) result_.texts.emplace_back(*value.string());
  }
  exchange::Result take() {
    if (!rest_.empty()) result_.texts.push_back(std::move(rest_));
    return std::move(result_);
  }

  Status block(json::Value block, const std::string& where);
  Status contents(json::Value contents, const std::string& where);
  // A result's `_meta`, without the labels in it: those are read as such (labels.h), and not passed on as
  // they came.
  void meta(json::Value meta);
  // All members but those named.
  void rest(json::Value object, std::initializer_list<std::string_view> known);

 private:
  void linked(json::Value link);
  void bytes(json::Value value);
  void rest_member(const json::Member& member);

  exchange::Result result_;
  std::string rest_;
};

void Reader::rest(json::Value object, std::initializer_list<std::string_view> known) {
  for (const json::Member& member : object.members()) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) rest_member(member);
  }
}

void Reader::meta(json::Value meta) {
  if (!meta.is_object()) return append_all(meta, rest_);
  bool any = false;
  for (const json::Member& member : meta.members()) {
    if (is_label_key(member.key)) continue;
    if (!std::exchange(any, true)) append_line(rest_, "_meta");
    append_line(rest_, member.key);
    append_all(member.value, rest_);
  }
}

void Reader::rest_member(const json::Member& member) {
  const std::string_view text = member.value.string_or("");
  if (member.key == "mimeType" && is_mime_type(text)) return;
  if (member.key == "role" && (text == "user" || text == "assistant")) return;
  if (member.key == "size" && member.value.is_number()) return;
  if (member.key == "annotations" && member.value.is_object()) {
    for (const json::Member& note : member.value.members()) {
      if (note.key == "priority" && note.value.is_number()) continue;
      if (note.key == "lastModified" && note.value.is_string() && is_date(*note.value.string())) continue;
      const auto role = [](json::Value who) {
        return who.string_or("") == "user" || who.string_or("") == "assistant";
      };
      const json::Elements audience = note.value.elements();
      bool plain = note.key == "audience" && note.value.is_array();
      for (const json::Value who : audience) plain = plain && role(who);
      if (plain) continue;
      append_line(rest_, note.key);
      append_all(note.value, rest_);
    }
    return;
  }
  if (member.key == "icons" && member.value.is_array()) {
    for (const json::Value icon : member.value.elements()) {
      if (!is_data_uri(icon["src"].string_or(""))) append_all(icon["src"], rest_);
      if (icon.is_object()) {
        rest(icon, {"src"});
      } else {
        append_all(icon, rest_);
      }
    }
    return;
  }
  append_line(rest_, member.key);
  append_all(member.value, rest_);
}

// Media, unless it is no base64 at all: then somebody wrote it to be read.
void Reader::bytes(json::Value value) {
  ++result_.media;
  if (!is_base64(*value.string())) text(value);
}

void Reader::linked(json::Value link) {
  for (const std::string_view key : {"uri", "name", "title", "description"}) {
    text(link[key]);
    if (!link[key].is_string()) append_all(link[key], rest_);
  }
  rest(link, {"type", "uri", "name", "title", "description"});
}

Status Reader::contents(json::Value contents, const std::string& where) {
  if (!contents["uri"].is_string()) return bad_input("expected a string", where + "/uri");
  const json::Value said = contents["text"];
  const json::Value blob = contents["blob"];
  if (!said.exists() && !blob.exists()) return bad_input("expected `text` or `blob`", where);
  if (said.exists() && !said.is_string()) return bad_input("expected a string", where + "/text");
  if (blob.exists() && !blob.is_string()) return bad_input("expected a string", where + "/blob");
  text(said);
  if (blob.exists()) bytes(blob);
  text(contents["uri"]);
  rest(contents, {"uri", "text", "blob"});
  return {};
}

Status Reader::block(json::Value block, const std::string& where) {
  const auto type = block["type"].string();
  if (!type) return bad_input("expected an object with a `type`", where);
  if (*type == "text") {
    if (!block["text"].is_string()) return bad_input("expected a string", where + "/text");
    text(block["text"]);
    rest(block, {"type", "text"});
    return {};
  }
  if (*type == "image" || *type == "audio") {
    if (!block["data"].is_string()) return bad_input("expected a string", where + "/data");
    bytes(block["data"]);
    rest(block, {"type", "data"});
    return {};
  }
  if (*type == "resource_link") {
    if (!block["uri"].is_string()) return bad_input("expected a string", where + "/uri");
    linked(block);
    return {};
  }
  if (*type == "resource") {
    if (!block["resource"].is_object()) return bad_input("expected an object", where + "/resource");
    rest(block, {"type", "resource"});
    return contents(block["resource"], where + "/resource");
  }
  result_.texts.emplace_back(block.raw());
  return {};
}

// Servers that give structuredContent repeat it as the JSON in a text block, for clients that do not know it.
// One of the two is enough, and a result that is one text is cut into records.
bool says_again(json::Value block, const std::string& structured) {
  const std::string_view text = block["text"].string_or("");
  if (block["type"].string_or("") != "text" || text.empty()) return false;
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] != structured.front()) return false;
  const auto document = json::parse(std::string(text));
  return document && json::canonical(document->root()) == structured;
}

}  // namespace

Result<exchange::Result> tool_result(std::string call_id, json::Value result) {
  const json::Value content = result["content"];
  const json::Value structured = result["structuredContent"];
  const json::Value is_error = result["isError"];
  if (!result.is_object()) return bad_input("expected an object", "/result");
  if (content.exists() && !content.is_array()) return bad_input("expected an array", "/result/content");
  if (is_error.exists() && !is_error.boolean()) return bad_input("expected a boolean", "/result/isError");
  Reader reader(std::move(call_id));
  reader.result().is_error = is_error.boolean().value_or(false);
  const bool repeated = structured.exists() && content.size() == 1 &&
                        says_again(*content.elements().begin(), json::canonical(structured));
  if (structured.exists() && !repeated) reader.result().texts.emplace_back(structured.raw());
  size_t index = 0;
  for (const json::Value block : content.elements())
    WEIR_TRY(reader.block(block, "/result/content/" + std::to_string(index++)));
  reader.rest(result, {"content", "structuredContent", "isError", "_meta"});
  reader.meta(result["_meta"]);
  return reader.take();
}

Result<exchange::Result> resource_result(std::string call_id, json::Value result) {
  if (!result["contents"].is_array()) return bad_input("expected an array", "/result/contents");
  Reader reader(std::move(call_id));
  size_t index = 0;
  for (const json::Value contents : result["contents"].elements())
    WEIR_TRY(reader.contents(contents, "/result/contents/" + std::to_string(index++)));
  reader.rest(result, {"contents", "_meta"});
  reader.meta(result["_meta"]);
  return reader.take();
}

Result<exchange::Result> prompt_result(std::string call_id, json::Value result) {
  const json::Value description = result["description"];
  if (!result["messages"].is_array()) return bad_input("expected an array", "/result/messages");
  if (description.exists() && !description.is_string())
    return bad_input("expected a string", "/result/description");
  Reader reader(std::move(call_id));
  reader.text(description);
  size_t index = 0;
  for (const json::Value message : result["messages"].elements()) {
    const std::string where = "/result/messages/" + std::to_string(index++);
    if (!message["role"].is_string()) return bad_input("expected a string", where + "/role");
    // Revisions name one block; sampling's messages, which some take to be the same, may have several.
    const json::Value content = message["content"];
    if (content.is_array()) {
      size_t at = 0;
      for (const json::Value block : content.elements())
        WEIR_TRY(reader.block(block, fmt::format("{}/content/{}", where, at++)));
    } else {
      WEIR_TRY(reader.block(content, where + "/content"));
    }
    reader.rest(message, {"content"});
  }
  reader.rest(result, {"messages", "description", "_meta"});
  reader.meta(result["_meta"]);
  return reader.take();
}

std::string all_text(json::Value value) {
  std::string out;
  append_all(value, out);
  return out;
}

}  // namespace weir::wire::mcp

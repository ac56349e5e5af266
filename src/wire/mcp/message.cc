#include "wire/mcp/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::wire::mcp {
namespace {

constexpr std::array<std::string_view, 4> kRevisions{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"};

bool is_id(json::Value id) {
  return id.is_string() || id.integer().has_value();
}

Status only(json::Value root, std::initializer_list<std::string_view> members) {
  for (const json::Member& member : root.members()) {
    if (std::find(members.begin(), members.end(), member.key) == members.end())
      return bad_input(fmt::format("a member \"{}\" has no place here", shown(member.key, 60)), "/");
  }
  return {};
}

Status check_error(json::Value error) {
  if (!error.is_object() || !error["code"].integer() || !error["message"].is_string())
    return bad_input("an error has a whole `code` and a `message`", "/error");
  return {};
}

Status check_answer(json::Value root, Message& message) {
  const json::Value id = root["id"];
  const bool is_result = root["result"].exists();
  if (is_result == root["error"].exists()) return bad_input("an answer has either a result or an error", "/");
  WEIR_TRY(only(root, {"jsonrpc", "id", "result", "error"}));
  message.kind = is_result ? Kind::result : Kind::error;
  if (is_result && !root["result"].is_object()) return bad_input("a result is an object", "/result");
  if (!is_result) WEIR_TRY(check_error(root["error"]));
  // What could not even be read is answered without an id.
  if (!is_id(id) && (is_result || (id.exists() && !id.is_null())))
    return bad_input("an id is a string or a whole number", "/id");
  message.id = id.exists() ? std::string(id.raw()) : "null";
  return {};
}

Status check(json::Value root, Message& message) {
  if (!root.is_object()) return bad_input("a message is an object", "");
  if (root["jsonrpc"].string_or("") != "2.0") return bad_input("`jsonrpc` is not \"2.0\"", "/jsonrpc");
  const json::Value id = root["id"];
  if (id.raw().size() > limits::kMcpIdBytesMax) return too_large("the id is too long", "/id");
  if (!root["method"].exists()) return check_answer(root, message);
  if (!root["method"].is_string()) return bad_input("`method` is no string", "/method");
  WEIR_TRY(only(root, {"jsonrpc", "id", "method", "params"}));
  const json::Value params = root["params"];
  if (params.exists() && !params.is_object()) return bad_input("`params` is no object", "/params");
  message.method = *root["method"].string();
  message.kind = id.exists() ? Kind::request : Kind::notification;
  if (id.exists() && !is_id(id)) return bad_input("an id is a string or a whole number", "/id");
  // "A notification with an id" is a request by its shape, and nobody would answer it.
  if (id.exists() && message.method.starts_with("notifications/"))
    return bad_input("a notification has no id", "/id");
  message.id = id.raw();
  return {};
}

}  // namespace

std::string Message::progress_token() const {
  const json::Value token = params()["_meta"]["progressToken"];
  return is_id(token) && token.raw().size() <= limits::kMcpIdBytesMax ? std::string(token.raw())
                                                                      : std::string();
}

Result<std::vector<Message>> parse(std::string text, bool batches) {
  json::Limits limits;
  limits.bytes_max = limits::kMcpMessageBytesMax;
  WEIR_TRY_ASSIGN(document, json::parse(std::move(text), limits));
  std::vector<Message> messages;
  if (!document.root().is_array()) {
    messages.emplace_back();
    WEIR_TRY(check(document.root(), messages.back()));
    messages.back().document = std::move(document);
    return messages;
  }
  if (!batches) return bad_input("a batch: this revision of MCP has none", "");
  if (document.root().size() == 0) return bad_input("a batch of nothing", "");
  if (document.root().size() > limits::kMcpBatchMax) return too_large("too many messages in one batch", "");
  for (const json::Value element : document.root().elements()) {
    messages.emplace_back();
    WEIR_TRY_ASSIGN(one, json::parse(std::string(element.raw()), limits));
    WEIR_TRY(check(one.root(), messages.back()));
    messages.back().document = std::move(one);
  }
  return messages;
}

int error_code(const Error& error) {
  // The strict JSON reader names a byte; what is JSON but no message has a pointer, or nothing.
  return error.where.starts_with("byte") ? code::kParse : code::kInvalidRequest;
}

std::string request(std::string_view id, std::string_view method, std::string_view params) {
  json::Writer writer;
  writer.begin_object().field("jsonrpc", "2.0").key("id").raw(id).field("method", method);
  if (!params.empty()) writer.key("params").raw(params);
  return writer.end_object().take();
}

std::string notification(std::string_view method, std::string_view params) {
  json::Writer writer;
  writer.begin_object().field("jsonrpc", "2.0").field("method", method);
  if (!params.empty()) writer.key("params").raw(params);
  return writer.end_object().take();
}

std::string result(std::string_view id, std::string_view result_json) {
  json::Writer writer;
  writer.begin_object().field("jsonrpc", "2.0").key("id").raw(id).key("result").raw(result_json);
  return writer.end_object().take();
}

std::string error(std::string_view id, int code, std::string_view message, std::string_view data) {
  json::Writer writer;
  writer.begin_object().field("jsonrpc", "2.0").key("id").raw(id).key("error").begin_object();
  writer.key("code").integer(code).field("message", message);
  if (!data.empty()) writer.key("data").raw(data);
  return writer.end_object().end_object().take();
}

std::string with_id(const Message& message, std::string_view id) {
  std::string text(message.text());
  const json::Value old = message.document["id"];
  if (old.exists()) return text.replace(old.offset(), old.raw().size(), id);
  const size_t brace = text.find('{');
  return text.insert(brace + 1, fmt::format("\"id\":{},", id));
}

std::string tool_error_result(std::string_view text) {
  json::Writer writer;
  writer.begin_object().key("content").begin_array().begin_object();
  writer.field("type", "text").field("text", text).end_object().end_array();
  return writer.key("isError").boolean(true).end_object().take();
}

bool is_known_revision(std::string_view revision) {
  return std::find(kRevisions.begin(), kRevisions.end(), revision) != kRevisions.end();
}

std::string_view newest_revision() {
  return kRevisions.back();
}

std::string_view negotiate(std::string_view asked) {
  const auto at = std::find(kRevisions.begin(), kRevisions.end(), asked);
  return at == kRevisions.end() ? newest_revision() : *at;
}

bool has_batches(std::string_view revision) {
  return revision == "2025-03-26";
}

}  // namespace weir::wire::mcp

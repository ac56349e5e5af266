#include "gateway/mcp/http_reply.h"

#include <algorithm>

#include "base/json.h"

namespace weir::gateway::mcp {
namespace {

constexpr size_t kRefusalBytesMax = size_t{16} << 10;
// An event that holds a message of the bound: its other fields and "data: ".
constexpr size_t kEventBytesMax = limits::kMcpMessageBytesMax + (size_t{16} << 10);

bool is_type(std::string_view content_type, std::string_view type) {
  std::string_view found = content_type.substr(0, content_type.find(';'));
  while (found.ends_with(' ') || found.ends_with('\t')) found.remove_suffix(1);
  return net::equal_ignore_case(found, type);
}

bool is_same_id(json::Value a, json::Value b) {
  if (a.is_string()) return b.is_string() && a.string() == b.string();
  return a.is_number() && a.raw() == b.raw();
}

}  // namespace

void ReplyReader::on_head(int status, const net::Headers& headers) {
  status_ = status;
  form_ = Form::other;
  body_.clear();
  parser_ = wire::SseParser(kEventBytesMax);
  const std::string_view type = headers.find("content-type").value_or("");
  if (is_type(type, "application/json")) form_ = Form::json;
  if (is_type(type, "text/event-stream") && succeeded()) form_ = Form::events;
}

Status ReplyReader::on_data(std::string_view bytes, std::vector<std::string>& messages) {
  if (form_ != Form::events) {
    const bool whole = form_ == Form::json && succeeded();
    if (whole && body_.size() + bytes.size() > limits::kMcpMessageBytesMax)
      return too_large("the server sent a message of more than " +
                       std::to_string(limits::kMcpMessageBytesMax) + " bytes");
    body_.append(whole ? bytes
                       : bytes.substr(0, kRefusalBytesMax - std::min(kRefusalBytesMax, body_.size())));
    return {};
  }
  std::vector<wire::SseEvent> events;
  WEIR_TRY(parser_.feed(bytes, events));
  for (wire::SseEvent& event : events) {
    ++events_;
    wire::SseMarks marks = marks_of(event);
    if (marks.id) {
      // One that cannot be sent back is none.
      const bool usable = marks.id->size() <= limits::kMcpEventIdBytesMax && net::is_field_value(*marks.id);
      event_id_ = usable ? std::move(*marks.id) : std::string();
    }
    if (marks.retry_ms) retry_ms_ = *marks.retry_ms;
    if (event.data.empty() || (!event.name.empty() && event.name != "message")) continue;
    if (event.data.size() > limits::kMcpMessageBytesMax)
      return too_large("the server sent too large a message");
    messages.push_back(std::move(event.data));
  }
  return {};
}

void ReplyReader::on_end(std::vector<std::string>& messages) {
  if (form_ == Form::json && succeeded() && !body_.empty()) messages.push_back(std::move(body_));
  if (succeeded()) body_.clear();
}

bool answers(const std::string& text, std::string_view id) {
  const auto wanted = json::parse(std::string(id));
  const auto document = json::parse(text);
  if (!wanted || !document) return false;
  const auto is_answer = [&](json::Value message) {
    return is_same_id(wanted->root(), message["id"]) && !message["method"].exists() &&
           (message["result"].exists() || message["error"].exists());
  };
  if (is_answer(document->root())) return true;
  for (const json::Value message : document->root().elements())
    if (is_answer(message)) return true;
  return false;
}

}  // namespace weir::gateway::mcp

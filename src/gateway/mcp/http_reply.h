// ReplyReader: the messages in one answer of a streamable-HTTP MCP server, JSON or an event stream.
//
// Takes what net::Client gives and does no I/O. Bounded by limits::kMcpMessageBytesMax a message. One reader
// may take several replies one after the other: a stream, and what resumes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/limits.h"
#include "net/http.h"
#include "wire/sse.h"

namespace weir::gateway::mcp {

class ReplyReader {
 public:
  enum class Form : uint8_t { other, json, events };

  void on_head(int status, const net::Headers& headers);
  // Appends the messages that are whole now. Errors: too_large; unavailable, for no event stream.
  Status on_data(std::string_view bytes, std::vector<std::string>& messages);
  void on_end(std::vector<std::string>& messages);

  int status() const { return status_; }
  bool succeeded() const { return status_ >= 200 && status_ < 300; }
  Form form() const { return form_; }
  // What Last-Event-ID would say; empty: cannot be resumed.
  const std::string& event_id() const { return event_id_; }
  // As the server asked for; -1 when it did not.
  int64_t retry_ms() const { return retry_ms_; }
  // Events of any kind that have come, over all replies.
  uint64_t events() const { return events_; }
  // The start of the body of an answer that did not succeed.
  const std::string& refusal() const { return body_; }

 private:
  int status_ = 0;
  Form form_ = Form::other;
  wire::SseParser parser_;
  std::string body_, event_id_;
  int64_t retry_ms_ = -1;
  uint64_t events_ = 0;
};

// True when the text is, or as a batch holds, an answer (result or error) to the request of that id (JSON
// text).
bool answers(const std::string& text, std::string_view id);

}  // namespace weir::gateway::mcp

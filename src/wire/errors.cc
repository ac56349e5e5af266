#include <fmt/format.h>

#include "wire/dialect.h"

namespace weir::wire {
namespace {

struct Shape {
  int status;
  std::string_view openai_type;
  std::string_view anthropic_type;
  std::string_view google_status;
};

Shape shape_of(Code code) {
  switch (code) {
    case Code::bad_input:
    case Code::unsupported:
      return {400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"};
    case Code::too_large:
      return {413, "invalid_request_error", "request_too_large", "INVALID_ARGUMENT"};
    case Code::denied:
      return {403, "permission_error", "permission_error", "PERMISSION_DENIED"};
    case Code::not_found:
      return {404, "invalid_request_error", "not_found_error", "NOT_FOUND"};
    case Code::unavailable:
      return {502, "server_error", "api_error", "UNAVAILABLE"};
    case Code::timed_out:
      return {504, "server_error", "timeout_error", "DEADLINE_EXCEEDED"};
    case Code::internal:
      return {500, "server_error", "api_error", "INTERNAL"};
  }
  return {500, "server_error", "api_error", "INTERNAL"};
}

// Says whose error it is: people look for it at the provider otherwise.
std::string message_of(const Error& error) {
  return "weir: " + error.text();
}

// Some clients read the one event, some the other.
std::string response_error(const Error& error) {
  const std::string message = json::quote(message_of(error));
  return fmt::format(
      "event: error\ndata: {{\"type\":\"error\",\"code\":\"weir\",\"message\":{0},\"param\":null}}\n\n"
      "event: response.failed\ndata: {{\"type\":\"response.failed\",\"response\":{{\"id\":\"resp_weir\","
      "\"object\":\"response\",\"status\":\"failed\",\"output\":[],\"error\":{{\"code\":\"weir\","
      "\"message\":{0}}}}}}}\n\n",
      message);
}

}  // namespace

int http_status(const Error& error) {
  return shape_of(error.code).status;
}

std::string error_body(exchange::Dialect dialect, const Error& error) {
  const Shape shape = shape_of(error.code);
  json::Writer writer;
  writer.begin_object();
  if (dialect == exchange::Dialect::ollama)
    return writer.field("error", message_of(error)).end_object().take();
  if (dialect == exchange::Dialect::gemini) {
    writer.key("error").begin_object().key("code").integer(shape.status);
    writer.field("message", message_of(error)).field("status", shape.google_status).end_object();
  } else if (dialect == exchange::Dialect::messages) {
    writer.field("type", "error").key("error").begin_object();
    writer.field("type", shape.anthropic_type).field("message", message_of(error)).end_object();
  } else {
    writer.key("error")
        .begin_object()
        .field("message", message_of(error))
        .field("type", shape.openai_type)
        .key("param");
    if (error.where.empty()) {
      writer.null();
    } else {
      writer.string(error.where);
    }
    writer.field("code", "weir").end_object();
  }
  return writer.end_object().take();
}

std::string error_event(exchange::Dialect dialect, const Error& error) {
  if (dialect == exchange::Dialect::responses) return response_error(error);
  const std::string body = error_body(dialect, error);
  if (dialect == exchange::Dialect::ollama) return body + "\n";
  return dialect == exchange::Dialect::messages ? fmt::format("event: error\ndata: {}\n\n", body)
                                                : fmt::format("data: {}\n\n", body);
}

std::string_view keep_alive(exchange::Dialect dialect) {
  if (dialect == exchange::Dialect::ollama) return " ";  // ahead of the next line's value
  // Codex counts events only, and its patience with a silent stream is short.
  if (dialect == exchange::Dialect::responses) return "event: keepalive\ndata: {\"type\":\"keepalive\"}\n\n";
  return dialect == exchange::Dialect::messages ? "event: ping\ndata: {\"type\": \"ping\"}\n\n"
                                                : ": weir asks a person\n\n";
}

}  // namespace weir::wire

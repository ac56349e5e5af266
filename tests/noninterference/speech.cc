#include "speech.h"

#include <algorithm>
#include <array>

namespace weir::noninterference {

std::string Speech::user(std::string_view text) const {
  return json::Writer().begin_object().field("role", "user").field("content", text).end_object().take();
}

bool Speech::streams(std::string_view, json::Value body) const {
  return body["stream"].boolean().value_or(false);
}

const Speech& speech_of(exchange::Dialect dialect) {
  static const std::array<std::unique_ptr<Speech>, 5> kAll{speak_chat_completions(), speak_messages(),
                                                           speak_responses(), speak_ollama(), speak_gemini()};
  return *kAll.at(static_cast<size_t>(dialect));
}

exchange::Dialect dialect_at(std::string_view path) {
  if (path.starts_with("/v1/responses")) return exchange::Dialect::responses;
  if (path.starts_with("/v1/messages")) return exchange::Dialect::messages;
  if (path.starts_with("/api/")) return exchange::Dialect::ollama;
  if (path.starts_with("/v1beta/")) return exchange::Dialect::gemini;
  return exchange::Dialect::chat_completions;
}

void each_event(std::string_view body, const std::function<void(json::Value)>& take) {
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size() - 1);
    std::string_view line = body.substr(0, end + 1);
    body.remove_prefix(end + 1);
    if (line.starts_with("data: ")) line.remove_prefix(6);
    if (!line.starts_with("{")) continue;
    if (const auto event = json::parse(std::string(line))) take(event->root());
  }
}

void in_pieces(std::string_view text, size_t bytes, const std::function<void(std::string_view)>& piece) {
  for (size_t from = 0; from < text.size(); from += bytes) piece(text.substr(from, bytes));
}

}  // namespace weir::noninterference

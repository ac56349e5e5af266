#include "wire/question.h"

#include "base/json.h"

namespace weir::wire {
namespace {

constexpr int64_t kAnswerTokensMax = 4'096;  // Messages wants to be told

}  // namespace

std::string question_body(exchange::Dialect dialect, std::string_view model, std::string_view system,
                          std::string_view user) {
  json::Writer writer;
  writer.begin_object().field("model", model);
  if (dialect == exchange::Dialect::responses) {
    writer.field("instructions", system).field("input", user).key("store").boolean(false);
    return writer.end_object().take();
  }
  const bool messages = dialect == exchange::Dialect::messages;
  if (messages) writer.key("max_tokens").integer(kAnswerTokensMax).field("system", system);
  writer.key("messages").begin_array();
  if (!messages) writer.begin_object().field("role", "system").field("content", system).end_object();
  writer.begin_object().field("role", "user").field("content", user).end_object();
  return writer.end_array().end_object().take();
}

std::string_view question_path(exchange::Dialect dialect) {
  if (dialect == exchange::Dialect::responses) return "/responses";
  return dialect == exchange::Dialect::messages ? "/messages" : "/chat/completions";
}

Result<std::string> question_answer(exchange::Dialect dialect, std::string body) {
  auto document = json::parse(std::move(body));
  if (!document) return unavailable("the answer is not JSON: " + document.error().text());
  const json::Value root = document->root();
  std::string text;
  json::Value content = root["content"];
  if (dialect == exchange::Dialect::chat_completions) {
    for (const json::Value choice : root["choices"].elements()) {
      content = choice["message"]["content"];
      break;
    }
    text = content.string_or("");
  }
  for (const json::Value item : root["output"].elements()) {
    if (dialect != exchange::Dialect::responses) break;
    for (const json::Value part : item["content"].elements()) {
      if (part["type"].string_or("") == "output_text") text += part["text"].string_or("");
    }
  }
  for (const json::Value block : content.elements()) {
    if (block["type"].string_or("") == "text") text += block["text"].string_or("");
  }
  if (text.empty()) return unavailable("the answer has no text");
  return text;
}

}  // namespace weir::wire

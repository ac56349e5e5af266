#include "wire/question.h"

#include "base/json.h"
#include "wire/gemini_path.h"

namespace weir::wire {
namespace {

using exchange::Dialect;

constexpr int64_t kAnswerTokensMax = 4'096;  // Messages wants to be told

std::string gemini_question(std::string_view system, std::string_view user) {
  json::Writer writer;
  const auto parts = [&](std::string_view text) {
    writer.key("parts").begin_array().begin_object().field("text", text).end_object().end_array();
  };
  writer.begin_object().key("systemInstruction").begin_object();
  parts(system);
  writer.end_object().key("contents").begin_array().begin_object().field("role", "user");
  parts(user);
  return writer.end_object().end_array().end_object().take();
}

// Of a list's first element.
json::Value first(json::Value list) {
  for (const json::Value element : list.elements()) return element;
  return {};
}

// The texts of parts that `kind` names by their type; of those without types, all that are no thoughts.
std::string texts_of(json::Value parts, std::string_view kind) {
  std::string text;
  for (const json::Value part : parts.elements()) {
    if (part["type"].string_or("") == kind && part["thought"].boolean() != true)
      text += part["text"].string_or("");
  }
  return text;
}

std::string answer_text(Dialect dialect, json::Value root) {
  switch (dialect) {
    case Dialect::chat_completions: {
      const json::Value content = first(root["choices"])["message"]["content"];
      return std::string(content.string_or("")) + texts_of(content, "text");
    }
    case Dialect::messages:
      return texts_of(root["content"], "text");
    case Dialect::responses: {
      std::string text;
      for (const json::Value item : root["output"].elements())
        text += texts_of(item["content"], "output_text");
      return text;
    }
    case Dialect::ollama:
      return std::string(root["message"]["content"].string_or(""));
    case Dialect::gemini:
      return texts_of(first(root["candidates"])["content"]["parts"], "");
  }
  return {};
}

}  // namespace

std::string question_body(Dialect dialect, std::string_view model, std::string_view system,
                          std::string_view user) {
  if (dialect == Dialect::gemini) return gemini_question(system, user);
  json::Writer writer;
  writer.begin_object().field("model", model);
  if (dialect == Dialect::responses) {
    writer.field("instructions", system).field("input", user).key("store").boolean(false);
    return writer.end_object().take();
  }
  const bool messages = dialect == Dialect::messages;
  if (messages) writer.key("max_tokens").integer(kAnswerTokensMax).field("system", system);
  if (dialect == Dialect::ollama) writer.key("stream").boolean(false);
  writer.key("messages").begin_array();
  if (!messages) writer.begin_object().field("role", "system").field("content", system).end_object();
  writer.begin_object().field("role", "user").field("content", user).end_object();
  return writer.end_array().end_object().take();
}

std::string question_path(Dialect dialect, std::string_view model) {
  switch (dialect) {
    case Dialect::chat_completions:
      return "/chat/completions";
    case Dialect::messages:
      return "/messages";
    case Dialect::responses:
      return "/responses";
    case Dialect::ollama:
      return "/chat";
    case Dialect::gemini:
      return gemini_path(model, kGenerate);
  }
  return {};
}

Result<std::string> question_answer(Dialect dialect, std::string body) {
  auto document = json::parse(std::move(body));
  if (!document) return unavailable("the answer is not JSON: " + document.error().text());
  std::string text = answer_text(dialect, document->root());
  if (text.empty()) return unavailable("the answer has no text");
  return text;
}

}  // namespace weir::wire

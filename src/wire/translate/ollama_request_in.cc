// Requests to Ollama into a Prompt (its API reference, "Generate a chat message").
#include <fmt/format.h>

#include "wire/translate/reading.h"

namespace weir::wire::translate {
namespace {

// Of what kind a picture is stands in its first bytes.
std::string_view media_type_of(std::string_view base64) {
  if (base64.starts_with("/9j/")) return "image/jpeg";
  if (base64.starts_with("R0lGOD")) return "image/gif";
  if (base64.starts_with("UklGR")) return "image/webp";
  return "image/png";
}

Status read_pictures(json::Value message, const std::string& where, Prompt&, std::vector<Content>& out) {
  if (!message["images"].is_array()) return not_carried("this content", where);
  for (const json::Value image : message["images"].elements()) {
    const std::string_view data = image.string_or("");
    out.emplace_back(Picture{std::string(media_type_of(data)), std::string(data), {}, {}});
  }
  return {};
}

Status read_result(json::Value message, const std::string& where, Prompt& prompt, Returned& result) {
  result.content.emplace_back(exchange::Text{std::string(message["content"].string_or(""))});
  if (message["images"].size() == 0) return {};
  return read_pictures(message, where, prompt, result.content);
}

void read_tools(json::Value root, Prompt& prompt) {
  for (const json::Value tool : root["tools"].elements()) {
    const json::Value function = tool["function"];
    if (tool["type"].string_or("") != "function") continue;  // it was cut
    prompt.tools.push_back(
        {exchange::ToolKind::function,
         std::string(function["name"].string_or("")),
         {},
         {},
         std::string(function["description"].string_or("")),
         function["parameters"].is_object() ? std::string(function["parameters"].raw()) : std::string(),
         {}});
  }
}

void read_settings(json::Value root, Prompt& prompt) {
  Settings& settings = prompt.settings;
  const json::Value options = root["options"];
  if (const auto tokens = options["num_predict"].integer(); tokens && *tokens > 0)
    settings.tokens_max = tokens;
  read_sampling(options, settings);
  drop_unread(options,
              {"num_predict", "temperature", "top_p", "top_k", "seed", "frequency_penalty",
               "presence_penalty", "stop"},
              prompt);
  settings.effort = root["think"].string_or("");
  if (root["think"].boolean()) prompt.drop("think");
  const json::Value format = root["format"];
  if (format.string_or("") == "json") settings.format = Format::json_object;
  if (format.is_object()) {
    settings.format = Format::json_schema;
    settings.format_schema = format.raw();
    settings.format_strict = true;
  }
  settings.usage = true;
  drop_unread(root, {"model", "messages", "stream", "tools", "options", "think", "format"}, prompt);
}

}  // namespace

Result<Prompt> read_ollama(const ParsedRequest& request) {
  Prompt prompt;
  const json::Value root = request.document.root();
  if (!root["messages"].is_array())
    return not_carried("a prompt without messages (/api/generate)", "/prompt");
  read_settings(root, prompt);
  read_tools(root, prompt);
  WEIR_TRY(read_messages(request, {read_pictures, read_result}, prompt));
  tell_apart(prompt);
  return prompt;
}

}  // namespace weir::wire::translate

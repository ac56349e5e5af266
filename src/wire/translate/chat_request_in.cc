// Chat Completions requests into a Prompt (OpenAI API reference, "Create chat completion").
#include <fmt/format.h>

#include "wire/translate/reading.h"

namespace weir::wire::translate {
namespace {

Result<Content> media_of(json::Value block, const std::string& where) {
  const std::string_view type = block["type"].string_or("");
  if (type == "image_url") {
    const json::Value image = block["image_url"];
    Picture picture;
    read_url(image["url"].string_or(image.string_or("")), picture.media_type, picture.data, picture.url);
    picture.detail = image["detail"].string_or("");
    return picture;
  }
  if (type == "file" && block["file"]["file_data"].is_string()) {
    File file{.name = std::string(block["file"]["filename"].string_or(""))};
    read_url(block["file"]["file_data"].string_or(""), file.media_type, file.data, file.url);
    if (!file.data.empty()) return file;
  }
  // An audio of the planner's is a member of its message, not a part.
  return not_carried(fmt::format("the content \"{}\"", type.empty() ? "audio" : shown(type)), where);
}

Status read_result(json::Value message, const std::string& where, Prompt&, Returned& result) {
  if (message["role"].string_or("") == "function")
    return not_carried("a message of the role \"function\"", where);
  static constexpr TextPart kTexts[] = {{"text", "text"}, {"refusal", "refusal"}};
  return read_returned(message["content"], kTexts, media_of, where, result);
}

Status read_tools(json::Value root, Prompt& prompt) {
  if (root["functions"].size() > 0) return not_carried("\"functions\"", "/functions");
  for (const json::Value tool : root["tools"].elements()) {
    const std::string_view type = tool["type"].string_or("");
    if (type != "function" && type != "custom") continue;  // it was cut
    const json::Value described = tool[type];
    const bool custom = type == "custom";
    // A grammar stands one level deeper here than in Responses.
    const json::Value format =
        described["format"]["grammar"].is_object() ? described["format"]["grammar"] : described["format"];
    const json::Value schema = custom ? format : described["parameters"];
    prompt.tools.push_back({custom ? exchange::ToolKind::custom : exchange::ToolKind::function,
                            std::string(described["name"].string_or("")),
                            {},
                            {},
                            std::string(described["description"].string_or("")),
                            schema.is_object() ? std::string(schema.raw()) : std::string(),
                            strict_of(described)});
  }
  return {};
}

Status read_settings(json::Value root, Prompt& prompt) {
  Settings& settings = prompt.settings;
  if (root["n"].integer().value_or(1) > 1) return not_carried("more than one choice", "/n");
  for (const json::Value modality : root["modalities"].elements()) {
    if (modality.string_or("") != "text") return not_carried("an answer that is no text", "/modalities");
  }
  settings.tokens_max = root["max_completion_tokens"].integer();
  if (!settings.tokens_max) settings.tokens_max = root["max_tokens"].integer();
  read_sampling(root, settings);
  const json::Value choice = root["tool_choice"];
  WEIR_TRY(read_choice(choice, choice[choice["type"].string_or("")], settings));
  settings.parallel = root["parallel_tool_calls"].boolean();
  read_format(root["response_format"], root["response_format"]["json_schema"], settings);
  settings.effort = root["reasoning_effort"].string_or("");
  settings.verbosity = root["verbosity"].string_or("");
  settings.user = root["user"].string_or("");
  settings.cache_key = root["prompt_cache_key"].string_or("");
  settings.usage = root["stream_options"]["include_usage"].boolean().value_or(false);
  drop_unread(root,
              {"model",
               "messages",
               "stream",
               "n",
               "modalities",
               "max_completion_tokens",
               "max_tokens",
               "temperature",
               "top_p",
               "top_k",
               "seed",
               "frequency_penalty",
               "presence_penalty",
               "stop",
               "tools",
               "functions",
               "tool_choice",
               "parallel_tool_calls",
               "response_format",
               "reasoning_effort",
               "verbosity",
               "user",
               "prompt_cache_key",
               "stream_options"},
              prompt);
  return {};
}

}  // namespace

Result<Prompt> read_chat(const ParsedRequest& request) {
  Prompt prompt;
  const json::Value root = request.document.root();
  WEIR_TRY(read_settings(root, prompt));
  WEIR_TRY(read_tools(root, prompt));
  WEIR_TRY(read_messages(request, {one_media<media_of>, read_result}, prompt));
  return prompt;
}

}  // namespace weir::wire::translate

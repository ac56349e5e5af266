// Chat Completions requests into a Prompt (OpenAI API reference, "Create chat completion").
#include <fmt/format.h>

#include "wire/translate/prompt.h"

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

Status read_media(json::Value block, const std::string& where, Prompt&, std::vector<Content>& out) {
  WEIR_TRY_ASSIGN(content, media_of(block, where));
  out.push_back(std::move(content));
  return {};
}

Status read_result(json::Value message, const std::string& where, Prompt&, Returned& result) {
  if (message["role"].string_or("") == "function")
    return not_carried("a message of the role \"function\"", where);
  const json::Value content = message["content"];
  if (const auto text = content.string()) result.content.emplace_back(exchange::Text{std::string(*text)});
  for (const json::Value part : content.elements()) {
    const std::string_view type = part["type"].string_or("");
    if (type == "text" || type == "refusal") {
      result.content.emplace_back(exchange::Text{std::string(part[type].string_or(""))});
    } else {
      WEIR_TRY_ASSIGN(media, media_of(part, where));
      result.content.push_back(std::move(media));
    }
  }
  return {};
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

Status read_choice(json::Value choice, Settings& settings) {
  if (!choice.exists() || choice.is_null()) return {};
  const std::string_view word = choice.string_or("");
  const std::string_view type = choice["type"].string_or("");
  if (word == "auto") {
    settings.choice = Choice::automatic;
  } else if (word == "none") {
    settings.choice = Choice::none;
  } else if (word == "required") {
    settings.choice = Choice::required;
  } else if (type == "function" || type == "custom") {
    settings.choice = Choice::named;
    settings.choice_name = choice[type]["name"].string_or("");
  } else {
    return not_carried(fmt::format("the choice \"{}\"", shown(word.empty() ? type : word)), "/tool_choice");
  }
  return {};
}

void read_format(json::Value format, Settings& settings) {
  const std::string_view type = format["type"].string_or("");
  if (type == "text") settings.format = Format::text;
  if (type == "json_object") settings.format = Format::json_object;
  if (type != "json_schema") return;
  const json::Value schema = format["json_schema"];
  settings.format = Format::json_schema;
  settings.format_name = schema["name"].string_or("");
  settings.format_schema = schema["schema"].raw();
  settings.format_strict = schema["strict"].boolean();
}

Status read_settings(json::Value root, Prompt& prompt) {
  Settings& settings = prompt.settings;
  if (root["n"].integer().value_or(1) > 1) return not_carried("more than one choice", "/n");
  for (const json::Value modality : root["modalities"].elements()) {
    if (modality.string_or("") != "text") return not_carried("an answer that is no text", "/modalities");
  }
  settings.tokens_max = root["max_completion_tokens"].integer();
  if (!settings.tokens_max) settings.tokens_max = root["max_tokens"].integer();
  settings.temperature = number_of(root, "temperature");
  settings.top_p = number_of(root, "top_p");
  settings.top_k = number_of(root, "top_k");
  settings.seed = number_of(root, "seed");
  settings.frequency_penalty = number_of(root, "frequency_penalty");
  settings.presence_penalty = number_of(root, "presence_penalty");
  if (const auto one = root["stop"].string()) settings.stop.emplace_back(*one);
  for (const json::Value each : root["stop"].elements()) settings.stop.emplace_back(each.string_or(""));
  WEIR_TRY(read_choice(root["tool_choice"], settings));
  settings.parallel = root["parallel_tool_calls"].boolean();
  read_format(root["response_format"], settings);
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
  WEIR_TRY(read_messages(request, {read_media, read_result}, prompt));
  return prompt;
}

}  // namespace weir::wire::translate

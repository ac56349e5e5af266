// Responses requests into a Prompt (OpenAI API reference, "Create a model response").
#include <fmt/format.h>

#include <array>

#include "wire/items.h"
#include "wire/translate/reading.h"

namespace weir::wire::translate {
namespace {

Result<Content> media_of(json::Value part, const std::string& where) {
  const std::string_view type = part["type"].string_or("");
  if (type == "input_image" && part["image_url"].is_string()) {
    Picture picture;
    read_url(part["image_url"].string_or(""), picture.media_type, picture.data, picture.url);
    picture.detail = part["detail"].string_or("");
    return picture;
  }
  if (type == "input_file" && (part["file_data"].is_string() || part["file_url"].is_string())) {
    File file{.name = std::string(part["filename"].string_or(""))};
    read_url(part[part["file_data"].is_string() ? "file_data" : "file_url"].string_or(""), file.media_type,
             file.data, file.url);
    return file;
  }
  return not_carried(fmt::format("\"{}\"", shown(item_type(part))), where);
}

Status read_result(json::Value item, const std::string& where, Prompt&, Returned& result) {
  const std::string_view type = item_type(item);
  if (type != "function_call_output" && type != "custom_tool_call_output")
    return not_carried(fmt::format("the item \"{}\"", shown(type)), where);
  static constexpr TextPart kTexts[] = {{"input_text", "text"}, {"output_text", "text"}};
  return read_returned(item["output"], kTexts, media_of, where, result);
}

void add_tool(json::Value tool, std::string_view name_space, Prompt& prompt) {
  const std::string_view own = tool["name"].string_or("");
  const bool custom = tool["type"].string_or("") == "custom";
  const json::Value schema = tool[custom ? "format" : "parameters"];
  prompt.tools.push_back({custom ? exchange::ToolKind::custom : exchange::ToolKind::function,
                          tool_name(name_space, own), std::string(name_space), std::string(own),
                          std::string(tool["description"].string_or("")),
                          schema.is_object() ? std::string(schema.raw()) : std::string(), strict_of(tool)});
}

Status read_tools(json::Value root, Prompt& prompt) {
  static constexpr std::array<std::string_view, 6> kPrescribed{
      "shell", "local_shell", "apply_patch", "computer", "computer_use_preview", "tool_search"};
  size_t index = 0;
  for (const json::Value tool : root["tools"].elements()) {
    const std::string where = fmt::format("/tools/{}", index++);
    const std::string_view type = tool["type"].string_or("");
    if (type == "function" || type == "custom") {
      add_tool(tool, "", prompt);
    } else if (type == "namespace") {
      for (const json::Value inner : tool["tools"].elements())
        add_tool(inner, tool["name"].string_or(""), prompt);
    } else if (std::find(kPrescribed.begin(), kPrescribed.end(), type) != kPrescribed.end()) {
      // The client runs it, but only this API's models know what it takes. A hosted one was cut.
      return not_carried(fmt::format("the tool of type \"{}\"", type), where);
    }
  }
  return {};
}

// Items that the exchange does not tell from others.
Status check_items(json::Value root) {
  size_t index = 0;
  for (const json::Value item : root["input"].elements()) {
    const std::string where = fmt::format("/input/{}", index++);
    const std::string_view type = item_type(item);
    const ItemKind kind = item_kind(item);
    if (kind == ItemKind::tools || kind == ItemKind::trigger)
      return not_carried(fmt::format("the item \"{}\"", shown(type)), where);
    if (kind == ItemKind::call && type != "function_call" && type != "custom_tool_call")
      return not_carried(fmt::format("the item \"{}\"", shown(type)), where);
  }
  return {};
}

Status read_settings(json::Value root, Prompt& prompt) {
  Settings& settings = prompt.settings;
  settings.tokens_max = root["max_output_tokens"].integer();
  read_sampling(root, settings);
  WEIR_TRY(read_choice(root["tool_choice"], root["tool_choice"], settings));
  settings.parallel = root["parallel_tool_calls"].boolean();
  read_format(root["text"]["format"], root["text"]["format"], settings);
  settings.effort = root["reasoning"]["effort"].string_or("");
  settings.verbosity = root["text"]["verbosity"].string_or("");
  settings.user = root["user"].string_or("");
  settings.cache_key = root["prompt_cache_key"].string_or("");
  settings.usage = true;
  for (const json::Member& member : root["reasoning"].members()) {
    if (member.key != "effort" && !member.value.is_null())
      prompt.drop(fmt::format("reasoning.{}", member.key));
  }
  drop_unread(root,
              {"model",
               "input",
               "instructions",
               "stream",
               "max_output_tokens",
               "temperature",
               "top_p",
               "top_k",
               "seed",
               "frequency_penalty",
               "presence_penalty",
               "stop",
               "tools",
               "tool_choice",
               "parallel_tool_calls",
               "text",
               "reasoning",
               "user",
               "prompt_cache_key",
               "store"},
              prompt);
  return {};
}

}  // namespace

Result<Prompt> read_responses(const ParsedRequest& request) {
  Prompt prompt;
  const json::Value root = request.document.root();
  WEIR_TRY(check_items(root));
  WEIR_TRY(read_settings(root, prompt));
  WEIR_TRY(read_tools(root, prompt));
  WEIR_TRY(read_messages(request, {one_media<media_of>, read_result}, prompt));
  return prompt;
}

}  // namespace weir::wire::translate

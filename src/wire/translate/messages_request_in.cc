// Messages requests into a Prompt (Anthropic API reference, "Create a Message", "Count tokens").
#include <fmt/format.h>

#include "wire/translate/reading.h"

namespace weir::wire::translate {
namespace {

Result<Content> media_of(json::Value block, const std::string& where) {
  const std::string_view type = block["type"].string_or("");
  const json::Value source = block["source"];
  const std::string_view kind = source["type"].string_or("");
  const std::string media_type(source["media_type"].string_or(""));
  const std::string data(source["data"].string_or(""));
  if (type == "image" && kind == "base64") return Picture{media_type, data, {}, {}};
  if (type == "image" && kind == "url") return Picture{{}, {}, std::string(source["url"].string_or("")), {}};
  if (type == "document" && (kind == "base64" || kind == "url" || kind == "text")) {
    // What it says of the document is content too, and no other API has a place for it.
    if (!block["context"].string_or("").empty())
      return not_carried("what a document says of itself", where + "/context");
    File file{.name = std::string(block["title"].string_or(""))};
    if (kind == "base64") {
      file.media_type = media_type;
      file.data = data;
    } else if (kind == "url") {
      file.url = source["url"].string_or("");
    } else {
      file.text = data;
    }
    return file;
  }
  return not_carried(fmt::format("the block \"{}\"{}", shown(type), kind.empty() ? "" : " of this source"),
                     where);
}

Status read_result(json::Value block, const std::string& where, Prompt&, Returned& result) {
  static constexpr TextPart kTexts[] = {{"text", "text"}};
  return read_returned(block["content"], kTexts, media_of, where, result);
}

Status read_tools(json::Value root, Prompt& prompt) {
  size_t index = 0;
  for (const json::Value tool : root["tools"].elements()) {
    const std::string where = fmt::format("/tools/{}", index++);
    const std::string_view type = tool["type"].string_or("");
    if (!type.empty() && type != "custom") {
      const bool clients = type.starts_with("bash_") || type.starts_with("text_editor_") ||
                           type.starts_with("computer_") || type.starts_with("memory_");
      if (!clients) continue;  // it was cut
      // Without a schema of the client's, only the models that were trained on it know it.
      return not_carried(fmt::format("the tool of type \"{}\"", shown(type)), where);
    }
    prompt.tools.push_back({exchange::ToolKind::function,
                            std::string(tool["name"].string_or("")),
                            {},
                            {},
                            std::string(tool["description"].string_or("")),
                            std::string(tool["input_schema"].raw()),
                            strict_of(tool)});
  }
  return {};
}

Status read_choice(json::Value choice, Settings& settings) {
  const std::string_view type = choice["type"].string_or("");
  if (type.empty()) return {};
  if (const auto one = choice["disable_parallel_tool_use"].boolean()) settings.parallel = !*one;
  if (type == "auto") {
    settings.choice = Choice::automatic;
  } else if (type == "none") {
    settings.choice = Choice::none;
  } else if (type == "any") {
    settings.choice = Choice::required;
  } else if (type == "tool") {
    settings.choice = Choice::named;
    settings.choice_name = choice["name"].string_or("");
  } else {
    return not_carried(fmt::format("the choice \"{}\"", shown(type)), "/tool_choice");
  }
  return {};
}

// "cache_control" may stand at any block; it is told once.
bool caches(json::Value root) {
  std::vector<json::Value> open{root["tools"], root["system"], root["messages"]};
  while (!open.empty()) {
    const json::Value at = open.back();
    open.pop_back();
    for (const json::Value element : at.elements()) open.push_back(element);
    if (at["cache_control"].is_object()) return true;
    if (at["content"].is_array()) open.push_back(at["content"]);
  }
  return false;
}

Status read_settings(json::Value root, Prompt& prompt) {
  Settings& settings = prompt.settings;
  settings.tokens_max = root["max_tokens"].integer();
  settings.temperature = number_of(root, "temperature");
  settings.top_p = number_of(root, "top_p");
  settings.top_k = number_of(root, "top_k");
  for (const json::Value each : root["stop_sequences"].elements())
    settings.stop.emplace_back(each.string_or(""));
  WEIR_TRY(read_choice(root["tool_choice"], settings));
  const json::Value output = root["output_config"];
  settings.effort = output["effort"].string_or("");
  const json::Value format = output["format"].is_object() ? output["format"] : root["output_format"];
  if (format["type"].string_or("") == "json_schema") {
    settings.format = Format::json_schema;
    settings.format_schema = format["schema"].raw();
    settings.format_strict = true;
  }
  for (const json::Member& member : output.members()) {
    if (member.key != "effort" && member.key != "format")
      prompt.drop(fmt::format("output_config.{}", member.key));
  }
  // An account's and a session's name, as one client writes it, would be new to another provider.
  if (const std::string_view user = root["metadata"]["user_id"].string_or(""); user.size() <= 64) {
    settings.user = user;
  } else {
    prompt.drop("metadata");
  }
  settings.usage = true;
  if (caches(root)) prompt.drop("cache_control");
  drop_unread(root,
              {"model", "messages", "system", "stream", "max_tokens", "temperature", "top_p", "top_k",
               "stop_sequences", "tools", "tool_choice", "output_config", "output_format", "metadata"},
              prompt);
  return {};
}

}  // namespace

Result<Prompt> read_messages_api(const ParsedRequest& request) {
  Prompt prompt;
  const json::Value root = request.document.root();
  WEIR_TRY(read_settings(root, prompt));
  WEIR_TRY(read_tools(root, prompt));
  WEIR_TRY(read_messages(request, {one_media<media_of>, read_result}, prompt));
  return prompt;
}

}  // namespace weir::wire::translate

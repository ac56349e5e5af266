// Requests to the Gemini API into a Prompt (its API reference, "Generating content"). The model and whether
// the reply is a stream stand in the path.
#include <fmt/format.h>

#include <algorithm>

#include "wire/gemini.h"
#include "wire/translate/gemini_schema.h"
#include "wire/translate/reading.h"

namespace weir::wire::translate {
namespace {

Result<Content> media_of(json::Value part, const std::string& where) {
  const json::Value bytes = gemini_member(part, "inlineData");
  const json::Value address = gemini_member(part, "fileData");
  const json::Value data = bytes.is_object() ? bytes : address;
  const std::string type(gemini_member(data, "mimeType").string_or(""));
  const std::string url(gemini_member(address, "fileUri").string_or(""));
  const std::string name(gemini_member(data, "displayName").string_or(""));
  const bool picture = type.starts_with("image/");
  const bool file = type.starts_with("text/") || type.starts_with("application/") || type.empty();
  if (!data.is_object() || (!picture && !file))
    return not_carried(fmt::format("\"{}\"", shown(type.empty() ? "this part" : type)), where);
  if (bytes.is_object()) {
    const std::string base64(bytes["data"].string_or(""));
    if (picture) return Picture{type, base64, {}, {}};
    return File{name, type, base64, {}, {}};
  }
  // What was uploaded to this provider no other can fetch.
  if (!url.starts_with("https://") || url.starts_with("https://generativelanguage.googleapis.com/"))
    return not_carried("a file that the provider keeps", where);
  if (picture) return Picture{{}, {}, url, {}};
  return File{name, {}, {}, url, {}};
}

Status read_result(json::Value response, const std::string& where, Prompt& /*prompt*/, Returned& result) {
  // As it was labelled.
  const Options lenient{.unknown_items_untrusted = true};
  WEIR_TRY_ASSIGN(read, read_gemini_result(response, where, lenient));
  for (std::string& text : read.texts) result.content.emplace_back(exchange::Text{std::move(text)});
  for (const json::Value part : response["parts"].elements()) {
    WEIR_TRY_ASSIGN(media, media_of(part, where));
    result.content.push_back(std::move(media));
  }
  return {};
}

void drop_others(json::Value object, std::initializer_list<std::string_view> read, std::string_view before,
                 Prompt& prompt) {
  for (const json::Member& member : object.members()) {
    const std::string name = gemini_spelling(member.key);
    if (member.value.is_null() || std::find(read.begin(), read.end(), name) != read.end()) continue;
    prompt.drop(std::string(before) + name);
  }
}

Status read_tools(json::Value root, Prompt& prompt) {
  for (const json::Value tool : gemini_member(root, "tools").elements()) {
    for (const json::Value function : gemini_member(tool, "functionDeclarations").elements()) {
      const json::Value schema = gemini_member(function, "parametersJsonSchema");
      prompt.tools.push_back(
          {exchange::ToolKind::function,
           std::string(function["name"].string_or("")),
           {},
           {},
           std::string(function["description"].string_or("")),
           schema.is_object() ? std::string(schema.raw()) : json_schema_of(function["parameters"]),
           {}});
    }
  }
  return {};
}

Status read_tool_choice(json::Value config, Settings& settings) {
  const json::Value calling = gemini_member(config, "functionCallingConfig");
  const std::string_view mode = calling["mode"].string_or("");
  const json::Value allowed = gemini_member(calling, "allowedFunctionNames");
  if (mode.empty() || mode == "MODE_UNSPECIFIED") return {};
  if (allowed.size() > (mode == "ANY" ? 1U : 0U))
    return not_carried("the choice of allowed tools", "/toolConfig");
  if (mode == "AUTO" || mode == "VALIDATED") {
    settings.choice = Choice::automatic;
  } else if (mode == "NONE") {
    settings.choice = Choice::none;
  } else if (mode == "ANY") {
    settings.choice = allowed.size() == 1 ? Choice::named : Choice::required;
    for (const json::Value name : allowed.elements()) settings.choice_name = name.string_or("");
  } else {
    return not_carried(fmt::format("the choice \"{}\"", shown(mode)), "/toolConfig");
  }
  return {};
}

void read_thinking(json::Value thinking, Prompt& prompt) {
  std::string level(gemini_member(thinking, "thinkingLevel").string_or(""));
  std::transform(level.begin(), level.end(), level.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool known = level == "minimal" || level == "low" || level == "medium" || level == "high";
  if (known) prompt.settings.effort = level;
  drop_others(thinking, {known ? "thinkingLevel" : ""}, "thinkingConfig.", prompt);
}

Status read_config(json::Value config, Prompt& prompt) {
  Settings& settings = prompt.settings;
  const auto number = [&](std::string_view name) {
    const json::Value value = gemini_member(config, name);
    return value.is_number() ? std::string(value.raw()) : std::string();
  };
  for (const json::Value modality : gemini_member(config, "responseModalities").elements()) {
    if (modality.string_or("") != "TEXT")
      return not_carried("an answer that is no text", "/generationConfig/responseModalities");
  }
  settings.tokens_max = gemini_member(config, "maxOutputTokens").integer();
  settings.temperature = number("temperature");
  settings.top_p = number("topP");
  settings.top_k = number("topK");
  settings.seed = number("seed");
  settings.frequency_penalty = number("frequencyPenalty");
  settings.presence_penalty = number("presencePenalty");
  for (const json::Value each : gemini_member(config, "stopSequences").elements())
    settings.stop.emplace_back(each.string_or(""));
  if (gemini_member(config, "responseMimeType").string_or("") == "application/json")
    settings.format = Format::json_object;
  const json::Value schema = gemini_member(config, "responseJsonSchema");
  const json::Value open_api = gemini_member(config, "responseSchema");
  if (schema.is_object() || open_api.is_object()) {
    settings.format = Format::json_schema;
    settings.format_schema = schema.is_object() ? std::string(schema.raw()) : json_schema_of(open_api);
  }
  read_thinking(gemini_member(config, "thinkingConfig"), prompt);
  drop_others(config,
              {"responseModalities", "maxOutputTokens", "temperature", "topP", "topK", "seed",
               "frequencyPenalty", "presencePenalty", "stopSequences", "responseMimeType",
               "responseJsonSchema", "responseSchema", "thinkingConfig", "candidateCount"},
              "generationConfig.", prompt);
  return {};
}

// Clients keep each piece of a stream as a part of its own.
void join_pieces(std::vector<Part>& parts) {
  std::vector<Part> joined;
  for (Part& part : parts) {
    auto* text = std::get_if<exchange::Text>(&part);
    auto* thought = std::get_if<exchange::Thinking>(&part);
    if ((text != nullptr && text->text.empty()) || (thought != nullptr && thought->text.empty())) continue;
    auto* text_before = joined.empty() ? nullptr : std::get_if<exchange::Text>(&joined.back());
    auto* thought_before = joined.empty() ? nullptr : std::get_if<exchange::Thinking>(&joined.back());
    if (text != nullptr && text_before != nullptr) {
      text_before->text += text->text;
    } else if (thought != nullptr && thought_before != nullptr) {
      thought_before->text += thought->text;
    } else {
      joined.push_back(std::move(part));
    }
  }
  parts = std::move(joined);
}

}  // namespace

Result<Prompt> read_gemini(const ParsedRequest& request) {
  Prompt prompt;
  const json::Value root = request.document.root();
  WEIR_TRY(read_config(gemini_member(root, "generationConfig"), prompt));
  WEIR_TRY(read_tools(root, prompt));
  const json::Value choice = gemini_member(root, "toolConfig");
  WEIR_TRY(read_tool_choice(choice, prompt.settings));
  drop_others(choice, {"functionCallingConfig"}, "toolConfig.", prompt);
  prompt.settings.usage = true;
  drop_others(root, {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "model"}, "",
              prompt);
  WEIR_TRY(read_messages(request, {one_media<media_of>, read_result}, prompt));
  for (Message& message : prompt.messages) {
    if (message.role == exchange::Role::planner) join_pieces(message.parts);
  }
  std::erase_if(prompt.messages, [](const Message& message) { return message.parts.empty(); });
  tell_apart(prompt);
  return prompt;
}

}  // namespace weir::wire::translate

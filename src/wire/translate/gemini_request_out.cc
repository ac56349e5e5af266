// A Prompt as a request to the Gemini API (its API reference, "Generating content"). The model and whether
// the reply is a stream stand in the path.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "wire/translate/prompt.h"

namespace weir::wire::translate {
namespace {

using exchange::Role;
// Calls of the planner's turns by their ids: the tool, and which call of all it is.
using Calls = std::map<std::string, std::pair<std::string, size_t>, std::less<>>;

void write_text(std::string_view text, json::Writer& out) {
  out.begin_object().field("text", text).end_object();
}

void write_bytes(std::string_view media_type, std::string_view data, json::Writer& out) {
  out.begin_object().key("inlineData").begin_object().field("mimeType", media_type).field("data", data);
  out.end_object().end_object();
}

void write_address(const std::string& url, json::Writer& out) {
  out.begin_object().key("fileData").begin_object().field("fileUri", url).end_object().end_object();
}

void write_media(const Picture& picture, json::Writer& out) {
  if (picture.data.empty()) return write_address(picture.url, out);
  write_bytes(picture.media_type, picture.data, out);
}

void write_media(const File& file, json::Writer& out) {
  if (!file.text.empty()) return write_bytes("text/plain", to_base64(file.text), out);
  if (file.data.empty()) return write_address(file.url, out);
  write_bytes(file.media_type, file.data, out);
}

// Thoughts stay behind: the API takes only its own, by their signature.
Status write_part(const Part& part, Calls& calls, json::Writer& out) {
  if (const auto* text = std::get_if<exchange::Text>(&part); text != nullptr && !text->text.empty())
    write_text(text->text, out);
  if (const auto* picture = std::get_if<Picture>(&part)) write_media(*picture, out);
  if (const auto* file = std::get_if<File>(&part)) write_media(*file, out);
  const auto* call = std::get_if<exchange::Call>(&part);
  if (call == nullptr) return {};
  const std::string arguments = function_arguments(*call);
  const auto document = json::parse(arguments);
  if (!document || !document->root().is_object())
    return not_carried(fmt::format("a call of {} whose arguments are no JSON object", shown(call->name)),
                       "/messages");
  calls[call->id] = {call->name, calls.size()};
  // Without its id: the API ties results to calls by name and order, and may have given none.
  out.begin_object().key("functionCall").begin_object();
  out.field("name", call->name).key("args").raw(arguments).end_object().end_object();
  return {};
}

Status write_result(const Returned& result, const Calls& calls, json::Writer& out) {
  std::vector<std::string_view> texts;
  std::vector<const Picture*> pictures;
  for (const Content& content : result.content) {
    const auto* text = std::get_if<exchange::Text>(&content);
    const auto* file = std::get_if<File>(&content);
    const auto* picture = std::get_if<Picture>(&content);
    if (text != nullptr || (file != nullptr && !file->text.empty())) {
      texts.push_back(text != nullptr ? text->text : file->text);
    } else if (picture != nullptr && !picture->data.empty()) {
      pictures.push_back(picture);
    } else {
      return not_carried("a picture by its address or a file in a tool's result", "/messages");
    }
  }
  const auto call = calls.find(result.call_id);
  if (call == calls.end() && result.name.empty())
    return not_carried("a result whose call is not in the conversation", "/messages");
  out.begin_object().key("functionResponse").begin_object();
  out.field("name", call != calls.end() ? call->second.first : result.name).key("response").begin_object();
  if (texts.size() > 1) {
    out.key("content").begin_array();
    for (const std::string_view text : texts)
      out.begin_object().field("type", "text").field("text", text).end_object();
    out.end_array();
    if (result.is_error) out.key("isError").boolean(true);
  } else {
    out.field(result.is_error ? "error" : "output", texts.empty() ? std::string_view() : texts[0]);
  }
  out.end_object();
  if (!pictures.empty()) {
    out.key("parts").begin_array();
    for (const Picture* picture : pictures) write_bytes(picture->media_type, picture->data, out);
    out.end_array();
  }
  out.end_object().end_object();
  return {};
}

// The API has one place for the operator's words: wherever they stood, they go there.
Status write_system(const Prompt& prompt, json::Writer& out) {
  bool any = false;
  for (const Message& message : prompt.messages) {
    if (message.role != Role::operator_text) continue;
    for (const Part& part : message.parts) {
      const auto* text = std::get_if<exchange::Text>(&part);
      if (text == nullptr) return not_carried("a picture or file of the operator's", "/messages");
      if (!any) out.key("systemInstruction").begin_object().key("parts").begin_array();
      any = true;
      write_text(text->text, out);
    }
  }
  if (any) out.end_array().end_object();
  return {};
}

Status write_contents(const Prompt& prompt, json::Writer& out) {
  Calls calls;
  out.key("contents").begin_array();
  for (const Message& message : prompt.messages) {
    if (message.role == Role::operator_text) continue;
    out.begin_object()
        .field("role", message.role == Role::planner ? "model" : "user")
        .key("parts")
        .begin_array();
    // Results come in any order, and go in that of their calls.
    std::vector<std::pair<size_t, const Returned*>> results;
    for (const Part& part : message.parts) {
      if (const auto* result = std::get_if<Returned>(&part)) {
        const auto call = calls.find(result->call_id);
        results.emplace_back(call == calls.end() ? calls.size() : call->second.second, result);
      } else {
        WEIR_TRY(write_part(part, calls, out));
      }
    }
    std::stable_sort(results.begin(), results.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [order, result] : results) WEIR_TRY(write_result(*result, calls, out));
    out.end_array().end_object();
  }
  out.end_array();
  return {};
}

void write_tools(const Prompt& prompt, json::Writer& out) {
  const Settings& settings = prompt.settings;
  if (prompt.tools.empty()) return;
  out.key("tools").begin_array().begin_object().key("functionDeclarations").begin_array();
  for (const Tool& tool : prompt.tools) {
    const bool custom = tool.kind == exchange::ToolKind::custom;
    out.begin_object().field("name", tool.name).field("description", function_description(tool));
    if (custom || !tool.schema.empty())
      out.key("parametersJsonSchema").raw(custom ? kCustomSchema : std::string_view(tool.schema));
    out.end_object();
  }
  out.end_array().end_object().end_array();
  if (settings.choice == Choice::unset) return;
  out.key("toolConfig").begin_object().key("functionCallingConfig").begin_object();
  out.field("mode", settings.choice == Choice::automatic ? "AUTO"
                    : settings.choice == Choice::none    ? "NONE"
                                                         : "ANY");
  if (settings.choice == Choice::named)
    out.key("allowedFunctionNames").begin_array().string(settings.choice_name).end_array();
  out.end_object().end_object();
}

void write_settings(Prompt& prompt, json::Writer& out) {
  const Settings& settings = prompt.settings;
  out.key("generationConfig").begin_object();
  if (settings.tokens_max) out.key("maxOutputTokens").integer(*settings.tokens_max);
  const std::pair<std::string_view, const std::string*> numbers[] = {
      {"temperature", &settings.temperature},
      {"topP", &settings.top_p},
      {"topK", &settings.top_k},
      {"seed", &settings.seed},
      {"frequencyPenalty", &settings.frequency_penalty},
      {"presencePenalty", &settings.presence_penalty}};
  for (const auto& [key, raw] : numbers) {
    if (!raw->empty()) out.key(key).raw(*raw);
  }
  if (!settings.stop.empty()) {
    out.key("stopSequences").begin_array();
    for (const std::string& each : settings.stop) out.string(each);
    out.end_array();
  }
  if (settings.format == Format::json_object || settings.format == Format::json_schema)
    out.field("responseMimeType", "application/json");
  if (settings.format == Format::json_schema && !settings.format_schema.empty())
    out.key("responseJsonSchema").raw(settings.format_schema);
  out.end_object();
  if (!settings.effort.empty()) prompt.drop("reasoning_effort");
  if (settings.parallel == false) prompt.drop("parallel_tool_calls");
  if (!settings.user.empty()) prompt.drop("user");
  if (!settings.verbosity.empty()) prompt.drop("verbosity");
  if (!settings.cache_key.empty()) prompt.drop("prompt_cache_key");
}

}  // namespace

Result<std::string> write_gemini(Prompt& prompt) {
  json::Writer out;
  out.begin_object();
  WEIR_TRY(write_system(prompt, out));
  WEIR_TRY(write_contents(prompt, out));
  if (!prompt.counts) {
    write_tools(prompt, out);
    write_settings(prompt, out);
  }
  return out.end_object().take();
}

}  // namespace weir::wire::translate

// A Prompt as a request to Ollama (its API reference, "Generate a chat message").
#include <fmt/format.h>

#include <map>

#include "wire/translate/prompt.h"

namespace weir::wire::translate {
namespace {

using exchange::Role;

// A message has one text: each text of a person's becomes a message, so that none is taken for another's
// part. Pictures go with the last.
Status write_said(const Message& message, json::Writer& out) {
  std::vector<std::string_view> texts;
  std::vector<std::string_view> pictures;
  for (const Part& part : message.parts) {
    if (const auto* text = std::get_if<exchange::Text>(&part)) texts.push_back(text->text);
    if (const auto* picture = std::get_if<Picture>(&part)) {
      if (picture->data.empty()) return not_carried("a picture by its address", "/messages");
      pictures.push_back(picture->data);
    }
    if (std::holds_alternative<File>(part)) return not_carried("a file", "/messages");
  }
  if (texts.empty()) texts.emplace_back();
  for (size_t i = 0; i < texts.size(); ++i) {
    out.begin_object()
        .field("role", message.role == Role::user ? "user" : "system")
        .field("content", texts[i]);
    if (i + 1 == texts.size() && !pictures.empty()) {
      out.key("images").begin_array();
      for (const std::string_view picture : pictures) out.string(picture);
      out.end_array();
    }
    out.end_object();
  }
  return {};
}

using CallNames = std::map<std::string, std::string, std::less<>>;  // of tools, by the call's id

Status write_planner(const Message& message, CallNames& names, json::Writer& out) {
  std::string text;
  std::string thought;
  json::Writer calls;
  calls.begin_array();
  bool any_call = false;
  for (const Part& part : message.parts) {
    if (const auto* said = std::get_if<exchange::Text>(&part)) {
      text += (text.empty() || said->text.empty() ? "" : "\n\n") + said->text;
    } else if (const auto* thinking = std::get_if<exchange::Thinking>(&part)) {
      thought += (thought.empty() || thinking->text.empty() ? "" : "\n\n") + thinking->text;
    } else if (const auto* call = std::get_if<exchange::Call>(&part)) {
      const std::string arguments = function_arguments(*call);
      const auto document = json::parse(arguments);
      if (!document || !document->root().is_object())
        return not_carried(fmt::format("a call of {} whose arguments are no JSON object", shown(call->name)),
                           "/messages");
      any_call = true;
      names[call->id] = call->name;
      calls.begin_object().field("id", call->id).key("function").begin_object().field("name", call->name);
      calls.key("arguments").raw(arguments).end_object().end_object();
    } else {
      return not_carried("a picture or file of the planner's", "/messages");
    }
  }
  if (text.empty() && !any_call) return {};
  out.begin_object().field("role", "assistant").field("content", text);
  if (!thought.empty()) out.field("thinking", thought);
  if (any_call) out.key("tool_calls").raw(calls.end_array().text());
  out.end_object();
  return {};
}

Status write_results(const Message& message, const CallNames& names, Prompt& prompt, json::Writer& out) {
  for (const Part& part : message.parts) {
    const auto& result = std::get<Returned>(part);
    if (result.is_error) prompt.drop("is_error");
    std::string text;
    std::vector<std::string_view> pictures;
    for (const Content& content : result.content) {
      const auto* said = std::get_if<exchange::Text>(&content);
      const auto* file = std::get_if<File>(&content);
      const auto* picture = std::get_if<Picture>(&content);
      if (said != nullptr || (file != nullptr && !file->text.empty())) {
        text += text.empty() ? "" : "\n";
        text += said != nullptr ? said->text : file->text;
      } else if (picture != nullptr && !picture->data.empty()) {
        pictures.push_back(picture->data);
      } else {
        return not_carried("a picture by its address or a file in a tool's result", "/messages");
      }
    }
    out.begin_object().field("role", "tool").field("content", text);
    const auto name = names.find(result.call_id);
    if (name != names.end() || !result.name.empty())
      out.field("tool_name", name != names.end() ? name->second : result.name);
    out.field("tool_call_id", result.call_id);
    if (!pictures.empty()) {
      out.key("images").begin_array();
      for (const std::string_view picture : pictures) out.string(picture);
      out.end_array();
    }
    out.end_object();
  }
  return {};
}

void write_tools(const Prompt& prompt, json::Writer& out) {
  // It always chooses by itself.
  if (prompt.tools.empty() || prompt.settings.choice == Choice::none) return;
  out.key("tools").begin_array();
  for (const Tool& tool : prompt.tools) {
    const bool custom = tool.kind == exchange::ToolKind::custom;
    out.begin_object().field("type", "function").key("function").begin_object().field("name", tool.name);
    out.field("description", function_description(tool)).key("parameters");
    out.raw(custom                ? kCustomSchema
            : tool.schema.empty() ? std::string_view(R"({"type":"object","properties":{}})")
                                  : std::string_view(tool.schema));
    out.end_object().end_object();
  }
  out.end_array();
}

void write_options(const Settings& settings, json::Writer& out) {
  out.key("options").begin_object();
  if (settings.tokens_max) out.key("num_predict").integer(*settings.tokens_max);
  const std::pair<std::string_view, const std::string*> numbers[] = {
      {"temperature", &settings.temperature},
      {"top_p", &settings.top_p},
      {"top_k", &settings.top_k},
      {"seed", &settings.seed},
      {"frequency_penalty", &settings.frequency_penalty},
      {"presence_penalty", &settings.presence_penalty}};
  for (const auto& [key, raw] : numbers) {
    if (!raw->empty()) out.key(key).raw(*raw);
  }
  if (!settings.stop.empty()) {
    out.key("stop").begin_array();
    for (const std::string& each : settings.stop) out.string(each);
    out.end_array();
  }
  out.end_object();
}

void write_settings(Prompt& prompt, json::Writer& out) {
  const Settings& settings = prompt.settings;
  if (settings.effort == "none") out.key("think").boolean(false);
  if (!settings.effort.empty() && settings.effort != "none") {
    const bool lowest = settings.effort == "minimal" || settings.effort == "low";
    out.field("think", lowest ? "low" : settings.effort == "medium" ? "medium" : "high");
  }
  if (settings.format == Format::json_object) out.field("format", "json");
  if (settings.format == Format::json_schema && !settings.format_schema.empty())
    out.key("format").raw(settings.format_schema);
  write_options(settings, out);
  if (settings.choice == Choice::required || settings.choice == Choice::named) prompt.drop("tool_choice");
  if (settings.parallel == false) prompt.drop("parallel_tool_calls");
  if (!settings.user.empty()) prompt.drop("user");
  if (!settings.verbosity.empty()) prompt.drop("verbosity");
  if (!settings.cache_key.empty()) prompt.drop("prompt_cache_key");
}

}  // namespace

Result<std::string> write_ollama(Prompt& prompt) {
  json::Writer out;
  CallNames names;
  out.begin_object().field("model", prompt.model).key("messages").begin_array();
  for (const Message& message : prompt.messages) {
    switch (message.role) {
      case Role::operator_text:
      case Role::user:
        WEIR_TRY(write_said(message, out));
        break;
      case Role::planner:
        WEIR_TRY(write_planner(message, names, out));
        break;
      case Role::tool:
        WEIR_TRY(write_results(message, names, prompt, out));
        break;
    }
  }
  out.end_array();
  write_tools(prompt, out);
  write_settings(prompt, out);
  return out.key("stream").boolean(prompt.stream).end_object().take();
}

}  // namespace weir::wire::translate

// A Prompt as a Chat Completions request (OpenAI API reference, "Create chat completion"), in the form that
// other servers of that API accept too: functions only, texts as strings where there is one.
#include <fmt/format.h>

#include "wire/translate/prompt.h"

namespace weir::wire::translate {
namespace {

using exchange::Role;

Status write_media(const Picture& picture, json::Writer& out) {
  out.begin_object().field("type", "image_url").key("image_url").begin_object();
  out.field("url", picture.data.empty() ? picture.url : data_url(picture.media_type, picture.data));
  if (!picture.detail.empty()) out.field("detail", picture.detail);
  out.end_object().end_object();
  return {};
}

Status write_media(const File& file, json::Writer& out) {
  // What a person attached must not become what he said.
  if (file.data.empty() && file.text.empty()) return not_carried("a file by its address", "/messages");
  out.begin_object().field("type", "file").key("file").begin_object();
  out.field("filename", file.name.empty() ? std::string_view("file") : std::string_view(file.name));
  out.field("file_data", file_url(file)).end_object().end_object();
  return {};
}

void write_text(std::string_view text, json::Writer& out) {
  out.begin_object().field("type", "text").field("text", text).end_object();
}

// A person's or the operator's. One text is a string, which every server takes.
Status write_said(const Message& message, json::Writer& out) {
  out.begin_object().field("role", message.role == Role::user ? "user" : "system").key("content");
  const auto* only = message.parts.size() == 1 ? std::get_if<exchange::Text>(&message.parts[0]) : nullptr;
  if (only != nullptr) {
    out.string(only->text).end_object();
    return {};
  }
  out.begin_array();
  for (const Part& part : message.parts) {
    if (const auto* text = std::get_if<exchange::Text>(&part)) write_text(text->text, out);
    if (const auto* picture = std::get_if<Picture>(&part)) WEIR_TRY(write_media(*picture, out));
    if (const auto* file = std::get_if<File>(&part)) WEIR_TRY(write_media(*file, out));
  }
  out.end_array().end_object();
  return {};
}

// Nothing, where the planner said nothing that can be told.
Status write_planner(const Message& message, json::Writer& out) {
  std::string text;
  std::string thought;
  bool spoke = false;
  size_t calls = 0;
  for (const Part& part : message.parts) {
    if (const auto* said = std::get_if<exchange::Text>(&part)) {
      text += (text.empty() || said->text.empty() ? "" : "\n\n") + said->text;
      spoke = true;
    } else if (const auto* thinking = std::get_if<exchange::Thinking>(&part)) {
      thought += (thought.empty() || thinking->text.empty() ? "" : "\n\n") + thinking->text;
    } else if (std::holds_alternative<exchange::Call>(part)) {
      ++calls;
    } else {
      return not_carried("a picture or file of the planner's", "/messages");
    }
  }
  if (!spoke && calls == 0) return {};
  out.begin_object().field("role", "assistant").key("content");
  if (text.empty() && calls > 0) {
    out.null();
  } else {
    out.string(text);
  }
  if (!thought.empty()) out.field("reasoning_content", thought);
  if (calls > 0) out.key("tool_calls").begin_array();
  for (const Part& part : message.parts) {
    const auto* call = std::get_if<exchange::Call>(&part);
    if (call == nullptr) continue;
    out.begin_object().field("id", call->id).field("type", "function").key("function").begin_object();
    out.field("name", call->name).field("arguments", function_arguments(*call)).end_object().end_object();
  }
  if (calls > 0) out.end_array();
  out.end_object();
  return {};
}

Status write_results(const Message& message, Prompt& prompt, json::Writer& out) {
  for (const Part& part : message.parts) {
    const auto& result = std::get<Returned>(part);
    if (result.is_error) prompt.drop("is_error");
    std::vector<std::string_view> texts;
    for (const Content& content : result.content) {
      const auto* text = std::get_if<exchange::Text>(&content);
      const auto* file = std::get_if<File>(&content);
      if (text != nullptr) {
        texts.push_back(text->text);
      } else if (file != nullptr && !file->text.empty()) {
        texts.push_back(file->text);
      } else {
        return not_carried("a picture or file in a tool's result", "/messages");
      }
    }
    out.begin_object().field("role", "tool").field("tool_call_id", result.call_id).key("content");
    if (texts.size() > 1) {
      out.begin_array();
      for (const std::string_view text : texts) write_text(text, out);
      out.end_array();
    } else {
      out.string(texts.empty() ? std::string_view() : texts[0]);
    }
    out.end_object();
  }
  return {};
}

void write_tools(const Prompt& prompt, json::Writer& out) {
  if (prompt.tools.empty()) return;
  out.key("tools").begin_array();
  for (const Tool& tool : prompt.tools) {
    const bool custom = tool.kind == exchange::ToolKind::custom;
    out.begin_object().field("type", "function").key("function").begin_object().field("name", tool.name);
    if (const std::string description = function_description(tool); !description.empty())
      out.field("description", description);
    if (custom || !tool.schema.empty())
      out.key("parameters").raw(custom ? kCustomSchema : std::string_view(tool.schema));
    if (tool.strict && !custom) out.key("strict").boolean(*tool.strict);
    out.end_object().end_object();
  }
  out.end_array();
}

void write_choice(const Settings& settings, json::Writer& out) {
  if (settings.choice == Choice::unset) return;
  out.key("tool_choice");
  if (settings.choice == Choice::named) {
    out.begin_object().field("type", "function").key("function").begin_object();
    out.field("name", settings.choice_name).end_object().end_object();
  } else {
    out.string(settings.choice == Choice::automatic ? "auto"
               : settings.choice == Choice::none    ? "none"
                                                    : "required");
  }
}

void write_format(const Settings& settings, json::Writer& out) {
  if (settings.format == Format::unset) return;
  out.key("response_format").begin_object();
  if (settings.format != Format::json_schema) {
    out.field("type", settings.format == Format::text ? "text" : "json_object").end_object();
    return;
  }
  out.field("type", "json_schema").key("json_schema").begin_object();
  out.field("name", settings.format_name.empty() ? std::string_view("answer") : settings.format_name);
  if (!settings.format_schema.empty()) out.key("schema").raw(settings.format_schema);
  if (settings.format_strict) out.key("strict").boolean(*settings.format_strict);
  out.end_object().end_object();
}

void write_settings(const Prompt& prompt, json::Writer& out) {
  const Settings& settings = prompt.settings;
  const auto number = [&](std::string_view key, const std::string& raw) {
    if (!raw.empty()) out.key(key).raw(raw);
  };
  // A server that knows only the older name does without the bound; one that knows the newer refuses both.
  if (settings.tokens_max) out.key("max_completion_tokens").integer(*settings.tokens_max);
  number("temperature", settings.temperature);
  number("top_p", settings.top_p);
  number("top_k", settings.top_k);
  number("seed", settings.seed);
  number("frequency_penalty", settings.frequency_penalty);
  number("presence_penalty", settings.presence_penalty);
  if (!settings.stop.empty()) {
    out.key("stop").begin_array();
    for (const std::string& each : settings.stop) out.string(each);
    out.end_array();
  }
  if (!prompt.tools.empty()) {
    write_choice(settings, out);
    if (settings.parallel) out.key("parallel_tool_calls").boolean(*settings.parallel);
  }
  write_format(settings, out);
  if (!settings.effort.empty())
    out.field("reasoning_effort", settings.effort == "max" ? "xhigh" : std::string_view(settings.effort));
  if (!settings.verbosity.empty()) out.field("verbosity", settings.verbosity);
  if (!settings.user.empty()) out.field("user", settings.user);
  if (!settings.cache_key.empty()) out.field("prompt_cache_key", settings.cache_key);
}

}  // namespace

Result<std::string> write_chat(Prompt& prompt) {
  json::Writer out;
  out.begin_object().field("model", prompt.model).key("messages").begin_array();
  for (const Message& message : prompt.messages) {
    switch (message.role) {
      case Role::operator_text:
      case Role::user:
        WEIR_TRY(write_said(message, out));
        break;
      case Role::planner:
        WEIR_TRY(write_planner(message, out));
        break;
      case Role::tool:
        WEIR_TRY(write_results(message, prompt, out));
        break;
    }
  }
  out.end_array();
  write_tools(prompt, out);
  write_settings(prompt, out);
  if (prompt.stream) {
    out.key("stream").boolean(true).key("stream_options").begin_object();
    out.key("include_usage").boolean(true).end_object();
  }
  return out.end_object().take();
}

}  // namespace weir::wire::translate

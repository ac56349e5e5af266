// A Prompt as a Messages request (Anthropic API reference, "Create a Message").
#include <fmt/format.h>

#include "wire/translate/names.h"
#include "wire/translate/prompt.h"

namespace weir::wire::translate {
namespace {

using exchange::Role;

constexpr int64_t kTokensMax = 8'192;  // where the client names no bound: the API wants one

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// The API refuses texts that say nothing.
void write_text(std::string_view text, json::Writer& out) {
  if (!blank(text)) out.begin_object().field("type", "text").field("text", text).end_object();
}

void write_source(const std::string& media_type, const std::string& data, const std::string& url,
                  json::Writer& out) {
  out.key("source").begin_object().field("type", data.empty() ? "url" : "base64");
  if (data.empty()) {
    out.field("url", url);
  } else {
    out.field("media_type", media_type).field("data", data);
  }
  out.end_object();
}

void write_media(const Picture& picture, json::Writer& out) {
  out.begin_object().field("type", "image");
  write_source(picture.media_type, picture.data, picture.url, out);
  out.end_object();
}

void write_media(const File& file, json::Writer& out) {
  out.begin_object().field("type", "document");
  if (file.text.empty()) {
    write_source(file.media_type, file.data, file.url, out);
  } else {
    out.key("source").begin_object().field("type", "text").field("media_type", "text/plain");
    out.field("data", file.text).end_object();
  }
  if (!file.name.empty()) out.field("title", file.name);
  out.end_object();
}

void write_content(const Content& content, json::Writer& out) {
  if (const auto* text = std::get_if<exchange::Text>(&content)) write_text(text->text, out);
  if (const auto* picture = std::get_if<Picture>(&content)) write_media(*picture, out);
  if (const auto* file = std::get_if<File>(&content)) write_media(*file, out);
}

void write_result(const Returned& result, json::Writer& out) {
  out.begin_object().field("type", "tool_result").field("tool_use_id", plain_id(result.call_id));
  if (result.is_error) out.key("is_error").boolean(true);
  const auto* only = result.content.size() == 1 ? std::get_if<exchange::Text>(&result.content[0]) : nullptr;
  if (only != nullptr || result.content.empty()) {
    out.field("content", only == nullptr ? std::string_view() : std::string_view(only->text)).end_object();
    return;
  }
  out.key("content").begin_array();
  for (const Content& content : result.content) write_content(content, out);
  out.end_array().end_object();
}

// Thoughts stay behind: the API takes only its own, by their signature.
Status write_part(const Part& part, json::Writer& out) {
  if (const auto* text = std::get_if<exchange::Text>(&part)) write_text(text->text, out);
  if (const auto* picture = std::get_if<Picture>(&part)) write_media(*picture, out);
  if (const auto* file = std::get_if<File>(&part)) write_media(*file, out);
  if (const auto* result = std::get_if<Returned>(&part)) write_result(*result, out);
  const auto* call = std::get_if<exchange::Call>(&part);
  if (call == nullptr) return {};
  const std::string arguments = function_arguments(*call);
  const auto document = json::parse(arguments);
  if (!document || !document->root().is_object())
    return not_carried(fmt::format("a call of {} whose arguments are no JSON object", shown(call->name)),
                       "/messages");
  out.begin_object().field("type", "tool_use").field("id", plain_id(call->id)).field("name", call->name);
  out.key("input").raw(arguments).end_object();
  return {};
}

bool says_something(const Message& message) {
  for (const Part& part : message.parts) {
    const auto* text = std::get_if<exchange::Text>(&part);
    if (text != nullptr ? !blank(text->text) : !std::holds_alternative<exchange::Thinking>(part)) return true;
  }
  return false;
}

// What comes between two turns of the planner's is one message: results, and then what a person says.
Status write_conversation(const Prompt& prompt, size_t from, json::Writer& out) {
  std::string_view open;
  for (size_t i = from; i < prompt.messages.size(); ++i) {
    const Message& message = prompt.messages[i];
    if (!says_something(message)) continue;
    const std::string_view role = message.role == Role::planner         ? "assistant"
                                  : message.role == Role::operator_text ? "system"
                                                                        : "user";
    if (role != open || role != "user") {
      if (!open.empty()) out.end_array().end_object();
      out.begin_object().field("role", role).key("content").begin_array();
      open = role;
    }
    for (const Part& part : message.parts) WEIR_TRY(write_part(part, out));
  }
  if (!open.empty()) out.end_array().end_object();
  return {};
}

void write_tools(const Prompt& prompt, json::Writer& out) {
  const Settings& settings = prompt.settings;
  if (prompt.tools.empty()) return;
  out.key("tools").begin_array();
  for (const Tool& tool : prompt.tools) {
    const bool custom = tool.kind == exchange::ToolKind::custom;
    out.begin_object().field("name", tool.name);
    if (const std::string description = function_description(tool); !description.empty())
      out.field("description", description);
    out.key("input_schema");
    if (custom) {
      out.raw(kCustomSchema);
    } else if (tool.schema.empty()) {
      out.begin_object().field("type", "object").key("properties").begin_object().end_object().end_object();
    } else {
      out.raw(tool.schema);
    }
    if (tool.strict == true) out.key("strict").boolean(true);
    out.end_object();
  }
  out.end_array();
  if (settings.choice == Choice::unset && settings.parallel.value_or(true)) return;
  out.key("tool_choice").begin_object();
  out.field("type", settings.choice == Choice::none       ? "none"
                    : settings.choice == Choice::required ? "any"
                    : settings.choice == Choice::named    ? "tool"
                                                          : "auto");
  if (settings.choice == Choice::named) out.field("name", settings.choice_name);
  if (settings.parallel && settings.choice != Choice::none)
    out.key("disable_parallel_tool_use").boolean(!*settings.parallel);
  out.end_object();
}

void write_output(Prompt& prompt, json::Writer& out) {
  const Settings& settings = prompt.settings;
  const bool effort = !settings.effort.empty() && settings.effort != "none" && settings.effort != "minimal";
  if (!settings.effort.empty() && !effort) prompt.drop("reasoning_effort");
  const bool schema = settings.format == Format::json_schema && !settings.format_schema.empty();
  if (settings.format == Format::json_object) prompt.drop("response_format");
  if (!effort && !schema) return;
  out.key("output_config").begin_object();
  if (effort) out.field("effort", settings.effort);
  if (schema) {
    out.key("format").begin_object().field("type", "json_schema");
    out.key("schema").raw(settings.format_schema).end_object();
  }
  out.end_object();
}

void write_settings(Prompt& prompt, json::Writer& out) {
  const Settings& settings = prompt.settings;
  out.key("max_tokens").integer(settings.tokens_max.value_or(kTokensMax));
  if (!settings.temperature.empty()) {
    // The API's scale ends at 1.
    const auto document = json::parse(settings.temperature);
    const bool hot = document && document->root().number().value_or(0) > 1;
    if (hot) prompt.drop("temperature");
    out.key("temperature").raw(hot ? std::string_view("1") : std::string_view(settings.temperature));
  }
  if (!settings.top_p.empty()) out.key("top_p").raw(settings.top_p);
  if (!settings.top_k.empty()) out.key("top_k").raw(settings.top_k);
  if (!settings.stop.empty()) {
    out.key("stop_sequences").begin_array();
    for (const std::string& each : settings.stop) out.string(each);
    out.end_array();
  }
  write_output(prompt, out);
  if (!settings.user.empty()) out.key("metadata").begin_object().field("user_id", settings.user).end_object();
  if (!settings.seed.empty()) prompt.drop("seed");
  if (!settings.frequency_penalty.empty()) prompt.drop("frequency_penalty");
  if (!settings.presence_penalty.empty()) prompt.drop("presence_penalty");
  if (!settings.verbosity.empty()) prompt.drop("verbosity");
  if (!settings.cache_key.empty()) prompt.drop("prompt_cache_key");
}

}  // namespace

Result<std::string> write_messages_api(Prompt& prompt) {
  json::Writer out;
  out.begin_object().field("model", prompt.model);
  size_t first = 0;
  // The operator's words ahead of all others; later ones stay where they are.
  if (!prompt.messages.empty() && prompt.messages[0].role == Role::operator_text) {
    first = 1;
    out.key("system").begin_array();
    for (const Part& part : prompt.messages[0].parts) {
      const auto* text = std::get_if<exchange::Text>(&part);
      if (text == nullptr) return not_carried("a picture or file of the operator's", "/messages");
      write_text(text->text, out);
    }
    out.end_array();
  }
  out.key("messages").begin_array();
  WEIR_TRY(write_conversation(prompt, first, out));
  out.end_array();
  write_tools(prompt, out);
  if (!prompt.counts) write_settings(prompt, out);
  if (prompt.stream) out.key("stream").boolean(true);
  return out.end_object().take();
}

}  // namespace weir::wire::translate

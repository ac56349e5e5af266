// A Prompt as a Responses request (OpenAI API reference, "Create a model response"). Nothing is stored with
// the provider: the whole conversation goes with each request.
#include <fmt/format.h>

#include "wire/translate/prompt.h"

namespace weir::wire::translate {
namespace {

using exchange::Role;

void write_media(const Picture& picture, json::Writer& out) {
  out.begin_object().field("type", "input_image");
  out.field("image_url", picture.data.empty() ? picture.url : data_url(picture.media_type, picture.data));
  if (!picture.detail.empty()) out.field("detail", picture.detail);
  out.end_object();
}

void write_media(const File& file, json::Writer& out) {
  out.begin_object().field("type", "input_file");
  const bool address = file.data.empty() && file.text.empty();
  if (!file.name.empty() || !address)
    out.field("filename", file.name.empty() ? std::string_view("file") : std::string_view(file.name));
  out.field(address ? "file_url" : "file_data", address ? file.url : file_url(file)).end_object();
}

void write_text(std::string_view type, std::string_view text, json::Writer& out) {
  out.begin_object().field("type", type).field("text", text);
  if (type == "output_text") out.key("annotations").begin_array().end_array();
  out.end_object();
}

void write_said(const Message& message, json::Writer& out) {
  out.begin_object().field("type", "message");
  out.field("role", message.role == Role::user ? "user" : "system").key("content").begin_array();
  for (const Part& part : message.parts) {
    if (const auto* text = std::get_if<exchange::Text>(&part)) write_text("input_text", text->text, out);
    if (const auto* picture = std::get_if<Picture>(&part)) write_media(*picture, out);
    if (const auto* file = std::get_if<File>(&part)) write_media(*file, out);
  }
  out.end_array().end_object();
}

// Thoughts stay behind: the API takes only its own, by what is sealed in them.
Status write_planner(const Message& message, json::Writer& out) {
  for (const Part& part : message.parts) {
    if (const auto* text = std::get_if<exchange::Text>(&part)) {
      if (text->text.empty()) continue;
      out.begin_object().field("type", "message").field("role", "assistant").key("content").begin_array();
      write_text("output_text", text->text, out);
      out.end_array().end_object();
    } else if (const auto* call = std::get_if<exchange::Call>(&part)) {
      out.begin_object().field("type", "function_call").field("call_id", call->id);
      out.field("name", call->name).field("arguments", function_arguments(*call)).end_object();
    } else if (!std::holds_alternative<exchange::Thinking>(part)) {
      return not_carried("a picture or file of the planner's", "/messages");
    }
  }
  return {};
}

void write_results(const Message& message, Prompt& prompt, json::Writer& out) {
  for (const Part& part : message.parts) {
    const auto& result = std::get<Returned>(part);
    if (result.is_error) prompt.drop("is_error");
    out.begin_object().field("type", "function_call_output").field("call_id", result.call_id).key("output");
    const auto* only = result.content.size() == 1 ? std::get_if<exchange::Text>(&result.content[0]) : nullptr;
    if (only != nullptr || result.content.empty()) {
      out.string(only == nullptr ? std::string_view() : std::string_view(only->text)).end_object();
      continue;
    }
    out.begin_array();
    for (const Content& content : result.content) {
      if (const auto* text = std::get_if<exchange::Text>(&content)) write_text("input_text", text->text, out);
      if (const auto* picture = std::get_if<Picture>(&content)) write_media(*picture, out);
      const auto* file = std::get_if<File>(&content);
      if (file == nullptr) continue;
      // Here a text has no voice but the result's.
      if (file->text.empty()) {
        write_media(*file, out);
      } else {
        write_text("input_text", file->text, out);
      }
    }
    out.end_array().end_object();
  }
}

void write_tools(const Prompt& prompt, json::Writer& out) {
  const Settings& settings = prompt.settings;
  if (prompt.tools.empty()) return;
  out.key("tools").begin_array();
  for (const Tool& tool : prompt.tools) {
    const bool custom = tool.kind == exchange::ToolKind::custom;
    out.begin_object().field("type", "function").field("name", tool.name);
    if (const std::string description = function_description(tool); !description.empty())
      out.field("description", description);
    out.key("parameters");
    if (custom) {
      out.raw(kCustomSchema);
    } else if (tool.schema.empty()) {
      out.begin_object().field("type", "object").key("properties").begin_object().end_object().end_object();
    } else {
      out.raw(tool.schema);
    }
    // Without a word the API takes every schema for a strict one.
    out.key("strict").boolean(!custom && tool.strict.value_or(false)).end_object();
  }
  out.end_array();
  if (settings.choice != Choice::unset) {
    out.key("tool_choice");
    if (settings.choice == Choice::named) {
      out.begin_object().field("type", "function").field("name", settings.choice_name).end_object();
    } else {
      out.string(settings.choice == Choice::automatic ? "auto"
                 : settings.choice == Choice::none    ? "none"
                                                      : "required");
    }
  }
  if (settings.parallel) out.key("parallel_tool_calls").boolean(*settings.parallel);
}

void write_text_settings(const Settings& settings, json::Writer& out) {
  if (settings.format == Format::unset && settings.verbosity.empty()) return;
  out.key("text").begin_object();
  if (!settings.verbosity.empty()) out.field("verbosity", settings.verbosity);
  if (settings.format != Format::unset) {
    out.key("format").begin_object();
    if (settings.format != Format::json_schema) {
      out.field("type", settings.format == Format::text ? "text" : "json_object");
    } else {
      out.field("type", "json_schema");
      out.field("name", settings.format_name.empty() ? std::string_view("answer") : settings.format_name);
      if (!settings.format_schema.empty()) out.key("schema").raw(settings.format_schema);
      if (settings.format_strict) out.key("strict").boolean(*settings.format_strict);
    }
    out.end_object();
  }
  out.end_object();
}

void write_settings(Prompt& prompt, json::Writer& out) {
  const Settings& settings = prompt.settings;
  const auto number = [&](std::string_view key, const std::string& raw) {
    if (!raw.empty()) out.key(key).raw(raw);
  };
  if (settings.tokens_max) out.key("max_output_tokens").integer(*settings.tokens_max);
  number("temperature", settings.temperature);
  number("top_p", settings.top_p);
  write_text_settings(settings, out);
  if (!settings.effort.empty()) {
    out.key("reasoning").begin_object();
    out.field("effort", settings.effort == "max" ? "xhigh" : std::string_view(settings.effort)).end_object();
    // What it thought comes back sealed, and weir puts it back in its place. Models that do not think refuse
    // to be asked for it.
    out.key("include").begin_array().string("reasoning.encrypted_content").end_array();
  }
  if (!settings.user.empty()) out.field("user", settings.user);
  if (!settings.cache_key.empty()) out.field("prompt_cache_key", settings.cache_key);
  if (!settings.stop.empty()) prompt.drop("stop");
  if (!settings.top_k.empty()) prompt.drop("top_k");
  if (!settings.seed.empty()) prompt.drop("seed");
  if (!settings.frequency_penalty.empty()) prompt.drop("frequency_penalty");
  if (!settings.presence_penalty.empty()) prompt.drop("presence_penalty");
}

}  // namespace

Result<std::string> write_responses(Prompt& prompt) {
  json::Writer out;
  out.begin_object().field("model", prompt.model).key("input").begin_array();
  for (const Message& message : prompt.messages) {
    switch (message.role) {
      case Role::operator_text:
      case Role::user:
        write_said(message, out);
        break;
      case Role::planner:
        WEIR_TRY(write_planner(message, out));
        break;
      case Role::tool:
        write_results(message, prompt, out);
        break;
    }
  }
  out.end_array();
  write_tools(prompt, out);
  if (!prompt.counts) {
    write_settings(prompt, out);
    out.key("store").boolean(false);
  }
  if (prompt.stream) out.key("stream").boolean(true);
  return out.end_object().take();
}

}  // namespace weir::wire::translate

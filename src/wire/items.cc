#include "wire/items.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wire/request.h"

namespace weir::wire {
namespace {

using Place = PartPlace::Kind;

struct KnownType {
  std::string_view type;
  ItemKind kind;
};
constexpr std::array kTypes{
    KnownType{"message", ItemKind::message},
    KnownType{"reasoning", ItemKind::reasoning},
    KnownType{"function_call", ItemKind::call},
    KnownType{"custom_tool_call", ItemKind::call},
    KnownType{"shell_call", ItemKind::call},
    KnownType{"local_shell_call", ItemKind::call},
    KnownType{"apply_patch_call", ItemKind::call},
    KnownType{"computer_call", ItemKind::call},
    KnownType{"function_call_output", ItemKind::result},
    KnownType{"custom_tool_call_output", ItemKind::result},
    KnownType{"shell_call_output", ItemKind::result},
    KnownType{"local_shell_call_output", ItemKind::result},
    KnownType{"apply_patch_call_output", ItemKind::result},
    KnownType{"computer_call_output", ItemKind::result},
    KnownType{"compaction", ItemKind::compaction},
    KnownType{"compaction_summary", ItemKind::compaction},
    KnownType{"compaction_trigger", ItemKind::trigger},
    KnownType{"web_search_call", ItemKind::hosted},
    KnownType{"file_search_call", ItemKind::hosted},
    KnownType{"code_interpreter_call", ItemKind::hosted},
    KnownType{"image_generation_call", ItemKind::hosted},
    KnownType{"mcp_call", ItemKind::hosted},
    KnownType{"mcp_list_tools", ItemKind::hosted},
    KnownType{"mcp_approval_request", ItemKind::hosted},
    KnownType{"program", ItemKind::hosted},
    KnownType{"program_output", ItemKind::hosted},
    KnownType{"additional_tools", ItemKind::tools},
    KnownType{"mcp_approval_response", ItemKind::approval},
    KnownType{"item_reference", ItemKind::reference},
};

// The member that holds what a call does.
std::string_view body_key(std::string_view type) {
  if (type == "custom_tool_call") return "input";
  if (type == "shell_call" || type == "local_shell_call") return "action";
  if (type == "apply_patch_call") return "operation";
  return "arguments";
}

std::string shaped(std::string_view type, const std::string& text) {
  const auto document = json::parse(text);
  const json::Value root = document ? document->root() : json::Value();
  json::Writer writer;
  writer.begin_object();
  if (type == "shell_call") {
    if (root["commands"].is_array()) return text;
    writer.key("commands").begin_array().string(text).end_array();
  } else if (type == "local_shell_call") {
    if (root["command"].is_array()) return text;
    writer.field("type", "exec").key("command").begin_array().string(text).end_array();
    writer.key("env").begin_object().end_object();
  } else if (type == "apply_patch_call") {
    if (root["path"].is_string()) return text;
    writer.field("type", "update_file").field("path", text).field("diff", "");
  } else {
    if (root.is_object()) return text;
    writer.field("arguments", text);
  }
  return writer.end_object().take();
}

std::string computer_arguments(json::Value item) {
  json::Writer writer;
  writer.begin_object();
  for (const std::string_view key : {"action", "actions"}) {
    if (item[key].exists()) writer.key(key).raw(item[key].raw());
  }
  return writer.end_object().take();
}

std::string file_text(json::Value part) {
  std::string all;
  for (const std::string_view key : {"filename", "file_url", "image_url", "file_id"}) {
    const std::string_view text = part[key].string_or("");
    if (text.empty()) continue;
    all += all.empty() ? "" : "\n";
    all += text.starts_with("data:") ? text.substr(0, 40) : text;
  }
  return all;
}

std::string shell_output(const std::string& text, bool failed) {
  json::Writer writer;
  writer.begin_array().begin_object();
  writer.field("stdout", failed ? "" : text).field("stderr", failed ? text : "");
  writer.key("outcome").begin_object().field("type", "exit").key("exit_code").integer(failed ? 1 : 0);
  return writer.end_object().end_object().end_array().take();
}

// A picture with nothing on it.
constexpr std::string_view kBlankScreenshot =
    R"({"type":"computer_screenshot","image_url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="})";

}  // namespace

std::string_view item_type(json::Value item) {
  const json::Value type = item["type"];
  if ((!type.exists() || type.is_null()) && item["role"].exists()) return "message";
  if ((!type.exists() || type.is_null()) && item["id"].is_string()) return "item_reference";
  return type.string_or("");
}

ItemKind item_kind(json::Value item) {
  const std::string_view type = item_type(item);
  // One that the client runs is a call like any other; the provider's own is not.
  if (type == "tool_search_call" || type == "tool_search_output") {
    if (item["execution"].string_or("") != "client" || !item["call_id"].is_string()) return ItemKind::hosted;
    return type == "tool_search_call" ? ItemKind::call : ItemKind::tools;
  }
  const auto* at =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const KnownType& known) { return known.type == type; });
  return at == kTypes.end() ? ItemKind::unknown : at->kind;
}

bool is_planners(json::Value item) {
  switch (item_kind(item)) {
    case ItemKind::message:
      return item["role"].string_or("") == "assistant";
    case ItemKind::reasoning:
    case ItemKind::call:
    case ItemKind::compaction:
    case ItemKind::hosted:
      return true;
    default:
      return false;
  }
}

std::string tool_name(std::string_view name_space, std::string_view name) {
  if (name_space.empty()) return std::string(name);
  if (name_space.ends_with("__")) return fmt::format("{}{}", name_space, name);
  return fmt::format("{}{}{}", name_space, name_space.find("__") == std::string_view::npos ? "." : "__",
                     name);
}

Result<exchange::Call> read_call(json::Value item, const std::string& where) {
  const std::string_view type = item_type(item);
  WEIR_TRY_ASSIGN(id, required_string(item, "call_id", where));
  if (id.empty()) return bad_input("a call needs an id", where + "/call_id");
  if (type == "function_call" || type == "custom_tool_call") {
    const json::Value name_space = item["namespace"];
    if (name_space.exists() && !name_space.is_null() && !name_space.is_string())
      return bad_input("expected a string", where + "/namespace");
    WEIR_TRY_ASSIGN(name, required_string(item, "name", where));
    if (name.empty()) return bad_input("a call needs a name", where + "/name");
    WEIR_TRY_ASSIGN(arguments, required_string(item, body_key(type), where));
    return exchange::Call{std::move(id), tool_name(name_space.string_or(""), name), std::move(arguments),
                          type == "function_call"};
  }
  const std::string name(type.substr(0, type.size() - std::string_view("_call").size()));
  if (type == "computer_call") return exchange::Call{std::move(id), name, computer_arguments(item), true};
  const json::Value body = item[body_key(type)];
  if (!body.is_object()) return bad_input("expected an object", where + "/" + std::string(body_key(type)));
  return exchange::Call{std::move(id), name, std::string(body.raw()), true};
}

void write_arguments(json::Value item, const std::string& arguments, Splices& splices) {
  const std::string_view type = item_type(item);
  if (type == "computer_call") {
    const auto document = json::parse(arguments);
    const std::string typed = R"({"type":"type","text":)" + json::quote(arguments) + "}";
    for (const std::string_view key : {"action", "actions"}) {
      if (!item[key].exists()) continue;
      const json::Value given = document ? (*document)[key] : json::Value();
      splices.replace(item[key], given.exists()    ? std::string(given.raw())
                                 : key == "action" ? typed
                                                   : "[" + typed + "]");
    }
    return;
  }
  const json::Value body = item[body_key(type)];
  splices.replace(body, body.is_string() ? json::quote(arguments) : shaped(type, arguments));
}

Status read_result(json::Value item, const std::string& where, const Options& options,
                   exchange::Result& result) {
  const std::string_view type = item_type(item);
  // A local shell's result names its call by "id".
  const std::string_view id_key =
      type == "local_shell_call_output" && !item["call_id"].is_string() ? "id" : "call_id";
  WEIR_TRY_ASSIGN(id, required_string(item, id_key, where));
  result.call_id = std::move(id);
  result.is_error = type == "apply_patch_call_output" && item["status"].string_or("") == "failed";
  const json::Value output = item["output"];
  if (type == "computer_call_output") {
    ++result.media;
    if (const std::string text = text_in(item["acknowledged_safety_checks"]); !text.empty())
      result.texts.push_back(text);
    return {};
  }
  if (!output.exists() || output.is_null()) return {};
  if (const auto text = output.string()) {
    result.texts.emplace_back(*text);
    return {};
  }
  if (!output.is_array()) return bad_input("expected a string or a list", where + "/output");
  size_t index = 0;
  for (const json::Value part : output.elements()) {
    const std::string at = fmt::format("{}/output/{}", where, index++);
    if (type == "shell_call_output") {
      for (const std::string_view key : {"stdout", "stderr"}) {
        WEIR_TRY_ASSIGN(text, required_string(part, key, at));
        if (!text.empty()) result.texts.push_back(std::move(text));
      }
      continue;
    }
    const std::string_view kind = part["type"].string_or("");
    if (kind == "input_text" || kind == "output_text") {
      WEIR_TRY_ASSIGN(text, required_string(part, "text", at));
      result.texts.push_back(std::move(text));
    } else if (kind == "input_image" || kind == "input_file" || kind == "input_audio") {
      if (const std::string text = file_text(part); kind == "input_file" && !text.empty())
        result.texts.push_back(text);
      ++result.media;
    } else if (options.unknown_items_untrusted) {
      result.texts.emplace_back(part.raw());
    } else {
      return unknown_item("part of a tool's output", kind, at + "/type");
    }
  }
  return {};
}

void write_result(json::Value item, const std::string& text, Splices& splices) {
  const std::string_view type = item_type(item);
  // Whether the tool failed is content too.
  if (type == "apply_patch_call_output" && item["status"].exists())
    splices.replace(item["status"], "\"completed\"");
  const std::string output = type == "shell_call_output"      ? shell_output(text, false)
                             : type == "computer_call_output" ? std::string(kBlankScreenshot)
                                                              : json::quote(text);
  if (type == "computer_call_output" && item["acknowledged_safety_checks"].exists())
    splices.replace(item["acknowledged_safety_checks"], "[]");
  if (item["output"].exists()) return splices.replace(item["output"], output);
  splices.insert(item.offset() + item.raw().size() - 1, ",\"output\":" + output);
}

std::string result_item(json::Value call, const std::string& text, bool failed) {
  const std::string_view type = item_type(call);
  const std::string_view id = call["call_id"].string_or("");
  json::Writer writer;
  writer.begin_object();
  if (type == "tool_search_call") {
    writer.field("type", "tool_search_output").field("call_id", id).field("execution", "client");
    writer.key("tools").begin_array().end_array().end_object();
    return writer.text() + "," + message_item("developer", text);
  }
  writer.field("type", fmt::format("{}_output", type));
  writer.field(type == "local_shell_call" ? "id" : "call_id", id);
  if (type == "computer_call") {
    writer.key("output").raw(kBlankScreenshot).end_object();
    return writer.text() + "," + message_item("developer", text);
  }
  if (type == "apply_patch_call") writer.field("status", failed ? "failed" : "completed");
  writer.key("output").raw(type == "shell_call" ? shell_output(text, failed) : json::quote(text));
  return writer.end_object().take();
}

Status read_item_content(json::Value content, const std::string& where, const Options& options,
                         std::vector<exchange::Part>& parts, std::vector<PartPlace>* places) {
  const auto add = [&](exchange::Part part, Place kind, json::Value value) {
    parts.push_back(std::move(part));
    if (places != nullptr) places->push_back({kind, value});
  };
  if (!content.exists() || content.is_null()) return {};
  if (const auto text = content.string()) {
    add(exchange::Text{std::string(*text)}, Place::string, content);
    return {};
  }
  if (!content.is_array()) return bad_input("expected a string or a list of parts", where);
  size_t index = 0;
  for (const json::Value part : content.elements()) {
    const std::string at = fmt::format("{}/{}", where, index++);
    const std::string_view type = part["type"].string_or("");
    if (type == "input_text" || type == "output_text" || type == "text" || type == "refusal") {
      const std::string_view key = type == "refusal" ? "refusal" : "text";
      WEIR_TRY_ASSIGN(text, required_string(part, key, at));
      add(exchange::Text{std::move(text)}, Place::string, part[key]);
      // What is cited stands in the model's context too.
      if (part["annotations"].size() > 0)
        add(exchange::Media{text_in(part["annotations"])}, Place::annotations, part);
    } else if (type == "reasoning_text" || type == "summary_text") {
      add(exchange::Thinking{std::string(part["text"].string_or(""))}, Place::fixed, part);
    } else if (type == "input_image" || type == "input_file" || type == "input_audio") {
      add(exchange::Media{file_text(part)}, Place::input, part);
    } else if (options.unknown_items_untrusted && !type.empty()) {
      add(exchange::Media{std::string(part.raw())}, Place::input, part);
    } else {
      return unknown_item("content part", type, at + "/type");
    }
  }
  return {};
}

Status read_planner_item(json::Value item, const std::string& where, const Options& options,
                         std::vector<exchange::Part>& parts, std::vector<PartPlace>* places) {
  const auto add = [&](exchange::Part part, Place kind) {
    parts.push_back(std::move(part));
    if (places != nullptr) places->push_back({kind, item});
  };
  switch (item_kind(item)) {
    case ItemKind::message:
      return read_item_content(item["content"], where + "/content", options, parts, places);
    case ItemKind::reasoning: {
      std::string text = text_in(item["summary"]);
      for (const json::Value part : item["content"].elements()) {
        text += text.empty() ? "" : "\n";
        text += part["text"].string_or("");
      }
      add(exchange::Thinking{std::move(text), std::string(item["encrypted_content"].string_or(""))},
          Place::item);
      return {};
    }
    case ItemKind::call: {
      WEIR_TRY_ASSIGN(call, read_call(item, where));
      add(std::move(call), Place::item_arguments);
      return {};
    }
    case ItemKind::compaction:
      // Nobody but the provider can read it: known again by what it is, or untrusted.
      add(exchange::Media{std::string(item["encrypted_content"].string_or(""))}, Place::item);
      return {};
    case ItemKind::unknown:
      add(exchange::Media{std::string(item.raw())}, Place::item);
      return {};
    default:
      // A picture is no text.
      add(exchange::Media{item_type(item) == "image_generation_call"
                              ? std::string(item["revised_prompt"].string_or(""))
                              : text_in(item)},
          Place::item);
      return {};
  }
}

std::string message_item(std::string_view role, std::string_view text) {
  json::Writer writer;
  writer.begin_object().field("type", "message").field("role", role).key("content").begin_array();
  writer.begin_object().field("type", role == "assistant" ? "output_text" : "input_text");
  writer.field("text", text);
  if (role == "assistant") writer.key("annotations").begin_array().end_array();
  return writer.end_object().end_array().end_object().take();
}

}  // namespace weir::wire

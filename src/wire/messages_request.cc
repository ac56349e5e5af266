// Requests of Messages (Anthropic API reference, "Create a Message", "Count tokens").
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "wire/blocks.h"
#include "wire/request.h"

namespace weir::wire {
namespace {

using exchange::Message;
using exchange::Role;

constexpr std::array<std::string_view, 22> kParameters{
    "model",         "messages",     "max_tokens",         "system",           "stream",        "tools",
    "tool_choice",   "metadata",     "stop_sequences",     "temperature",      "top_k",         "top_p",
    "thinking",      "service_tier", "context_management", "output_config",    "output_format", "betas",
    "inference_geo", "speed",        "cache_control",      "anthropic_version"};

// Tools that Anthropic defined and the client runs: calls come to the client as tool_use.
bool client_runs(std::string_view type) {
  for (const std::string_view prefix : {"bash_", "text_editor_", "computer_", "memory_"}) {
    if (type.starts_with(prefix)) return true;
  }
  return type.empty() || type == "custom";
}

class Parser {
 public:
  Parser(ParsedRequest& out, const Options& options) : out_(out), options_(options) {}

  Status parse(Splices& cuts) {
    const json::Value root = out_.document.root();
    exchange::Request& request = out_.request;
    request.dialect = exchange::Dialect::messages;
    WEIR_TRY(check_parameters(root, kParameters, {"mcp_servers", "container"}, options_, cuts));
    WEIR_TRY_ASSIGN(model, required_string(root, "model", ""));
    request.model = std::move(model);
    if (const json::Value stream = root["stream"]; stream.exists() && !stream.is_null()) {
      if (!stream.boolean()) return bad_input("expected true or false", "/stream");
      request.stream = *stream.boolean();
    }
    WEIR_TRY(parse_tools(root["tools"], cuts));
    WEIR_TRY(parse_system(root["system"]));
    return parse_messages(root["messages"]);
  }

 private:
  Status parse_tools(json::Value tools, Splices& cuts) {
    if (!tools.exists() || tools.is_null()) return {};
    if (!tools.is_array()) return bad_input("expected a list", "/tools");
    if (tools.size() > limits::kToolsMax)
      return too_large(fmt::format("more than {} tools", limits::kToolsMax), "/tools");
    std::vector<bool> strip;
    size_t index = 0;
    for (const json::Value tool : tools.elements()) {
      const std::string where = fmt::format("/tools/{}", index++);
      const std::string_view type = tool["type"].string_or("");
      strip.push_back(false);
      if (client_runs(type)) {
        WEIR_TRY_ASSIGN(name, required_string(tool, "name", where));
        out_.request.tools.push_back({exchange::ToolKind::function, std::move(name),
                                      std::string(tool["description"].string_or("")),
                                      std::string(tool["input_schema"].raw())});
        continue;
      }
      if (!options_.strip_hosted_tools)
        return hosted_tool(fmt::format("the tool of type \"{}\"", shown(type)), where);
      strip.back() = true;
    }
    cuts.remove_elements(tools, strip);
    return {};
  }

  Status parse_system(json::Value system) {
    if (!system.exists() || system.is_null()) return {};
    Message message{Role::operator_text, {}, {}};
    WEIR_TRY(read_content(system, "/system", options_, message.parts));
    out_.request.messages.push_back(std::move(message));
    out_.wire_index.push_back(std::string::npos);
    return {};
  }

  Status parse_messages(json::Value messages) {
    if (!messages.is_array()) return bad_input("expected a list", "/messages");
    if (messages.size() > limits::kMessagesMax)
      return too_large(fmt::format("more than {} messages", limits::kMessagesMax), "/messages");
    size_t index = 0;
    for (const json::Value wire : messages.elements()) {
      const std::string where = fmt::format("/messages/{}", index);
      if (!wire.is_object()) return bad_input("expected an object", where);
      const std::string_view role = wire["role"].string_or("");
      Message message;
      if (role == "user") {
        message.role = Role::user;
      } else if (role == "assistant") {
        message.role = Role::planner;
      } else if (role == "system") {
        message.role = Role::operator_text;
      } else {
        return unknown_item("role", role, where + "/role");
      }
      for (const json::Member& member : wire.members()) {
        if (member.key == "role" || member.key == "content" || options_.unknown_items_untrusted) continue;
        if (may_carry_content(member.value))
          return unknown_item("member", member.key, where + "/" + json::pointer_token(member.key));
      }
      if (!wire["content"].is_string() && !wire["content"].is_array())
        return bad_input("expected a string or a list of blocks", where + "/content");
      WEIR_TRY(read_content(wire["content"], where + "/content", options_, message.parts));
      out_.request.messages.push_back(std::move(message));
      out_.wire_index.push_back(index++);
    }
    return {};
  }

  ParsedRequest& out_;
  const Options& options_;
};

Status read_result(json::Value block, const std::string& where, const Options& options,
                   exchange::Result& result) {
  WEIR_TRY_ASSIGN(id, required_string(block, "tool_use_id", where));
  result.call_id = std::move(id);
  result.is_error = block["is_error"].boolean().value_or(false);
  const json::Value content = block["content"];
  if (!content.exists() || content.is_null()) return {};
  if (const auto text = content.string()) {
    result.texts.emplace_back(*text);
    return {};
  }
  if (!content.is_array()) return bad_input("expected a string or a list of blocks", where + "/content");
  size_t index = 0;
  for (const json::Value part : content.elements()) {
    const std::string at = fmt::format("{}/content/{}", where, index++);
    const std::string_view type = part["type"].string_or("");
    if (type == "text") {
      WEIR_TRY_ASSIGN(text, required_string(part, "text", at));
      result.texts.push_back(std::move(text));
    } else if (type == "image") {
      ++result.media;
    } else if (type == "document" || type == "search_result" || type == "tool_reference") {
      result.texts.push_back(text_in_block(part));
      ++result.media;
    } else if (options.unknown_items_untrusted) {
      result.texts.emplace_back(part.raw());
    } else {
      return unknown_item("block in a tool result", type, at + "/type");
    }
  }
  return {};
}

}  // namespace

std::string text_in_block(json::Value block) {
  // Titles, texts and addresses, wherever they stand; the bytes of pictures and files are no text.
  std::string all;
  std::vector<json::Value> open{block};
  while (!open.empty()) {
    const json::Value at = open.back();
    open.pop_back();
    const bool encoded = at["type"].string_or("") == "base64";
    for (const json::Value element : at.elements()) open.push_back(element);
    for (const json::Member& member : at.members()) {
      if (const auto text = member.value.string()) {
        if (member.key == "type" || member.key == "media_type" || (encoded && member.key == "data")) continue;
        if (member.key.starts_with("encrypted_") || member.key == "signature") continue;
        all += (all.empty() ? "" : "\n");
        all += *text;
      } else {
        open.push_back(member.value);
      }
    }
  }
  return all;
}

BlockKind block_kind(std::string_view type) {
  if (type == "text") return BlockKind::text;
  if (type == "thinking" || type == "redacted_thinking") return BlockKind::thinking;
  if (type == "tool_use") return BlockKind::call;
  if (type == "tool_result") return BlockKind::result;
  if (type == "image" || type == "document" || type == "search_result" || type == "container_upload" ||
      type == "compaction")
    return BlockKind::media;
  if (type == "server_tool_use" || type == "mcp_tool_use" || type.ends_with("_tool_result"))
    return BlockKind::hosted;
  return BlockKind::unknown;
}

Status read_content(json::Value content, const std::string& where, const Options& options,
                    std::vector<exchange::Part>& parts) {
  if (const auto text = content.string()) {
    parts.emplace_back(exchange::Text{std::string(*text)});
    return {};
  }
  if (!content.is_array()) return bad_input("expected a string or a list of blocks", where);
  size_t index = 0;
  size_t calls = 0;
  for (const json::Value block : content.elements()) {
    const std::string at = fmt::format("{}/{}", where, index++);
    const std::string_view type = block["type"].string_or("");
    switch (block_kind(type)) {
      case BlockKind::text: {
        WEIR_TRY_ASSIGN(text, required_string(block, "text", at));
        parts.emplace_back(exchange::Text{std::move(text)});
        break;
      }
      case BlockKind::thinking:
        parts.emplace_back(exchange::Thinking{std::string(block["thinking"].string_or(""))});
        break;
      case BlockKind::call: {
        WEIR_TRY_ASSIGN(id, required_string(block, "id", at));
        WEIR_TRY_ASSIGN(name, required_string(block, "name", at));
        if (!block["input"].is_object()) return bad_input("expected an object", at + "/input");
        if (++calls > limits::kCallsPerTurnMax)
          return too_large(fmt::format("more than {} calls", limits::kCallsPerTurnMax), where);
        parts.emplace_back(
            exchange::Call{std::move(id), std::move(name), std::string(block["input"].raw()), true});
        break;
      }
      case BlockKind::result: {
        exchange::Result result;
        WEIR_TRY(read_result(block, at, options, result));
        parts.emplace_back(std::move(result));
        break;
      }
      case BlockKind::media:
      case BlockKind::hosted:
        parts.emplace_back(exchange::Media{text_in_block(block)});
        break;
      case BlockKind::unknown:
        if (!options.unknown_items_untrusted) return unknown_item("content block", type, at + "/type");
        parts.emplace_back(exchange::Media{std::string(block.raw())});
        break;
    }
  }
  return {};
}

Result<ParsedRequest> parse_messages(json::Document document, const Options& options) {
  ParsedRequest out;
  out.document = std::move(document);
  Splices cuts;
  WEIR_TRY(Parser(out, options).parse(cuts));
  out.cuts = cuts.ranges();
  return out;
}

}  // namespace weir::wire

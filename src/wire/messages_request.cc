// Requests of Messages (Anthropic API reference, "Create a Message", "Count tokens").
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "wire/blocks.h"
#include "wire/parse_with.h"
#include "wire/request.h"

namespace weir::wire {
namespace {

using exchange::Message;
using exchange::Role;

constexpr std::array<std::string_view, 29> kParameters{"model",
                                                       "messages",
                                                       "max_tokens",
                                                       "system",
                                                       "stream",
                                                       "tools",
                                                       "tool_choice",
                                                       "metadata",
                                                       "stop_sequences",
                                                       "temperature",
                                                       "top_k",
                                                       "top_p",
                                                       "thinking",
                                                       "service_tier",
                                                       "context_management",
                                                       "output_config",
                                                       "output_format",
                                                       "betas",
                                                       "inference_geo",
                                                       "speed",
                                                       "cache_control",
                                                       "anthropic_version",
                                                       "fallbacks",
                                                       "compaction",
                                                       "diagnostics",
                                                       "billing_policy",
                                                       "user_profile_id",
                                                       "workspace_id",
                                                       "fallback_credit_token"};

// Tools that Anthropic defined and the client runs: calls come to the client as tool_use.
bool client_runs(std::string_view type) {
  if (type.starts_with("computer_toolset_")) return false;
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
    std::vector<std::string> cut;
    WEIR_TRY(check_parameters(root, kParameters, {"mcp_servers", "container"}, options_, cut));
    WEIR_TRY(check_fallbacks(root["fallbacks"]));
    WEIR_TRY_ASSIGN(model, required_string(root, "model", ""));
    request.model = std::move(model);
    if (const json::Value stream = root["stream"]; stream.exists() && !stream.is_null()) {
      if (!stream.boolean()) return bad_input("expected true or false", "/stream");
      request.stream = *stream.boolean();
    }
    std::vector<bool> strip;
    WEIR_TRY(parse_tools(root["tools"], strip));
    cut_from_request(root, strip, std::move(cut), cuts);
    WEIR_TRY(parse_system(root["system"]));
    return parse_messages(root["messages"]);
  }

 private:
  // They repeat parameters of the request for another model.
  Status check_fallbacks(json::Value fallbacks) const {
    for (const json::Value fallback : fallbacks.elements()) {
      if (options_.unknown_items_untrusted) break;
      for (const json::Member& member : fallback.members()) {
        static constexpr std::array<std::string_view, 5> kKnown{"model", "max_tokens", "output_config",
                                                                "speed", "thinking"};
        if (std::find(kKnown.begin(), kKnown.end(), member.key) == kKnown.end())
          return unknown_item("parameter", member.key, "/fallbacks");
      }
    }
    return {};
  }

  Status parse_tools(json::Value tools, std::vector<bool>& strip) {
    if (!tools.exists() || tools.is_null()) return {};
    if (!tools.is_array()) return bad_input("expected a list", "/tools");
    if (tools.size() > limits::kToolsMax)
      return too_large(fmt::format("more than {} tools", limits::kToolsMax), "/tools");
    size_t index = 0;
    for (const json::Value tool : tools.elements()) {
      const std::string where = fmt::format("/tools/{}", index++);
      const std::string_view type = tool["type"].string_or("");
      strip.push_back(false);
      if (client_runs(type)) {
        WEIR_TRY_ASSIGN(name, required_string(tool, "name", where));
        const json::Value described = tool["description"];
        if (described.exists() && !described.is_null() && !described.is_string())
          return bad_input("expected a string", where + "/description");
        std::string description(described.string_or(""));
        description += more_of_tool(
            tool, {"name", "description", "type", "input_schema", "cache_control", "allowed_callers"});
        out_.request.tools.push_back({exchange::ToolKind::function, std::move(name), std::move(description),
                                      std::string(tool["input_schema"].raw())});
        continue;
      }
      if (type.starts_with("browser_toolset_") || type.starts_with("computer_toolset_")) {
        return unsupported("the calls of a toolset have names that weir's manifests cannot tell from others",
                           where, "offer the tools one by one");
      }
      if (!options_.strip_hosted_tools)
        return hosted_tool(fmt::format("the tool of type \"{}\"", shown(type)), where);
      strip.back() = true;
    }
    return {};
  }

  Status parse_system(json::Value system) {
    if (!system.exists() || system.is_null()) return {};
    Message message{Role::operator_text, {}, {}};
    std::vector<PartPlace> places;
    WEIR_TRY(read_content(system, "/system", options_, message.parts, &places));
    add(std::move(message), std::move(places), std::string::npos);
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
      // A system message may only set something.
      const bool none = !wire["content"].exists() || wire["content"].is_null();
      if (none && message.role == Role::operator_text) {
        add(std::move(message), {}, index++);
        continue;
      }
      if (!wire["content"].is_string() && !wire["content"].is_array())
        return bad_input("expected a string or a list of blocks", where + "/content");
      std::vector<PartPlace> places;
      WEIR_TRY(read_content(wire["content"], where + "/content", options_, message.parts, &places));
      add(std::move(message), std::move(places), index++);
    }
    return {};
  }

  void add(Message message, std::vector<PartPlace> places, size_t wire_index) {
    out_.request.messages.push_back(std::move(message));
    out_.places.push_back(std::move(places));
    out_.wire_index.push_back(wire_index);
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
      result.texts.push_back(text_in(part));
      ++result.media;
    } else if (options.unknown_items_untrusted) {
      result.texts.emplace_back(part.raw());
    } else {
      return unknown_item("block in a tool result", type, at + "/type");
    }
  }
  return {};
}

bool one_of(std::initializer_list<std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

BlockKind block_kind(std::string_view type) {
  if (type == "text") return BlockKind::text;
  if (type == "thinking" || type == "redacted_thinking") return BlockKind::thinking;
  if (type == "tool_use") return BlockKind::call;
  if (type == "tool_result") return BlockKind::result;
  if (one_of({"image", "document", "search_result", "container_upload", "compaction", "fallback"}, type))
    return BlockKind::media;
  if (one_of(
          {"server_tool_use", "mcp_tool_use", "mcp_tool_result", "mcp_tool_listing", "web_search_tool_result",
           "web_fetch_tool_result", "code_execution_tool_result", "bash_code_execution_tool_result",
           "text_editor_code_execution_tool_result", "tool_search_tool_result", "advisor_tool_result"},
          type))
    return BlockKind::hosted;
  return BlockKind::unknown;
}

Status read_content(json::Value content, const std::string& where, const Options& options,
                    std::vector<exchange::Part>& parts, std::vector<PartPlace>* places) {
  using Place = PartPlace::Kind;
  const auto add = [&](exchange::Part part, Place kind, json::Value value) {
    parts.push_back(std::move(part));
    if (places != nullptr) places->push_back({kind, value});
  };
  if (const auto text = content.string()) {
    add(exchange::Text{std::string(*text)}, Place::string, content);
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
        add(exchange::Text{std::move(text)}, Place::string, block["text"]);
        // What is cited stands in the model's context too.
        if (block["citations"].size() > 0)
          add(exchange::Media{text_in(block["citations"])}, Place::citations, block);
        break;
      }
      case BlockKind::thinking:
        add(exchange::Thinking{std::string(block["thinking"].string_or(""))}, Place::fixed, block);
        break;
      case BlockKind::call: {
        WEIR_TRY_ASSIGN(id, required_string(block, "id", at));
        WEIR_TRY_ASSIGN(name, required_string(block, "name", at));
        if (!block["toolset_name"].string_or("").empty() && !options.unknown_items_untrusted)
          return unknown_item("toolset", block["toolset_name"].string_or(""), at + "/toolset_name");
        if (!block["input"].is_object()) return bad_input("expected an object", at + "/input");
        if (++calls > limits::kCallsPerTurnMax)
          return too_large(fmt::format("more than {} calls", limits::kCallsPerTurnMax), where);
        add(exchange::Call{std::move(id), std::move(name), std::string(block["input"].raw()), true},
            Place::arguments, block["input"]);
        break;
      }
      case BlockKind::result: {
        exchange::Result result;
        WEIR_TRY(read_result(block, at, options, result));
        add(std::move(result), Place::result, block);
        break;
      }
      case BlockKind::media:
      case BlockKind::hosted:
        add(exchange::Media{text_in(block)}, Place::block, block);
        break;
      case BlockKind::unknown:
        if (type == "tool_addition" || type == "tool_removal") {
          // Of a tool that the request has listed it is a name; a definition would be a tool nobody looked
          // at.
          if (block["tool"]["type"].string_or("") != "tool_reference")
            return hosted_tool(fmt::format("what a \"{}\" names", type), at + "/tool");
          add(exchange::Media{text_in(block)}, Place::block, block);
          break;
        }
        if (!options.unknown_items_untrusted) return unknown_item("content block", type, at + "/type");
        add(exchange::Media{std::string(block.raw())}, Place::block, block);
        break;
    }
  }
  return {};
}

Result<ParsedRequest> parse_messages(json::Document document, const Options& options) {
  return parse_with<Parser>(std::move(document), options);
}

}  // namespace weir::wire

// Requests of Responses (OpenAI API reference, "Create a model response").
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/limits.h"
#include "wire/items.h"
#include "wire/parse_with.h"
#include "wire/request.h"

namespace weir::wire {
namespace {

using exchange::Message;
using exchange::Role;

constexpr std::array<std::string_view, 41> kParameters{
    "background", "client_metadata", "context_management", "include", "input", "instructions",
    "max_output_tokens", "max_tool_calls", "metadata", "model", "moderation", "parallel_tool_calls", "prompt",
    "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier",
    "service_tier", "store", "stream", "stream_options", "temperature", "text", "tool_choice", "tools",
    "top_logprobs", "top_p", "truncation", "user", "verbosity",
    // of servers that run open weights
    "seed", "stop", "top_k", "min_p", "frequency_penalty", "presence_penalty", "repetition_penalty",
    "chat_template_kwargs", "cache_prompt", "id_slot"};

// Every item's members that are read here, or hold nothing that the model is shown beside them.
constexpr std::array<std::string_view, 38> kMembers{"id",
                                                    "type",
                                                    "status",
                                                    "role",
                                                    "content",
                                                    "phase",
                                                    "call_id",
                                                    "name",
                                                    "namespace",
                                                    "arguments",
                                                    "input",
                                                    "output",
                                                    "action",
                                                    "actions",
                                                    "operation",
                                                    "environment",
                                                    "caller",
                                                    "created_by",
                                                    "summary",
                                                    "encrypted_content",
                                                    "queries",
                                                    "results",
                                                    "code",
                                                    "container_id",
                                                    "outputs",
                                                    "result",
                                                    "server_label",
                                                    "tools",
                                                    "error",
                                                    "approval_request_id",
                                                    "approve",
                                                    "reason",
                                                    "execution",
                                                    "pending_safety_checks",
                                                    "acknowledged_safety_checks",
                                                    "max_output_length",
                                                    "fingerprint",
                                                    "revised_prompt"};

class Parser {
 public:
  Parser(ParsedRequest& out, const Options& options) : out_(out), options_(options) {}

  Status parse(Splices& cuts) {
    const json::Value root = out_.document.root();
    exchange::Request& request = out_.request;
    request.dialect = exchange::Dialect::responses;
    WEIR_TRY(check_kept(root));
    std::vector<std::string> cut;
    WEIR_TRY(check_parameters(root, kParameters, {"mcp_servers", "plugins"}, options_, cut));
    WEIR_TRY_ASSIGN(model, required_string(root, "model", ""));
    request.model = std::move(model);
    if (const json::Value stream = root["stream"]; stream.exists() && !stream.is_null()) {
      if (!stream.boolean()) return bad_input("expected true or false", "/stream");
      request.stream = *stream.boolean();
    }
    std::vector<bool> strip;
    WEIR_TRY(parse_tools(root["tools"], "/tools", strip));
    cut_from_request(root, strip, std::move(cut), cuts);
    if (const json::Value said = root["instructions"]; said.exists() && !said.is_null()) {
      WEIR_TRY_ASSIGN(text, required_string(root, "instructions", ""));
      add({Role::operator_text, {}, {exchange::Text{std::move(text)}}}, {{PartPlace::Kind::string, said}},
          std::string::npos);
    }
    return parse_input(root["input"], cuts);
  }

 private:
  // What the provider keeps and weir would not see.
  static Status check_kept(json::Value root) {
    if (root["prompt"].exists() && !root["prompt"].is_null())
      return unsupported("it names a prompt that the provider keeps and weir cannot see", "/prompt",
                         "send its text as instructions and input");
    const json::Value background = root["background"];
    if (background.exists() && !background.is_null() && background.boolean() != false)
      return unsupported("what a response in the background does would be read past weir", "/background",
                         "ask for it in the foreground, streamed");
    return {};
  }

  Status parse_tools(json::Value tools, const std::string& where, std::vector<bool>& strip) {
    if (!tools.exists() || tools.is_null()) return {};
    if (!tools.is_array()) return bad_input("expected a list", where);
    if (out_.request.tools.size() + tools.size() > limits::kToolsMax)
      return too_large(fmt::format("more than {} tools", limits::kToolsMax), where);
    size_t index = 0;
    for (const json::Value tool : tools.elements()) {
      strip.push_back(false);
      const std::string at = fmt::format("{}/{}", where, index++);
      WEIR_TRY_ASSIGN(ours, parse_tool(tool, at));
      if (ours) continue;
      if (!options_.strip_hosted_tools)
        return hosted_tool(fmt::format("the tool of type \"{}\"", shown(tool["type"].string_or(""))), at);
      strip.back() = true;
    }
    return {};
  }

  // Whether the client runs it.
  Result<bool> parse_tool(json::Value tool, const std::string& where) {
    const std::string_view type = tool["type"].string_or("");
    if (type.empty()) return bad_input("a tool needs a type", where + "/type");
    if (type == "function" || type == "custom") {
      WEIR_TRY(add_named(tool, "", where));
      return true;
    }
    if (type == "namespace") {
      WEIR_TRY_ASSIGN(name, required_string(tool, "name", where));
      const std::string about = more_of_tool(tool, {"type", "name", "tools"});
      if (!tool["tools"].is_array()) return bad_input("expected a list", where + "/tools");
      if (out_.request.tools.size() + tool["tools"].size() > limits::kToolsMax)
        return too_large(fmt::format("more than {} tools", limits::kToolsMax), where);
      size_t index = 0;
      for (const json::Value inner : tool["tools"].elements()) {
        const std::string at = fmt::format("{}/tools/{}", where, index);
        const std::string_view kind = inner["type"].string_or("");
        if (kind != "function" && kind != "custom") return unknown_item("tool in a namespace", kind, at);
        WEIR_TRY(add_named(inner, name, at));
        // Whoever wrote the namespace's own words wrote them for all of its tools.
        if (index++ == 0) out_.request.tools.back().description += about;
      }
      return true;
    }
    const json::Value environment = tool["environment"];
    const std::string_view place = environment["type"].string_or("local");
    const bool shell = type == "shell" && place == "local";
    const bool search = type == "tool_search" && tool["execution"].string_or("") == "client";
    const bool computer = type == "computer" || type == "computer_use_preview";
    if (!shell && !search && !computer && type != "local_shell" && type != "apply_patch") return false;
    const std::string name(computer ? "computer" : type);
    WEIR_TRY(claim(name, "(the API's own)", name, where));
    out_.request.tools.push_back({exchange::ToolKind::function, name,
                                  std::string(tool["description"].string_or("")) +
                                      more_of_tool(tool, {"type", "description", "parameters"}),
                                  std::string(tool["parameters"].raw())});
    return true;
  }

  Status add_named(json::Value tool, std::string_view name_space, const std::string& where) {
    WEIR_TRY_ASSIGN(own, required_string(tool, "name", where));
    const std::string name = tool_name(name_space, own);
    WEIR_TRY(claim(name, name_space, own, where));
    const bool custom = tool["type"].string_or("") == "custom";
    const json::Value described = tool["description"];
    if (described.exists() && !described.is_null() && !described.is_string())
      return bad_input("expected a string", where + "/description");
    std::string description(described.string_or(""));
    description += more_of_tool(tool, {"type", "name", "description", "parameters", "format", "strict",
                                       "allowed_callers", "defer_loading"});
    const json::Value schema = tool[custom ? "format" : "parameters"];
    out_.request.tools.push_back({custom ? exchange::ToolKind::custom : exchange::ToolKind::function, name,
                                  std::move(description),
                                  schema.is_object() ? std::string(schema.raw()) : std::string()});
    return {};
  }

  // Two tools that would be one to weir's manifests.
  Status claim(const std::string& name, std::string_view name_space, std::string_view own,
               const std::string& where) {
    const std::pair<std::string, std::string> whose{name_space, own};
    const auto [at, added] = names_.emplace(name, whose);
    if (!added && at->second != whose)
      return bad_input(fmt::format("two tools have the name \"{}\"", shown(name)), where,
                       "give one of them another");
    return {};
  }

  Status parse_input(json::Value input, Splices& cuts) {
    if (!input.exists() || input.is_null()) return {};
    if (const auto text = input.string()) {
      add({Role::user, {}, {exchange::Text{std::string(*text)}}}, {{PartPlace::Kind::string, input}},
          std::string::npos);
      return {};
    }
    if (!input.is_array()) return bad_input("expected a string or a list of items", "/input");
    if (input.size() > limits::kMessagesMax)
      return too_large(fmt::format("more than {} items", limits::kMessagesMax), "/input");
    size_t index = 0;
    for (const json::Value item : input.elements()) {
      const std::string where = fmt::format("/input/{}", index);
      if (!item.is_object()) return bad_input("expected an object", where);
      WEIR_TRY(check_members(item, where));
      WEIR_TRY(parse_item(item, index++, where, cuts));
    }
    return {};
  }

  Status check_members(json::Value item, const std::string& where) const {
    if (options_.unknown_items_untrusted) return {};
    for (const json::Member& member : item.members()) {
      if (std::find(kMembers.begin(), kMembers.end(), member.key) != kMembers.end()) continue;
      if (may_carry_content(member.value))
        return unknown_item("member", member.key, where + "/" + json::pointer_token(member.key));
    }
    return {};
  }

  Status parse_item(json::Value item, size_t index, const std::string& where, Splices& cuts) {
    const ItemKind kind = item_kind(item);
    if (kind == ItemKind::reference)
      return unsupported("it names an item that the provider keeps and weir cannot see", where,
                         "send the item itself");
    if (kind == ItemKind::approval) return hosted_tool("what is approved here", where);
    // What tools an item brings is part of what the planner is offered.
    if (kind == ItemKind::tools || item_type(item) == "tool_search_output") {
      std::vector<bool> strip;
      WEIR_TRY(parse_tools(item["tools"], where + "/tools", strip));
      cuts.remove_elements(item["tools"], strip);
    }
    if (kind == ItemKind::unknown && !options_.unknown_items_untrusted)
      return unknown_item("item", item["type"].string_or(""), where + "/type");
    // Nobody knows whose an unknown one is; the planner's has the worst label.
    if (is_planners(item) || kind == ItemKind::unknown) {
      open(Role::planner, index);
      const size_t before = out_.request.messages.back().parts.size();
      WEIR_TRY(
          read_planner_item(item, where, options_, out_.request.messages.back().parts, &out_.places.back()));
      return count_calls(item, before == 0, where);
    }
    if (kind == ItemKind::result) {
      open(Role::tool, index);
      exchange::Result result;
      WEIR_TRY(read_result(item, where, options_, result));
      const auto shell = shell_calls_.find(result.call_id);
      if (shell != shell_calls_.end()) result.call_id = shell->second;
      put(std::move(result), PartPlace::Kind::item_result, item);
      return {};
    }
    return parse_given(item, kind, index, where);
  }

  Status count_calls(json::Value item, bool first, const std::string& where) {
    if (first) calls_ = 0;
    if (item_kind(item) != ItemKind::call) return {};
    if (++calls_ > limits::kCallsPerTurnMax)
      return too_large(fmt::format("more than {} calls", limits::kCallsPerTurnMax), where);
    if (item_type(item) == "local_shell_call" && item["id"].is_string())
      shell_calls_.emplace(item["id"].string_or(""), item["call_id"].string_or(""));
    return {};
  }

  // What the client says, in somebody's name.
  Status parse_given(json::Value item, ItemKind kind, size_t index, const std::string& where) {
    Message message{Role::operator_text, {}, {}};
    std::vector<PartPlace> places;
    if (kind == ItemKind::message) {
      const std::string_view role = item["role"].string_or("");
      if (role == "user") {
        message.role = Role::user;
      } else if (role != "system" && role != "developer") {
        return unknown_item("role", role, where + "/role");
      }
      WEIR_TRY(read_item_content(item["content"], where + "/content", options_, message.parts, &places));
    }
    add(std::move(message), std::move(places), index);
    return {};
  }

  void add(Message message, std::vector<PartPlace> places, size_t wire_index) {
    out_.request.messages.push_back(std::move(message));
    out_.places.push_back(std::move(places));
    out_.wire_index.push_back(wire_index);
  }

  // The message that the item belongs to is the last one.
  void open(Role role, size_t wire_index) {
    const std::vector<Message>& messages = out_.request.messages;
    if (messages.empty() || messages.back().role != role) add({role, {}, {}}, {}, wire_index);
  }

  void put(exchange::Part part, PartPlace::Kind kind, json::Value value) {
    out_.request.messages.back().parts.push_back(std::move(part));
    out_.places.back().push_back({kind, value});
  }

  ParsedRequest& out_;
  const Options& options_;
  std::map<std::string, std::pair<std::string, std::string>> names_;  // of tools: whose they are
  std::map<std::string, std::string, std::less<>> shell_calls_;       // a local shell's item → its call
  size_t calls_ = 0;                                                  // of the planner's message
};

}  // namespace

Result<ParsedRequest> parse_responses(json::Document document, const Options& options) {
  return parse_with<Parser>(std::move(document), options);
}

}  // namespace weir::wire

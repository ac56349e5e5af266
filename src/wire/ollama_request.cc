// Requests of Ollama's API (its API reference, "Generate a chat message", "Generate a response").
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "wire/ollama.h"
#include "wire/parse_with.h"
#include "wire/request.h"
#include "wire/unnamed_calls.h"

namespace weir::wire {
namespace {

using exchange::Message;
using exchange::Role;
using Place = PartPlace::Kind;

constexpr std::array<std::string_view, 14> kChat{
    "model",    "messages",     "stream",  "format",   "keep_alive", "tools",      "think",
    "logprobs", "top_logprobs", "options", "truncate", "shift",      "dimensions", "_debug_render_only"};
constexpr std::array<std::string_view, 22> kGenerateKnown{
    "model",  "prompt", "suffix",     "system", "template",   "context",           "stream",  "raw",
    "format", "images", "keep_alive", "think",  "logprobs",   "top_logprobs",      "options", "width",
    "height", "steps",  "truncate",   "shift",  "dimensions", "_debug_render_only"};
constexpr std::array<std::string_view, 8> kMembers{"role",       "content",   "thinking",     "images",
                                                   "tool_calls", "tool_name", "tool_call_id", "name"};

bool is_empty(json::Value value) {
  return !value.exists() || value.is_null() || (value.is_array() && value.size() == 0) ||
         (value.is_string() && value.string_or("").empty()) || value.boolean() == false;
}

class Parser {
 public:
  Parser(ParsedRequest& out, const Options& options) : out_(out), options_(options) {}

  Status parse(Splices& cuts) {
    const json::Value root = out_.document.root();
    out_.request.dialect = exchange::Dialect::ollama;
    const bool generate = options_.path.starts_with(kOllamaGenerate);
    const std::span<const std::string_view> known = generate
                                                        ? std::span<const std::string_view>(kGenerateKnown)
                                                        : std::span<const std::string_view>(kChat);
    WEIR_TRY(check_case(root, known, ""));
    std::vector<std::string> cut;
    WEIR_TRY(check_parameters(root, known, {}, options_, cut));
    WEIR_TRY_ASSIGN(model, required_string(root, "model", ""));
    out_.request.model = std::move(model);
    out_.request.stream = true;  // unless it says otherwise
    if (const json::Value stream = root["stream"]; stream.exists() && !stream.is_null()) {
      if (!stream.boolean()) return bad_input("expected true or false", "/stream");
      out_.request.stream = *stream.boolean();
    }
    if (generate) return parse_prompt(root);
    std::vector<bool> strip;
    WEIR_TRY(parse_tools(root["tools"], strip));
    cut_from_request(root, strip, std::move(cut), cuts);
    return parse_messages(root["messages"]);
  }

 private:
  // One question, as text: what would put a conversation around it that weir cannot read is refused.
  Status parse_prompt(json::Value root) {
    if (!is_empty(root["context"]))
      return unsupported("it continues a conversation in tokens, which weir cannot read", "/context",
                         "send the conversation's messages to /api/chat");
    if (root["raw"].exists() && root["raw"].boolean() != false && !root["raw"].is_null())
      return unsupported("a raw prompt may hold a whole conversation, whose parts weir cannot tell apart",
                         "/raw", "send the conversation's messages to /api/chat");
    if (!is_empty(root["template"]))
      return unsupported("a template of the request's own would put words around the prompt unseen",
                         "/template", "put it into the model, or send messages to /api/chat");
    WEIR_TRY(parse_text(root, "system", Role::operator_text));
    WEIR_TRY(parse_text(root, "prompt", Role::user));
    WEIR_TRY(parse_text(root, "suffix", Role::user));
    if (is_empty(root["images"])) return {};
    if (!root["images"].is_array()) return bad_input("expected a list", "/images");
    add({Role::user, {}, {exchange::Media{}}}, {{Place::images, root}}, std::string::npos);
    return {};
  }

  Status parse_text(json::Value root, std::string_view key, Role role) {
    if (!root[key].exists() || root[key].is_null()) return {};
    WEIR_TRY_ASSIGN(text, required_string(root, key, ""));
    if (!text.empty())
      add({role, {}, {exchange::Text{std::move(text)}}}, {{Place::string, root[key]}}, std::string::npos);
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
      static constexpr std::array<std::string_view, 3> kTool{"type", "function", "items"};
      static constexpr std::array<std::string_view, 3> kFunction{"name", "description", "parameters"};
      WEIR_TRY(check_case(tool, kTool, where));
      const std::string_view type = tool["type"].string_or("");
      strip.push_back(false);
      if (type != "function") {
        if (!options_.strip_hosted_tools)
          return hosted_tool(fmt::format("the tool of type \"{}\"", shown(type)), where);
        strip.back() = true;
        continue;
      }
      const json::Value function = tool["function"];
      WEIR_TRY(check_case(function, kFunction, where + "/function"));
      WEIR_TRY_ASSIGN(name, required_string(function, "name", where + "/function"));
      const json::Value described = function["description"];
      if (described.exists() && !described.is_null() && !described.is_string())
        return bad_input("expected a string", where + "/function/description");
      std::string description(described.string_or(""));
      description += more_of_tool(function, {"name", "description", "parameters", "type"});
      description += more_of_tool(tool, {"type", "function"});
      out_.request.tools.push_back({exchange::ToolKind::function, std::move(name), std::move(description),
                                    std::string(function["parameters"].raw())});
    }
    return {};
  }

  Status parse_messages(json::Value messages) {
    if (!messages.exists() || messages.is_null()) return {};  // only loads the model
    if (!messages.is_array()) return bad_input("expected a list", "/messages");
    if (messages.size() > limits::kMessagesMax)
      return too_large(fmt::format("more than {} messages", limits::kMessagesMax), "/messages");
    size_t index = 0;
    for (const json::Value wire : messages.elements()) {
      WEIR_TRY(parse_message(wire, index, fmt::format("/messages/{}", index)));
      ++index;
    }
    return {};
  }

  Status parse_message(json::Value wire, size_t index, const std::string& where) {
    if (!wire.is_object()) return bad_input("expected an object", where);
    const std::string_view role = wire["role"].string_or("");
    Message message;
    if (role == "system") {
      message.role = Role::operator_text;
    } else if (role == "user") {
      message.role = Role::user;
    } else if (role == "assistant") {
      message.role = Role::planner;
    } else if (role == "tool") {
      message.role = Role::tool;
    } else {
      return unknown_item("role", role, where + "/role");
    }
    WEIR_TRY(check_members(wire, message.role, where));
    std::vector<PartPlace> places;
    const auto put = [&](exchange::Part part, Place kind, json::Value value) {
      message.parts.push_back(std::move(part));
      places.push_back({kind, value});
    };
    const json::Value content = wire["content"];
    if (content.exists() && !content.is_null() && !content.is_string())
      return bad_input("expected a string", where + "/content");
    if (message.role == Role::tool) {
      put(result_of(wire), Place::result, wire);
      add(std::move(message), std::move(places), index);
      return {};
    }
    if (const std::string_view thought = wire["thinking"].string_or(""); !thought.empty())
      put(exchange::Thinking{std::string(thought)}, Place::fixed, wire["thinking"]);
    if (const std::string_view text = content.string_or(""); !text.empty())
      put(exchange::Text{std::string(text)}, Place::string, content);
    if (!is_empty(wire["images"])) put(exchange::Media{}, Place::images, wire);
    size_t call = 0;
    for (const json::Value each : wire["tool_calls"].elements()) {
      const std::string at = fmt::format("{}/tool_calls/{}", where, call);
      if (++call > limits::kCallsPerTurnMax)
        return too_large(fmt::format("more than {} calls", limits::kCallsPerTurnMax), at);
      WEIR_TRY_ASSIGN(parsed, read_ollama_call(each, at));
      put(std::move(parsed), Place::arguments, each["function"]["arguments"]);
    }
    if (message.role == Role::planner) {
      name_calls(message.parts);
      names_.turn(message.parts);
    }
    add(std::move(message), std::move(places), index);
    return {};
  }

  Status check_members(json::Value wire, Role role, const std::string& where) const {
    WEIR_TRY(check_case(wire, kMembers, where));
    for (const json::Member& member : wire.members()) {
      const std::string at = where + "/" + json::pointer_token(member.key);
      // Templates show these of any role; only the planner may have said them.
      const bool planners = member.key == "tool_calls" || member.key == "thinking";
      if (planners && role != Role::planner && !is_empty(member.value))
        return bad_input("only an assistant message may have this", at);
      if (member.key == "tool_calls" && !member.value.is_array() && !is_empty(member.value))
        return bad_input("expected a list", at);
      if (std::find(kMembers.begin(), kMembers.end(), member.key) != kMembers.end()) continue;
      if (!options_.unknown_items_untrusted && may_carry_content(member.value))
        return unknown_item("member", member.key, at);
    }
    return {};
  }

  exchange::Result result_of(json::Value wire) {
    exchange::Result result;
    result.call_id = wire["tool_call_id"].string_or("");
    result.name = wire["tool_name"].string_or(wire["name"].string_or(""));
    if (const std::string_view text = wire["content"].string_or(""); !text.empty())
      result.texts.emplace_back(text);
    result.media = wire["images"].size();
    names_.find_call(result);
    return result;
  }

  void add(Message message, std::vector<PartPlace> places, size_t wire_index) {
    out_.request.messages.push_back(std::move(message));
    out_.places.push_back(std::move(places));
    out_.wire_index.push_back(wire_index);
  }

  ParsedRequest& out_;
  const Options& options_;
  CallNames names_;
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

Status check_case(json::Value object, std::span<const std::string_view> known, const std::string& where) {
  for (const json::Member& member : object.members()) {
    for (const std::string_view name : known) {
      if (member.key != name && equal_but_for_case(member.key, name))
        return unsupported(fmt::format("\"{}\" may be taken for \"{}\"", shown(member.key), name),
                           where + "/" + json::pointer_token(member.key), "write it in small letters");
    }
  }
  return {};
}

Result<exchange::Call> read_ollama_call(json::Value wire, const std::string& where) {
  static constexpr std::array<std::string_view, 3> kCall{"id", "type", "function"};
  static constexpr std::array<std::string_view, 3> kFunction{"index", "name", "arguments"};
  WEIR_TRY(check_case(wire, kCall, where));
  const json::Value function = wire["function"];
  WEIR_TRY(check_case(function, kFunction, where + "/function"));
  WEIR_TRY_ASSIGN(name, required_string(function, "name", where + "/function"));
  if (!function["arguments"].is_object())
    return bad_input("expected an object", where + "/function/arguments");
  return exchange::Call{std::string(wire["id"].string_or("")), std::move(name),
                        std::string(function["arguments"].raw()), true};
}

Result<ParsedRequest> parse_ollama(json::Document document, const Options& options) {
  return parse_with<Parser>(std::move(document), options);
}

}  // namespace weir::wire

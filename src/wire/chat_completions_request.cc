// Requests of Chat Completions (OpenAI API reference, "Create chat completion").
#include <fmt/format.h>

#include <array>

#include "base/limits.h"
#include "wire/parse_with.h"
#include "wire/request.h"

namespace weir::wire {
namespace {

using exchange::Message;
using exchange::Role;

constexpr std::array<std::string_view, 46> kParameters{"audio",
                                                       "frequency_penalty",
                                                       "function_call",
                                                       "functions",
                                                       "logit_bias",
                                                       "logprobs",
                                                       "max_completion_tokens",
                                                       "max_tokens",
                                                       "messages",
                                                       "metadata",
                                                       "modalities",
                                                       "model",
                                                       "n",
                                                       "parallel_tool_calls",
                                                       "prediction",
                                                       "presence_penalty",
                                                       "prompt_cache_key",
                                                       "prompt_cache_retention",
                                                       "reasoning_effort",
                                                       "response_format",
                                                       "safety_identifier",
                                                       "seed",
                                                       "service_tier",
                                                       "stop",
                                                       "store",
                                                       "stream",
                                                       "stream_options",
                                                       "temperature",
                                                       "tool_choice",
                                                       "tools",
                                                       "top_logprobs",
                                                       "top_p",
                                                       "user",
                                                       "verbosity",
                                                       "top_k",
                                                       "min_p",
                                                       "repetition_penalty",
                                                       "chat_template_kwargs",
                                                       "reasoning",
                                                       "grammar",
                                                       "cache_prompt",
                                                       "id_slot",
                                                       "thinking",
                                                       "usage",
                                                       "moderation",
                                                       "prompt_cache_options"};

using Place = PartPlace::Kind;

// A message's parts, and where each stands.
struct Parts {
  void add(exchange::Part part, Place kind, json::Value value) {
    parts.push_back(std::move(part));
    places.push_back({kind, value});
  }
  void add_first(exchange::Part part) {
    parts.insert(parts.begin(), std::move(part));
    places.insert(places.begin(), PartPlace{});
  }

  std::vector<exchange::Part> parts = {};
  std::vector<PartPlace> places = {};
};

class Parser {
 public:
  Parser(ParsedRequest& out, const Options& options) : out_(out), options_(options) {}

  Status parse(Splices& cuts) {
    const json::Value root = out_.document.root();
    exchange::Request& request = out_.request;
    request.dialect = exchange::Dialect::chat_completions;
    std::vector<std::string> cut;
    WEIR_TRY(
        check_parameters(root, kParameters, {"web_search_options", "plugins", "mcp_servers"}, options_, cut));
    WEIR_TRY_ASSIGN(model, required_string(root, "model", ""));
    request.model = std::move(model);
    if (const json::Value stream = root["stream"]; stream.exists() && !stream.is_null()) {
      if (!stream.boolean()) return bad_input("expected true or false", "/stream");
      request.stream = *stream.boolean();
    }
    if (const json::Value n = root["n"]; n.exists() && !n.is_null()) {
      const auto choices = n.integer();
      if (!choices || *choices < 1) return bad_input("expected a whole number from 1", "/n");
      if (*choices > static_cast<int64_t>(limits::kChoicesMax))
        return too_large(fmt::format("more than {} choices", limits::kChoicesMax), "/n");
      request.choices = static_cast<int>(*choices);
    }
    std::vector<bool> strip;
    WEIR_TRY(parse_tools(root["tools"], strip));
    cut_from_request(root, strip, std::move(cut), cuts);
    WEIR_TRY(parse_functions(root["functions"]));
    return parse_messages(root["messages"]);
  }

 private:
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
      if (type == "function" || type == "custom") {
        const json::Value described = tool[type];
        WEIR_TRY_ASSIGN(name, required_string(described, "name", fmt::format("{}/{}", where, type)));
        const bool custom = type == "custom";
        WEIR_TRY_ASSIGN(description, description_of(described, fmt::format("{}/{}", where, type)));
        description += more_of_tool(described, {"name", "description", "parameters", "format", "strict"});
        out_.request.tools.push_back({custom ? exchange::ToolKind::custom : exchange::ToolKind::function,
                                      std::move(name), std::move(description),
                                      std::string(described[custom ? "format" : "parameters"].raw())});
        continue;
      }
      if (type.empty()) return bad_input("a tool needs a type", where + "/type");
      if (!options_.strip_hosted_tools)
        return hosted_tool(fmt::format("the tool of type \"{}\"", shown(type)), where);
      strip.back() = true;
    }
    return {};
  }

  Status parse_functions(json::Value functions) {
    if (!functions.exists() || functions.is_null()) return {};
    if (!functions.is_array()) return bad_input("expected a list", "/functions");
    if (functions.size() > limits::kToolsMax)
      return too_large(fmt::format("more than {} functions", limits::kToolsMax), "/functions");
    size_t index = 0;
    for (const json::Value function : functions.elements()) {
      const std::string where = fmt::format("/functions/{}", index++);
      WEIR_TRY_ASSIGN(name, required_string(function, "name", where));
      WEIR_TRY_ASSIGN(description, description_of(function, where));
      out_.request.tools.push_back({exchange::ToolKind::function, std::move(name), std::move(description),
                                    std::string(function["parameters"].raw())});
    }
    return {};
  }

  Status parse_messages(json::Value messages) {
    if (!messages.is_array()) return bad_input("expected a list", "/messages");
    if (messages.size() > limits::kMessagesMax)
      return too_large(fmt::format("more than {} messages", limits::kMessagesMax), "/messages");
    size_t index = 0;
    for (const json::Value message : messages.elements()) {
      WEIR_TRY(parse_message(message, fmt::format("/messages/{}", index)));
      out_.wire_index.push_back(index++);
    }
    return {};
  }

  Status parse_message(json::Value wire, const std::string& where) {
    if (!wire.is_object()) return bad_input("expected an object", where);
    const std::string_view role = wire["role"].string_or("");
    Message message;
    message.name = wire["name"].string_or("");
    if (role == "system" || role == "developer") {
      message.role = Role::operator_text;
    } else if (role == "user") {
      message.role = Role::user;
    } else if (role == "assistant") {
      message.role = Role::planner;
    } else if (role == "tool" || role == "function") {
      message.role = Role::tool;
    } else {
      return unknown_item("role", role, where + "/role");
    }
    WEIR_TRY(check_members(wire, message.role == Role::planner, where));
    Parts parts;
    if (message.role == Role::tool) {
      message.name.clear();
      WEIR_TRY(parse_result(wire, role == "function", where, parts));
    } else {
      WEIR_TRY(parse_content(wire["content"], where + "/content", parts));
    }
    if (message.role == Role::planner) WEIR_TRY(parse_planner(wire, where, parts));
    message.parts = std::move(parts.parts);
    out_.request.messages.push_back(std::move(message));
    out_.places.push_back(std::move(parts.places));
    return {};
  }

  Status check_members(json::Value wire, bool planner, const std::string& where) {
    // Templates show these of any role; only the planner may have said them.
    static constexpr std::array<std::string_view, 6> kPlanners{
        "tool_calls", "function_call", "reasoning", "reasoning_content", "refusal", "audio"};
    static constexpr std::array<std::string_view, 14> kMembers{"role",
                                                               "content",
                                                               "name",
                                                               "tool_calls",
                                                               "tool_call_id",
                                                               "function_call",
                                                               "refusal",
                                                               "audio",
                                                               "reasoning_content",
                                                               "reasoning",
                                                               "reasoning_details",
                                                               "annotations",
                                                               "cache_control",
                                                               "function"};
    for (const json::Member& member : wire.members()) {
      const bool empty = member.value.is_null() || (!member.value.is_object() && member.value.size() == 0 &&
                                                    member.value.string_or("").empty());
      if (!planner && !empty && std::find(kPlanners.begin(), kPlanners.end(), member.key) != kPlanners.end())
        return bad_input("only an assistant message may have this", where + "/" + std::string(member.key));
      if (std::find(kMembers.begin(), kMembers.end(), member.key) != kMembers.end()) continue;
      if (member.value.is_object() || member.value.is_array()) {
        if (!options_.unknown_items_untrusted && may_carry_content(member.value)) {
          return unknown_item("member", member.key, where + "/" + json::pointer_token(member.key));
        }
      }
    }
    return {};
  }

  static Result<std::string> description_of(json::Value tool, const std::string& where) {
    const json::Value description = tool["description"];
    if (!description.exists() || description.is_null()) return std::string();
    return required_string(tool, "description", where);
  }

  Status parse_content(json::Value content, const std::string& where, Parts& parts) {
    if (!content.exists() || content.is_null()) return {};
    if (const auto text = content.string()) {
      parts.add(exchange::Text{std::string(*text)}, Place::string, content);
      return {};
    }
    if (!content.is_array()) return bad_input("expected a string or a list of parts", where);
    size_t index = 0;
    for (const json::Value part : content.elements()) {
      const std::string at = fmt::format("{}/{}", where, index++);
      const std::string_view type = part["type"].string_or("");
      if (type == "text" || type == "refusal") {
        WEIR_TRY_ASSIGN(text, required_string(part, type, at));
        parts.add(exchange::Text{std::move(text)}, Place::string, part[type]);
      } else if (type == "thinking") {
        parts.add(exchange::Thinking{text_in(part["thinking"])}, Place::fixed, part);
      } else if (type == "image_url" || type == "input_audio" || type == "file" || type == "video_url") {
        const std::string_view url = part["image_url"]["url"].string_or(
            part["image_url"].string_or(part["file"]["filename"].string_or("")));
        // The bytes of a picture in a data: URL are no text.
        parts.add(exchange::Media{std::string(url.starts_with("data:") ? url.substr(0, 40) : url)},
                  Place::block, part);
      } else if (options_.unknown_items_untrusted && !type.empty()) {
        parts.add(exchange::Media{std::string(part.raw())}, Place::block, part);
      } else {
        return unknown_item("content part", type, at + "/type");
      }
    }
    return {};
  }

  Status parse_result(json::Value wire, bool legacy, const std::string& where, Parts& out) {
    exchange::Result result;
    if (legacy) {
      WEIR_TRY_ASSIGN(name, required_string(wire, "name", where));
      // A legacy call has no id; its name is what a result is matched by.
      result.call_id = name;
      result.name = std::move(name);
    } else {
      WEIR_TRY_ASSIGN(id, required_string(wire, "tool_call_id", where));
      result.call_id = std::move(id);
    }
    Parts content;
    WEIR_TRY(parse_content(wire["content"], where + "/content", content));
    for (exchange::Part& part : content.parts) {
      if (auto* text = std::get_if<exchange::Text>(&part)) {
        result.texts.push_back(std::move(text->text));
      } else {
        ++result.media;
      }
    }
    out.add(std::move(result), Place::result, wire);
    return {};
  }

  Status parse_planner(json::Value wire, const std::string& where, Parts& parts) {
    for (const std::string_view key : {"reasoning_content", "reasoning"}) {
      if (const auto text = wire[key].string(); text && !text->empty()) {
        parts.add_first(exchange::Thinking{std::string(*text)});
      }
    }
    if (wire["reasoning_details"].size() > 0)
      parts.add_first(exchange::Thinking{text_in(wire["reasoning_details"])});
    if (const auto refusal = wire["refusal"].string())
      parts.add(exchange::Text{std::string(*refusal)}, Place::string, wire["refusal"]);
    if (wire["audio"].is_object()) parts.add(exchange::Media{}, Place::audio, wire);
    if (const json::Value call = wire["function_call"]; call.is_object()) {
      WEIR_TRY_ASSIGN(name, required_string(call, "name", where + "/function_call"));
      WEIR_TRY_ASSIGN(arguments, required_string(call, "arguments", where + "/function_call"));
      parts.add(exchange::Call{name, name, std::move(arguments), true}, Place::string, call["arguments"]);
    }
    const json::Value calls = wire["tool_calls"];
    if (!calls.exists() || calls.is_null()) return {};
    if (!calls.is_array()) return bad_input("expected a list", where + "/tool_calls");
    if (calls.size() > limits::kCallsPerTurnMax)
      return too_large(fmt::format("more than {} calls", limits::kCallsPerTurnMax), where + "/tool_calls");
    size_t index = 0;
    for (const json::Value call : calls.elements()) {
      const std::string at = fmt::format("{}/tool_calls/{}", where, index++);
      const std::string_view type = call["type"].string_or("function");
      if (type != "function" && type != "custom") return unknown_item("call type", type, at + "/type");
      const bool custom = type == "custom";
      if (!call[custom ? "function" : "custom"].raw().empty())
        return bad_input("a call is either of a function or of a custom tool", at);
      const json::Value body = call[type];
      WEIR_TRY_ASSIGN(id, required_string(call, "id", at));
      WEIR_TRY_ASSIGN(name, required_string(body, "name", fmt::format("{}/{}", at, type)));
      WEIR_TRY_ASSIGN(arguments,
                      required_string(body, custom ? "input" : "arguments", fmt::format("{}/{}", at, type)));
      parts.add(exchange::Call{std::move(id), std::move(name), std::move(arguments), !custom}, Place::string,
                body[custom ? "input" : "arguments"]);
    }
    return {};
  }

  ParsedRequest& out_;
  const Options& options_;
};

}  // namespace

Result<ParsedRequest> parse_chat_completions(json::Document document, const Options& options) {
  return parse_with<Parser>(std::move(document), options);
}

}  // namespace weir::wire

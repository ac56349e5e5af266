// Requests of the Gemini API (its API reference, "Generating content", "Counting tokens").
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "wire/gemini.h"
#include "wire/gemini_path.h"
#include "wire/parse_with.h"
#include "wire/request.h"
#include "wire/unnamed_calls.h"

namespace weir::wire {
namespace {

using exchange::Message;
using exchange::Role;

constexpr std::array<std::string_view, 11> kParameters{"contents",        "systemInstruction",
                                                       "tools",           "toolConfig",
                                                       "safetySettings",  "generationConfig",
                                                       "labels",          "store",
                                                       "serviceTier",     "model",
                                                       "modelArmorConfig"};

class Parser {
 public:
  Parser(ParsedRequest& out, const Options& options) : out_(out), options_(options) {}

  Status parse(Splices& cuts) {
    const json::Value root = out_.document.root();
    exchange::Request& request = out_.request;
    request.dialect = exchange::Dialect::gemini;
    if (!options_.path.empty()) {
      WEIR_TRY_ASSIGN(path, parse_gemini_path(options_.path));
      request.model = std::move(path.model);
      request.stream = path.method == kGenerateStream;
    }
    WEIR_TRY(check_gemini_spelling(root, ""));
    WEIR_TRY(check_top(root));
    WEIR_TRY(check_config(root));
    WEIR_TRY(parse_tools(root, cuts));
    WEIR_TRY(parse_system(gemini_member(root, "systemInstruction")));
    return parse_contents(gemini_member(root, "contents"));
  }

 private:
  Status check_top(json::Value root) const {
    for (const json::Member& member : root.members()) {
      const std::string name = gemini_spelling(member.key);
      const std::string where = "/" + json::pointer_token(member.key);
      if (std::find(kParameters.begin(), kParameters.end(), name) != kParameters.end()) continue;
      if (member.value.is_null() || (member.value.is_string() && member.value.string_or("").empty()))
        continue;
      if (name == "cachedContent")
        return unsupported("it names content that the provider keeps and weir cannot see", where,
                           "send the content itself");
      if (name == "continuationToken") return continuation(where);
      if (name == "generateContentRequest")
        return unsupported("a request within the request", where, "send its contents");
      if (!options_.unknown_items_untrusted &&
          (name == "content" || name == "prompt" || may_carry_content(member.value)))
        return unknown_item("parameter", member.key, where);
    }
    return {};
  }

  static Error continuation(std::string where) {
    return unsupported("it goes on with a reply that the provider keeps and weir cannot see",
                       std::move(where), "automaticContinuation: false; ask for more tokens");
  }

  static Status check_config(json::Value root) {
    const json::Value config = gemini_member(root, "generationConfig");
    WEIR_TRY(check_gemini_spelling(config, "/generationConfig"));
    if (const json::Value token = gemini_member(config, "continuationToken"); !token.string_or("").empty())
      return continuation("/generationConfig/continuationToken");
    if (const json::Value count = gemini_member(config, "candidateCount");
        count.exists() && !count.is_null() && count.integer() != 1)
      return unsupported("weir decides about one candidate at a time", "/generationConfig/candidateCount",
                         "ask for one");
    const json::Value calling = gemini_member(gemini_member(root, "toolConfig"), "functionCallingConfig");
    if (gemini_member(calling, "streamFunctionCallArguments").boolean() == true)
      return unsupported("calls would come in pieces, which weir does not put together", "/toolConfig",
                         "no streamFunctionCallArguments");
    return {};
  }

  Status parse_tools(json::Value root, Splices& cuts) {
    const json::Value tools = gemini_member(root, "tools");
    if (!tools.exists() || tools.is_null()) return {};
    if (!tools.is_array()) return bad_input("expected a list", "/tools");
    std::vector<bool> strip;
    for (const json::Value tool : tools.elements()) {
      const std::string where = fmt::format("/tools/{}", strip.size());
      if (!tool.is_object()) return bad_input("expected an object", where);
      WEIR_TRY(check_gemini_spelling(tool, where));
      size_t ours = 0;
      for (const json::Member& member : tool.members()) {
        const std::string name = gemini_spelling(member.key);
        if (name == "functionDeclarations") {
          WEIR_TRY(parse_functions(member.value, where + "/functionDeclarations"));
          ++ours;
          continue;
        }
        if (member.value.is_null()) continue;
        if (name == "computerUse")
          return unsupported("one entry would stand for calls of many names", where,
                             "offer the tools one by one");
        if (!options_.strip_hosted_tools)
          return hosted_tool(fmt::format("the tool \"{}\"", shown(member.key)), where);
      }
      const bool mixed = ours > 0 && ours < tool.size();
      if (mixed)
        cuts.remove_members(
            tool, [](std::string_view key) { return gemini_spelling(key) != "functionDeclarations"; });
      strip.push_back(ours == 0 && tool.size() > 0);
    }
    const bool none_left = !strip.empty() && std::find(strip.begin(), strip.end(), false) == strip.end();
    if (!none_left) {
      cuts.remove_elements(tools, strip);
      return {};
    }
    cuts.remove_members(root, [](std::string_view key) {
      const std::string name = gemini_spelling(key);
      return name == "tools" || name == "toolConfig";
    });
    return {};
  }

  Status parse_functions(json::Value functions, const std::string& where) {
    if (functions.is_null()) return {};
    if (!functions.is_array()) return bad_input("expected a list", where);
    if (out_.request.tools.size() + functions.size() > limits::kToolsMax)
      return too_large(fmt::format("more than {} tools", limits::kToolsMax), where);
    size_t index = 0;
    for (const json::Value function : functions.elements()) {
      const std::string at = fmt::format("{}/{}", where, index++);
      WEIR_TRY(check_gemini_spelling(function, at));
      WEIR_TRY_ASSIGN(name, required_string(function, "name", at));
      const json::Value described = function["description"];
      if (described.exists() && !described.is_null() && !described.is_string())
        return bad_input("expected a string", at + "/description");
      json::Value schema = gemini_member(function, "parametersJsonSchema");
      if (!schema.exists()) schema = function["parameters"];
      std::string description(described.string_or(""));
      description += more_of_tool(function, {"name", "description", "parameters", "parametersJsonSchema",
                                             "parameters_json_schema", "behavior"});
      out_.request.tools.push_back({exchange::ToolKind::function, std::move(name), std::move(description),
                                    schema.is_object() ? std::string(schema.raw()) : std::string()});
    }
    return {};
  }

  Status parse_system(json::Value system) {
    if (!system.exists() || system.is_null()) return {};
    if (!system.is_object()) return bad_input("expected an object", "/systemInstruction");
    WEIR_TRY(check_content(system, "/systemInstruction"));
    Message message{Role::operator_text, {}, {}};
    std::vector<PartPlace> places;
    WEIR_TRY(read_gemini_parts(system["parts"], false, "/systemInstruction/parts", options_, message.parts,
                               &places));
    add(std::move(message), std::move(places), std::string::npos);
    return {};
  }

  Status check_content(json::Value content, const std::string& where) const {
    WEIR_TRY(check_gemini_spelling(content, where));
    if (content["parts"].exists() && !content["parts"].is_null() && !content["parts"].is_array())
      return bad_input("expected a list", where + "/parts");
    for (const json::Member& member : content.members()) {
      if (member.key == "role" || member.key == "parts" || options_.unknown_items_untrusted) continue;
      if (may_carry_content(member.value) || member.value.is_string())
        return unknown_item("member", member.key, where + "/" + json::pointer_token(member.key));
    }
    return {};
  }

  Status parse_contents(json::Value contents) {
    if (!contents.exists() || contents.is_null()) return {};
    if (!contents.is_array()) return bad_input("expected a list", "/contents");
    if (contents.size() > limits::kMessagesMax)
      return too_large(fmt::format("more than {} contents", limits::kMessagesMax), "/contents");
    size_t index = 0;
    for (const json::Value content : contents.elements()) {
      const std::string where = fmt::format("/contents/{}", index);
      if (!content.is_object()) return bad_input("expected an object", where);
      WEIR_TRY(check_content(content, where));
      WEIR_TRY(parse_content(content, index++, where));
    }
    end_turn();
    return {};
  }

  Status parse_content(json::Value content, size_t index, const std::string& where) {
    // Without a role it is the user's.
    const std::string_view role = content["role"].string_or("user");
    const bool planner = role == "model";
    if (!planner && role != "user" && role != "function") return unknown_item("role", role, where + "/role");
    std::vector<Message>& messages = out_.request.messages;
    if (planner && turn_open_) {
      // Clients keep each piece of a stream as a content of its own: a run of them is one turn.
      WEIR_TRY(read_gemini_parts(content["parts"], true, where + "/parts", options_, messages.back().parts,
                                 &out_.places.back()));
      return check_calls(messages.back(), where);
    }
    end_turn();
    Message message{planner ? Role::planner : Role::user, {}, {}};
    std::vector<PartPlace> places;
    WEIR_TRY(
        read_gemini_parts(content["parts"], planner, where + "/parts", options_, message.parts, &places));
    size_t results = 0;
    for (exchange::Part& part : message.parts) {
      auto* result = std::get_if<exchange::Result>(&part);
      if (result == nullptr) continue;
      names_.find_call(*result);
      ++results;
    }
    if (results > 0 && results == message.parts.size()) message.role = Role::tool;
    WEIR_TRY(check_calls(message, where));
    turn_open_ = planner;
    add(std::move(message), std::move(places), index);
    return {};
  }

  static Status check_calls(const Message& message, const std::string& where) {
    const auto calls = std::count_if(
        message.parts.begin(), message.parts.end(),
        [](const exchange::Part& part) { return std::holds_alternative<exchange::Call>(part); });
    if (static_cast<size_t>(calls) > limits::kCallsPerTurnMax)
      return too_large(fmt::format("more than {} calls", limits::kCallsPerTurnMax), where);
    return {};
  }

  void end_turn() {
    if (!turn_open_) return;
    turn_open_ = false;
    name_calls(out_.request.messages.back().parts);
    names_.turn(out_.request.messages.back().parts);
  }

  void add(Message message, std::vector<PartPlace> places, size_t wire_index) {
    out_.request.messages.push_back(std::move(message));
    out_.places.push_back(std::move(places));
    out_.wire_index.push_back(wire_index);
  }

  ParsedRequest& out_;
  const Options& options_;
  CallNames names_;
  bool turn_open_ = false;  // the last message is the planner's and may go on
};

}  // namespace

Result<ParsedRequest> parse_gemini(json::Document document, const Options& options) {
  return parse_with<Parser>(std::move(document), options);
}

}  // namespace weir::wire

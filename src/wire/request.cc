#include "wire/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weir::wire {
namespace {

constexpr std::array<std::string_view, 18> kCarriers{
    "content",    "contents", "messages", "message",   "tools",   "tool_calls",
    "functions",  "function", "input",    "prompt",    "text",    "mcp_servers",
    "server_url", "url",      "urls",     "documents", "plugins", "blocks"};

}  // namespace

bool may_carry_content(json::Value value) {
  std::vector<json::Value> open{value};
  while (!open.empty()) {
    const json::Value at = open.back();
    open.pop_back();
    for (const json::Value element : at.elements()) open.push_back(element);
    for (const json::Member& member : at.members()) {
      if (std::find(kCarriers.begin(), kCarriers.end(), member.key) != kCarriers.end()) return true;
      open.push_back(member.value);
    }
  }
  return false;
}

void cut_from_request(json::Value root, const std::vector<bool>& strip, std::vector<std::string> cut,
                      Splices& cuts) {
  const bool none_left = !strip.empty() && std::find(strip.begin(), strip.end(), false) == strip.end();
  // An empty list of tools, or a choice among none, is an error to the API.
  if (none_left) cut.insert(cut.end(), {"tools", "tool_choice", "parallel_tool_calls"});
  cuts.remove_members(
      root, [&](std::string_view key) { return std::find(cut.begin(), cut.end(), key) != cut.end(); });
  if (!none_left) cuts.remove_elements(root["tools"], strip);
}

Error hosted_tool(std::string_view what, std::string where) {
  return unsupported(
      fmt::format("{} would be run by the model's provider, where weir cannot decide about it", what),
      std::move(where), "remove it, or set hosted_tools = \"strip\" in weir.toml");
}

Error unknown_item(std::string_view what, std::string_view type, std::string where) {
  return unsupported(fmt::format("weir does not know the {} \"{}\"", what, shown(type)), std::move(where),
                     "unknown_items = \"untrusted\" in weir.toml lets it pass with the worst label");
}

Result<std::string> required_string(json::Value object, std::string_view key, const std::string& where) {
  const auto text = object[key].string();
  if (!text) return bad_input(fmt::format("expected a string \"{}\"", key), where + "/" + std::string(key));
  return std::string(*text);
}

Status check_parameters(json::Value root, std::span<const std::string_view> known,
                        std::initializer_list<std::string_view> hosted, const Options& options,
                        std::vector<std::string>& cut) {
  // The upstream would bring a history that weir has not seen.
  static constexpr std::array<std::string_view, 5> kElsewhere{"thread", "thread_id", "conversation",
                                                              "previous_response_id", "previous_message_id"};
  for (const json::Member& member : root.members()) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    const std::string where = "/" + json::pointer_token(member.key);
    if (std::find(hosted.begin(), hosted.end(), member.key) != hosted.end()) {
      if (member.value.is_null() || (member.value.is_array() && member.value.size() == 0)) continue;
      if (!options.strip_hosted_tools)
        return hosted_tool(fmt::format("what \"{}\" asks for", member.key), where);
      cut.emplace_back(member.key);
      continue;
    }
    if (std::find(kElsewhere.begin(), kElsewhere.end(), member.key) != kElsewhere.end() &&
        !member.value.is_null()) {
      return unsupported("it names a conversation that the provider keeps and weir cannot see", where,
                         "send the whole conversation instead");
    }
    const bool capitals = std::find(kCarriers.begin(), kCarriers.end(), member.key) != kCarriers.end();
    if (!options.unknown_items_untrusted && (capitals || may_carry_content(member.value))) {
      return unknown_item("parameter", member.key, where);
    }
  }
  return {};
}

std::string text_in(json::Value value) {
  std::string all;
  std::vector<json::Value> open{value};
  while (!open.empty()) {
    const json::Value at = open.back();
    open.pop_back();
    const bool encoded = at["type"].string_or("") == "base64";
    const auto add = [&all](std::string_view text) {
      all += all.empty() ? "" : "\n";
      all += text;
    };
    for (const json::Value element : at.elements()) {
      if (const auto text = element.string()) {
        add(*text);
      } else {
        open.push_back(element);
      }
    }
    for (const json::Member& member : at.members()) {
      if (const auto text = member.value.string()) {
        if (member.key == "type" || member.key == "media_type" || (encoded && member.key == "data")) continue;
        if (member.key.starts_with("encrypted_") || member.key == "signature") continue;
        add(*text);
      } else {
        open.push_back(member.value);
      }
    }
  }
  return all;
}

std::string more_of_tool(json::Value tool, std::initializer_list<std::string_view> known) {
  std::string all;
  for (const json::Member& member : tool.members()) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    if (!member.value.is_string() && !member.value.is_object() && !member.value.is_array()) continue;
    all += fmt::format("\n{}: {}", member.key, member.value.raw());
  }
  return all;
}

Result<ParsedRequest> parse_request(exchange::Dialect dialect, std::string body, const Options& options) {
  json::Limits limits;
  limits.bytes_max = limits::kHttpBodyBytesMax;
  auto document = json::parse(std::move(body), limits);
  if (!document) return document.error();
  if (!document->root().is_object()) return bad_input("the request must be a JSON object");
  switch (dialect) {
    case exchange::Dialect::chat_completions:
      return parse_chat_completions(std::move(*document), options);
    case exchange::Dialect::messages:
      return parse_messages(std::move(*document), options);
    case exchange::Dialect::responses:
      return parse_responses(std::move(*document), options);
    case exchange::Dialect::ollama:
      return parse_ollama(std::move(*document), options);
    case exchange::Dialect::gemini:
      return parse_gemini(std::move(*document), options);
  }
  return Error{Code::internal, "no such dialect"};
}

}  // namespace weir::wire

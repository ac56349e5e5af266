#include "wire/translate/names.h"

#include <fmt/format.h>

namespace weir::wire::translate {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

std::string plain_name(std::string_view name) {
  std::string plain(name);
  for (char& c : plain) {
    if (!is_plain(c)) c = '_';
  }
  return plain;
}

// Two ids of one history must stay two.
std::string plain_id(std::string_view id) {
  std::string plain;
  for (const char c : id) {
    if (is_plain(c)) {
      plain += c;
    } else {
      plain += fmt::format("_x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return plain;
}

std::string arguments_object(const ClientCall& call) {
  const auto document = json::parse(call.arguments);
  if (document && document->root().is_object()) return call.arguments;
  json::Writer out;
  out.begin_object();
  if (!call.arguments.empty()) out.field("input", call.arguments);
  return out.end_object().take();
}

Result<Names> Names::take(Prompt& prompt) {
  Names names;
  for (Tool& tool : prompt.tools) {
    std::string told = plain_name(tool.name);
    const auto [at, added] = names.tools_.try_emplace(
        told, Tool{tool.kind, tool.name, tool.name_space, tool.own_name.empty() ? tool.name : tool.own_name});
    if (!added && at->second.name != tool.name)
      return bad_input(fmt::format("two tools would have the name \"{}\" for the upstream", told), "/tools",
                       "give one of them another");
    tool.name = std::move(told);
  }
  prompt.settings.choice_name = plain_name(prompt.settings.choice_name);
  for (Message& message : prompt.messages) {
    for (Part& part : message.parts) {
      if (auto* call = std::get_if<exchange::Call>(&part)) call->name = plain_name(call->name);
      if (auto* returned = std::get_if<Returned>(&part)) returned->name = plain_name(returned->name);
    }
  }
  return names;
}

ClientCall Names::client_call(const exchange::Call& call) const {
  ClientCall client{call.id, {}, call.name, call.arguments, !call.is_json};
  const auto at = tools_.find(call.name);
  if (at == tools_.end()) return client;
  client.name_space = at->second.name_space;
  client.name = at->second.own_name;
  if (at->second.kind != exchange::ToolKind::custom || !call.is_json) return client;
  client.is_custom = true;
  // What does not have the shape that was asked for is the text itself.
  const auto arguments = json::parse(call.arguments);
  if (arguments && arguments->root().size() == 1 && (*arguments)["input"].is_string())
    client.arguments = *(*arguments)["input"].string();
  return client;
}

}  // namespace weir::wire::translate

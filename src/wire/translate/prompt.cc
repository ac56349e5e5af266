#include "wire/translate/prompt.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::wire::translate {
namespace {

// The raw value in the request of the part that this is the place of.
const PartPlace* place_of(const ParsedRequest& request, size_t message, size_t part) {
  if (message >= request.places.size() || part >= request.places[message].size()) return nullptr;
  return &request.places[message][part];
}

class Walk {
 public:
  Walk(const ParsedRequest& request, const PartReader& reader, Prompt& prompt)
      : request_(request), reader_(reader), prompt_(prompt) {}

  Status run() {
    for (size_t i = 0; i < request_.request.messages.size(); ++i) WEIR_TRY(message(i));
    return {};
  }

 private:
  Status message(size_t index) {
    const exchange::Message& message = request_.request.messages[index];
    if (!message.name.empty()) prompt_.drop("name");
    if (message.role != exchange::Role::tool) prompt_.messages.push_back({message.role, {}});
    for (size_t i = 0; i < message.parts.size(); ++i) WEIR_TRY(part(message, index, i));
    return {};
  }

  Status part(const exchange::Message& message, size_t index, size_t part) {
    const PartPlace* place = place_of(request_, index, part);
    const json::Value value = place == nullptr ? json::Value() : place->value;
    const std::string where = fmt::format("/messages/{}/{}", index, part);
    // One API's parser takes these of anybody; another API has no place for them.
    const bool planner = message.role == exchange::Role::planner;
    const exchange::Part& said = message.parts[part];
    if (planner && std::holds_alternative<exchange::Result>(said))
      return not_carried("a result in the planner's message", where);
    if (!planner &&
        (std::holds_alternative<exchange::Call>(said) || std::holds_alternative<exchange::Thinking>(said)))
      return not_carried("a call or a thought that is not the planner's", where);
    if (const auto* result = std::get_if<exchange::Result>(&message.parts[part])) {
      Returned returned{result->call_id, result->name, {}, result->is_error};
      WEIR_TRY(reader_.result(value, where, prompt_, returned));
      if (prompt_.messages.empty() || prompt_.messages.back().role != exchange::Role::tool)
        prompt_.messages.push_back({exchange::Role::tool, {}});
      prompt_.messages.back().parts.emplace_back(std::move(returned));
      return {};
    }
    // Behind results a person goes on in a message of his own.
    std::vector<Message>& messages = prompt_.messages;
    if (messages.empty() || messages.back().role != message.role) {
      // Nothing was said before the results.
      messages.push_back({message.role, {}});
    }
    std::vector<Part>& parts = messages.back().parts;
    if (const auto* text = std::get_if<exchange::Text>(&message.parts[part])) {
      parts.emplace_back(*text);
    } else if (const auto* call = std::get_if<exchange::Call>(&message.parts[part])) {
      parts.emplace_back(*call);
    } else if (const auto* thought = std::get_if<exchange::Thinking>(&message.parts[part])) {
      parts.emplace_back(exchange::Thinking{thought->text});
    } else if (place != nullptr &&
               (place->kind == PartPlace::Kind::citations || place->kind == PartPlace::Kind::annotations)) {
      prompt_.drop(place->kind == PartPlace::Kind::citations ? "citations" : "annotations");
    } else {
      std::vector<Content> all;
      WEIR_TRY(reader_.media(value, where, prompt_, all));
      for (Content& content : all)
        std::visit([&](auto& one) { parts.emplace_back(std::move(one)); }, content);
    }
    return {};
  }

  const ParsedRequest& request_;
  const PartReader& reader_;
  Prompt& prompt_;
};

}  // namespace

void Prompt::drop(std::string_view name) {
  if (std::find(dropped.begin(), dropped.end(), name) == dropped.end()) dropped.emplace_back(name);
}

Status read_messages(const ParsedRequest& request, const PartReader& reader, Prompt& prompt) {
  prompt.model = request.request.model;
  prompt.stream = request.request.stream;
  WEIR_TRY(Walk(request, reader, prompt).run());
  // What held results only leaves an empty message before them, and so does what only set something.
  std::erase_if(prompt.messages, [](const Message& message) { return message.parts.empty(); });
  return {};
}

Error not_carried(std::string_view what, std::string where) {
  return unsupported(fmt::format("{} cannot be carried over to an upstream that speaks another API", what),
                     std::move(where), "leave it out, or use an upstream that speaks the client's API");
}

std::string number_of(json::Value root, std::string_view key) {
  return root[key].is_number() ? std::string(root[key].raw()) : std::string();
}

void read_url(std::string_view url, std::string& media_type, std::string& data, std::string& plain) {
  const size_t comma = url.find(',');
  const std::string_view head = url.substr(0, comma);
  if (!url.starts_with("data:") || comma == std::string_view::npos || !head.ends_with(";base64")) {
    plain = url;
    return;
  }
  media_type = head.substr(5, head.find(';') - 5);
  data = url.substr(comma + 1);
}

std::string data_url(std::string_view media_type, std::string_view data) {
  return fmt::format("data:{};base64,{}", media_type, data);
}

std::string file_url(const File& file) {
  if (file.data.empty()) return data_url("text/plain", to_base64(file.text));
  return data_url(file.media_type, file.data);
}

std::optional<bool> strict_of(json::Value tool) {
  return tool["strict"].boolean() == true ? std::optional(true) : std::nullopt;
}

void drop_unread(json::Value root, std::initializer_list<std::string_view> read, Prompt& prompt) {
  for (const json::Member& member : root.members()) {
    if (member.value.is_null() || std::find(read.begin(), read.end(), member.key) != read.end()) continue;
    prompt.drop(member.key);
  }
}

std::string function_description(const Tool& tool) {
  if (tool.kind != exchange::ToolKind::custom || tool.schema.empty()) return tool.description;
  // The grammar is a wish to a model that cannot be held to it.
  const auto format = json::parse(tool.schema);
  const std::string_view definition = format ? (*format)["definition"].string_or("") : std::string_view();
  if (definition.empty()) return tool.description;
  return fmt::format("{}{}The input must follow this grammar ({}):\n{}", tool.description,
                     tool.description.empty() ? "" : "\n", (*format)["syntax"].string_or("grammar"),
                     definition);
}

std::string function_arguments(const exchange::Call& call) {
  if (!call.is_json) {
    json::Writer writer;
    return writer.begin_object().field("input", call.arguments).end_object().take();
  }
  return call.arguments.find_first_not_of(" \t\r\n") == std::string::npos ? "{}" : call.arguments;
}

}  // namespace weir::wire::translate

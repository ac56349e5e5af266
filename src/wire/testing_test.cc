#include "wire/testing.h"

#include <algorithm>
#include <utility>

namespace weir::wire::testing {
namespace {

std::vector<SseEvent> events_of(std::string_view bytes, std::string& problem) {
  SseParser parser;
  std::vector<SseEvent> events;
  if (!parser.feed(bytes, events)) problem = "not an event stream";
  if (!parser.rest().empty()) problem = "an event without its end";
  return events;
}

std::string chat_message(const Seen& seen) {
  json::Writer writer;
  writer.begin_object().field("role", "assistant").key("content");
  seen.text.empty() ? writer.null() : writer.string(seen.text);
  bool open = false;
  for (const exchange::Call& call : seen.calls) {
    if (call.id == call.name) continue;  // legacy
    if (!open) writer.key("tool_calls").begin_array();
    open = true;
    const std::string_view type = call.is_json ? "function" : "custom";
    writer.begin_object().field("id", call.id).field("type", type).key(type).begin_object();
    writer.field("name", call.name).field(call.is_json ? "arguments" : "input", call.arguments);
    writer.end_object().end_object();
  }
  if (open) writer.end_array();
  for (const exchange::Call& call : seen.calls) {
    if (call.id != call.name) continue;
    writer.key("function_call").begin_object().field("name", call.name);
    writer.field("arguments", call.arguments).end_object();
  }
  return writer.end_object().take();
}

void read_chat_call(json::Value wire, exchange::Call& call) {
  const bool custom = wire["custom"].is_object();
  const json::Value body = wire[custom ? "custom" : "function"];
  if (custom) call.is_json = false;
  call.id += wire["id"].string_or("");
  call.name += body["name"].string_or("");
  const json::Value arguments = body[custom ? "input" : "arguments"];
  call.arguments += arguments.is_object() ? arguments.raw() : arguments.string_or("");
}

class TestFilter final : public TextFilter {
 public:
  explicit TestFilter(std::string_view name) : name_(name) {}

  std::string feed(std::string_view piece) override {
    if (name_ == "same") return std::string(piece);
    if (name_ == "mute") return {};
    kept_ += piece;
    if (name_ == "hoard") return {};
    if (name_ == "lag") {
      std::string out = kept_.substr(0, kept_.size() - std::min<size_t>(kept_.size(), 2));
      kept_.erase(0, out.size());
      return out;
    }
    std::string out;
    while (!kept_.empty()) {
      const size_t size = name_ == "loud" ? 1 : reference();
      if (size == 0) break;
      out += name_ == "loud" ? loud(kept_[0])
             : size == 1     ? kept_.substr(0, 1)
                             : "<value of " + kept_.substr(2, size - 4) + ">";
      kept_.erase(0, size);
    }
    return out;
  }
  std::string end() override { return std::exchange(kept_, {}); }

 private:
  static std::string loud(char c) {
    return std::string(1, c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
  }
  // The bytes of the reference that what was kept begins with; 1 when with none, 0 when that is open.
  size_t reference() const {
    const std::string_view text = kept_;
    for (size_t i = 0; i < 2; ++i) {
      if (i == text.size()) return 0;
      if (text[i] != '{') return 1;
    }
    size_t at = 2;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    if (at == 2 && at < text.size()) return 1;
    for (size_t i = 0; i < 2; ++i, ++at) {
      if (at >= text.size()) return 0;
      if (text[at] != '}') return 1;
    }
    return at;
  }

  const std::string name_;
  std::string kept_;
};

}  // namespace

TextFilters filters(std::string_view name) {
  if (name == "none") return {};
  return [name = std::string(name)] { return std::make_unique<TestFilter>(name); };
}

std::string filtered(std::string_view name, std::string_view text) {
  if (name == "none") return std::string(text);
  TestFilter filter(name);
  std::string out = filter.feed(text);
  return out += filter.end();
}

Seen read_chat_stream(std::string_view bytes, int64_t choice) {
  Seen seen;
  exchange::Call legacy;
  int roles = 0;
  for (const SseEvent& event : events_of(bytes, seen.problem)) {
    if (!event.has_data) continue;
    if (seen.ended) seen.problem = "an event after [DONE]";
    if (event.data == "[DONE]") {
      seen.ended = true;
      continue;
    }
    const auto document = json::parse(event.data);
    if (!document) {
      seen.problem = "not JSON: " + event.data;
      continue;
    }
    const std::string id((*document)["id"].string_or(""));
    if (seen.id.empty()) seen.id = id;
    if (id != seen.id) seen.problem = "the id changes";
    seen.output_tokens = (*document)["usage"]["completion_tokens"].integer().value_or(seen.output_tokens);
    for (const json::Value wire : (*document)["choices"].elements()) {
      if (wire["index"].integer().value_or(0) != choice) continue;
      const json::Value delta = wire["delta"];
      if (!seen.reason.empty() && delta.size() > 0) seen.problem = "a delta after the end";
      if (delta["role"].is_string() && ++roles > 1) seen.problem = "two roles";
      seen.text += delta["content"].string_or("");
      seen.text += delta["refusal"].string_or("");
      for (const json::Value call : delta["tool_calls"].elements()) {
        const size_t index = static_cast<size_t>(call["index"].integer().value_or(0));
        if (index > seen.calls.size()) seen.problem = "a call's index leaves a gap";
        if (index >= seen.calls.size()) seen.calls.emplace_back();
        read_chat_call(call, seen.calls[std::min(index, seen.calls.size() - 1)]);
      }
      if (const json::Value call = delta["function_call"]; call.is_object()) {
        legacy.name += call["name"].string_or("");
        legacy.arguments += call["arguments"].string_or("");
      }
      if (wire["finish_reason"].is_string()) seen.reason = wire["finish_reason"].string_or("");
    }
  }
  if (!legacy.name.empty()) seen.calls.push_back({legacy.name, legacy.name, legacy.arguments, true});
  seen.message = chat_message(seen);
  return seen;
}

Seen read_chat_whole(std::string_view bytes, size_t choice) {
  Seen seen;
  const auto document = json::parse(std::string(bytes));
  if (!document) {
    seen.problem = "not JSON";
    return seen;
  }
  seen.id = (*document)["id"].string_or("");
  seen.output_tokens = (*document)["usage"]["completion_tokens"].integer().value_or(0);
  const json::Value wire = document->root().at_pointer("/choices/" + std::to_string(choice));
  const json::Value message = wire["message"];
  seen.reason = wire["finish_reason"].string_or("");
  seen.text = std::string(message["content"].string_or("")) + std::string(message["refusal"].string_or(""));
  for (const json::Value call : message["tool_calls"].elements())
    read_chat_call(call, seen.calls.emplace_back());
  if (message["tool_calls"].is_array() && message["tool_calls"].size() == 0)
    seen.problem = "an empty tool_calls";
  if (const json::Value call = message["function_call"]; call.is_object()) {
    const std::string name(call["name"].string_or(""));
    seen.calls.push_back({name, name, std::string(call["arguments"].string_or("")), true});
  }
  seen.ended = true;
  seen.message = chat_message(seen);
  return seen;
}

namespace {

void read_block(json::Value block, Seen& seen) {
  const std::string_view type = block["type"].string_or("");
  if (type == "text") seen.text += block["text"].string_or("");
  if (type == "tool_use") {
    seen.calls.push_back({std::string(block["id"].string_or("")), std::string(block["name"].string_or("")),
                          std::string(block["input"].raw()), true});
  }
}

// A block of a stream with what its deltas added, as a client's library keeps it.
std::string whole_block(json::Value start, const std::map<std::string, std::string>& added) {
  json::Writer writer;
  writer.begin_object();
  const auto of = [&](const char* key) { return added.contains(key) ? added.at(key) : std::string(); };
  for (const json::Member& member : start.members()) {
    const std::string key(member.key);
    if (key == "input") {
      writer.key(key).raw(of("partial_json").empty() ? member.value.raw()
                                                     : std::string_view(of("partial_json")));
    } else if (key == "text" || key == "thinking" || key == "signature" || key == "content") {
      writer.field(key, std::string(member.value.string_or("")) + of(key.c_str()));
    } else if (key != "citations") {
      writer.key(key).raw(member.value.raw());
    }
  }
  if (added.contains("citations")) writer.key("citations").raw("[" + of("citations") + "]");
  return writer.end_object().take();
}

}  // namespace

Seen read_messages_stream(std::string_view bytes) {
  Seen seen;
  std::vector<std::string> blocks;
  json::Document start;
  std::map<std::string, std::string> added;
  bool open = false;
  for (const SseEvent& event : events_of(bytes, seen.problem)) {
    if (!event.has_data) continue;
    const auto document = json::parse(event.data);
    if (!document) {
      seen.problem = "not JSON: " + event.data;
      continue;
    }
    const json::Value root = document->root();
    const std::string type(root["type"].string_or(""));
    if (type != event.name) seen.problem = "an event's name is not its type";
    if (seen.ended) seen.problem = "an event after the end";
    if (type == "message_start") {
      if (!seen.id.empty()) seen.problem = "two starts";
      seen.id = root["message"]["id"].string_or("");
    } else if (type == "content_block_start") {
      if (open || root["index"].integer() != static_cast<int64_t>(blocks.size()))
        seen.problem = "index of a start";
      open = true;
      added.clear();
      start = std::move(*json::parse(event.data));
    } else if (type == "content_block_delta") {
      if (!open || root["index"].integer() != static_cast<int64_t>(blocks.size()))
        seen.problem = "index of a delta";
      for (const json::Member& member : root["delta"].members()) {
        if (member.key == "citation") {
          added["citations"] += (added["citations"].empty() ? "" : ",") + std::string(member.value.raw());
        } else if (member.key != "type") {
          added[std::string(member.key)] += member.value.string_or("");
        }
      }
    } else if (type == "content_block_stop") {
      if (!open || root["index"].integer() != static_cast<int64_t>(blocks.size()))
        seen.problem = "index of a stop";
      open = false;
      blocks.push_back(whole_block(start["content_block"], added));
      if (const auto block = json::parse(blocks.back())) {
        read_block(block->root(), seen);
      } else {
        seen.problem = "a call's input is not JSON";
      }
    } else if (type == "message_delta") {
      seen.reason = root["delta"]["stop_reason"].string_or("");
      seen.output_tokens = root["usage"]["output_tokens"].integer().value_or(0);
    } else if (type == "message_stop") {
      if (open) seen.problem = "the message ends within a block";
      seen.ended = true;
    }
  }
  for (const std::string& block : blocks) seen.message += (seen.message.empty() ? "" : ",") + block;
  seen.message = R"({"role":"assistant","content":[)" + seen.message + "]}";
  return seen;
}

Seen read_messages_whole(std::string_view bytes) {
  Seen seen;
  const auto document = json::parse(std::string(bytes));
  if (!document) {
    seen.problem = "not JSON";
    return seen;
  }
  seen.id = (*document)["id"].string_or("");
  seen.reason = (*document)["stop_reason"].string_or("");
  seen.output_tokens = (*document)["usage"]["output_tokens"].integer().value_or(0);
  for (const json::Value block : (*document)["content"].elements()) read_block(block, seen);
  seen.ended = true;
  seen.message = R"({"role":"assistant","content":)" + std::string((*document)["content"].raw()) + "}";
  return seen;
}

}  // namespace weir::wire::testing

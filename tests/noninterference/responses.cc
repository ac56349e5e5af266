#include "responses.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"

namespace weir::noninterference {
namespace {

class Events {
 public:
  void add(std::string_view type, const std::string& rest) {
    text += fmt::format("event: {}\ndata: {{\"type\":\"{}\",\"sequence_number\":{},{}}}\n\n", type, type,
                        number_++, rest);
  }
  std::string text = {};

 private:
  int number_ = 0;
};

std::vector<std::string> items_of(const demo::Turn& turn, std::string_view sealed) {
  std::vector<std::string> items;
  if (!sealed.empty())
    items.push_back(fmt::format(R"({{"type":"reasoning","id":"rs","summary":[],"encrypted_content":{}}})",
                                json::quote(sealed)));
  if (!turn.text.empty())
    items.push_back(fmt::format(
        R"({{"type":"message","id":"m","role":"assistant","content":[{{"type":"output_text","text":{},"annotations":[]}}]}})",
        json::quote(turn.text)));
  for (const demo::WantedCall& call : turn.calls)
    items.push_back(
        fmt::format(R"({{"type":"function_call","id":"i_{0}","call_id":"{0}","name":"{1}","arguments":{2}}})",
                    call.id, call.tool, json::quote(call.arguments)));
  return items;
}

void stream_item(Events& events, size_t index, const std::string& item, size_t fragment_bytes) {
  const auto document = json::parse(item);
  const json::Value root = document->root();
  const std::string at = fmt::format("\"output_index\":{}", index);
  const bool call = root["type"].string_or("") == "function_call";
  const bool message = root["type"].string_or("") == "message";
  std::string begun = item;
  if (call) begun = item.substr(0, root["arguments"].offset()) + "\"\"}";
  if (message) begun = item.substr(0, root["content"].offset()) + "[]}";
  events.add("response.output_item.added", at + ",\"item\":" + begun);
  std::string whole(root["arguments"].string_or(""));
  for (const json::Value part : root["content"].elements()) whole = part["text"].string_or("");
  const std::string about = fmt::format("{},\"content_index\":0,\"item_id\":{}", at, root["id"].raw());
  if (call || message) {
    const std::string name = call ? "response.function_call_arguments" : "response.output_text";
    for (size_t from = 0; from < whole.size(); from += fragment_bytes)
      events.add(name + ".delta", about + ",\"delta\":" + json::quote(whole.substr(from, fragment_bytes)));
    events.add(name + ".done",
               fmt::format("{},\"{}\":{}", about, call ? "arguments" : "text", json::quote(whole)));
  }
  events.add("response.output_item.done", at + ",\"item\":" + item);
}

}  // namespace

std::string responses_reply(const demo::Turn& turn, std::string_view sealed, bool stream,
                            size_t fragment_bytes) {
  const std::vector<std::string> items = items_of(turn, sealed);
  std::string output;
  for (const std::string& item : items) output += (output.empty() ? "" : ",") + item;
  const std::string response =
      R"({"id":"r","object":"response","status":"completed","output":[)" + output + "]}";
  if (!stream) return response;
  Events events;
  events.add("response.created",
             R"("response":{"id":"r","object":"response","status":"in_progress","output":[]})");
  for (size_t i = 0; i < items.size(); ++i) stream_item(events, i, items[i], fragment_bytes);
  events.add("response.completed", "\"response\":" + response);
  return events.text;
}

ResponsesReply read_responses(const std::string& body, bool stream) {
  ResponsesReply out;
  const auto take = [&out](json::Value item) {
    out.items.emplace_back(item.raw());
    for (const json::Value part : item["content"].elements()) out.reply.text += part["text"].string_or("");
    if (item["type"].string_or("") == "function_call")
      out.reply.calls.push_back({std::string(item["call_id"].string_or("")),
                                 std::string(item["name"].string_or("")),
                                 std::string(item["arguments"].string_or("{}"))});
  };
  if (!stream) {
    if (const auto document = json::parse(body)) {
      for (const json::Value item : (*document)["output"].elements()) take(item);
    }
    return out;
  }
  for (size_t at = 0; at < body.size();) {
    const size_t end = std::min(body.find('\n', at), body.size());
    const std::string line = body.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("data: ")) continue;
    const auto event = json::parse(line.substr(6));
    if (event && (*event)["type"].string_or("") == "response.output_item.done") take((*event)["item"]);
  }
  return out;
}

std::string responses_message(std::string_view role, std::string_view text) {
  return json::Writer().begin_object().field("role", role).field("content", text).end_object().take();
}

std::string responses_result(std::string_view call_id, const std::vector<std::string>& texts) {
  json::Writer writer;
  writer.begin_object().field("type", "function_call_output").field("call_id", call_id).key("output");
  if (texts.size() == 1) {
    writer.string(texts[0]);
  } else {
    writer.begin_array();
    for (const std::string& text : texts)
      writer.begin_object().field("type", "input_text").field("text", text).end_object();
    writer.end_array();
  }
  return writer.end_object().take();
}

}  // namespace weir::noninterference

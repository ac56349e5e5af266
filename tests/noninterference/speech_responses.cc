// Responses.
#include <fmt/format.h>

#include "planner.h"
#include "speech.h"

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
    in_pieces(whole, fragment_bytes, [&](std::string_view piece) {
      events.add(name + ".delta", about + ",\"delta\":" + json::quote(piece));
    });
    events.add(name + ".done",
               fmt::format("{},\"{}\":{}", about, call ? "arguments" : "text", json::quote(whole)));
  }
  events.add("response.output_item.done", at + ",\"item\":" + item);
}

std::string message(std::string_view role, std::string_view text) {
  return json::Writer().begin_object().field("role", role).field("content", text).end_object().take();
}

bool is_thought(const std::string& item) {
  return item.find("\"encrypted_content\"") != std::string::npos;
}

class Responses final : public Speech {
 public:
  std::string path(std::string_view, bool) const override { return "/v1/responses"; }

  std::string request(std::string_view model, bool stream,
                      const std::vector<std::string>& history) const override {
    json::Writer writer;
    writer.begin_object().field("model", model).key("stream").boolean(stream);
    writer.field("instructions", "You are an assistant.").key("tools").begin_array();
    for (const std::string tool : kTools)
      writer.raw(
          fmt::format(R"({{"type":"function","name":"box__{}","parameters":{{"type":"object"}}}})", tool));
    writer.end_array().key("input").begin_array();
    for (const std::string& item : history) writer.raw(item);
    return writer.end_array().end_object().take();
  }

  Reply read(const std::string& body, bool stream) const override {
    Reply reply;
    const auto take = [&reply](json::Value item) {
      reply.raw.emplace_back(item.raw());
      for (const json::Value part : item["content"].elements()) reply.text += part["text"].string_or("");
      if (item["type"].string_or("") == "function_call")
        reply.calls.push_back({std::string(item["call_id"].string_or("")),
                               std::string(item["name"].string_or("")),
                               std::string(item["arguments"].string_or("{}"))});
    };
    if (stream) {
      each_event(body, [&](json::Value event) {
        if (event["type"].string_or("") == "response.output_item.done") take(event["item"]);
      });
    } else if (const auto document = json::parse(body)) {
      for (const json::Value item : (*document)["output"].elements()) take(item);
    }
    return reply;
  }

  std::vector<std::string> keep(const Reply& reply, bool thoughts, std::string_view more) const override {
    std::vector<std::string> items;
    bool any = false;
    for (const std::string& item : reply.raw) {
      if (is_thought(item) && !thoughts) continue;
      any = any || !is_thought(item);
      const bool said = item.find("\"output_text\"") != std::string::npos;
      items.push_back(said && !more.empty() ? message("assistant", reply.text + std::string(more)) : item);
    }
    if (!any) items.push_back(message("assistant", "(nothing)"));
    return items;
  }

  std::vector<std::string> results(const std::vector<ReadCall>& calls,
                                   const std::vector<Content>& contents) const override {
    std::vector<std::string> items;
    for (size_t i = 0; i < calls.size(); ++i) {
      json::Writer writer;
      writer.begin_object().field("type", "function_call_output").field("call_id", calls[i].id).key("output");
      if (contents[i].texts.size() == 1) {
        writer.string(contents[i].texts[0]);
      } else {
        writer.begin_array();
        for (const std::string& text : contents[i].texts)
          writer.begin_object().field("type", "input_text").field("text", text).end_object();
        writer.end_array();
      }
      items.push_back(writer.end_object().take());
    }
    return items;
  }

  std::string history_of(json::Value body) const override { return std::string(body["input"].raw()); }

  std::string say(const Said& said, bool stream, size_t fragment_bytes) const override {
    const std::vector<std::string> items = items_of(said.turn, said.thought);
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
};

}  // namespace

std::unique_ptr<Speech> speak_responses() {
  return std::make_unique<Responses>();
}

}  // namespace weir::noninterference

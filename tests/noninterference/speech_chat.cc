// Chat Completions.
#include <fmt/format.h>

#include "demo/speak.h"
#include "planner.h"
#include "speech.h"

namespace weir::noninterference {
namespace {

class ChatCompletions final : public Speech {
 public:
  std::string path(std::string_view, bool) const override { return "/v1/chat/completions"; }

  std::string request(std::string_view model, bool stream,
                      const std::vector<std::string>& history) const override {
    json::Writer writer;
    writer.begin_object().field("model", model).key("stream").boolean(stream).key("tools").begin_array();
    for (const std::string tool : kTools)
      writer.raw(fmt::format(
          R"({{"type":"function","function":{{"name":"box__{}","parameters":{{"type":"object"}}}}}})", tool));
    writer.end_array().key("messages").begin_array();
    for (const std::string& message : history) writer.raw(message);
    return writer.end_array().end_object().take();
  }

  Reply read(const std::string& body, bool stream) const override {
    Reply reply;
    const auto take = [&reply](json::Value message) {
      reply.text += message["content"].string_or("");
      if (const auto thought = message["reasoning_content"].string()) reply.thoughts.emplace_back(*thought);
      for (const json::Value call : message["tool_calls"].elements()) {
        const size_t at =
            static_cast<size_t>(call["index"].integer().value_or(static_cast<int64_t>(reply.calls.size())));
        if (at >= reply.calls.size()) reply.calls.resize(at + 1);
        reply.calls[at].id += call["id"].string_or("");
        reply.calls[at].tool += call["function"]["name"].string_or("");
        reply.calls[at].arguments += call["function"]["arguments"].string_or("");
      }
    };
    if (stream) {
      each_event(body, [&](json::Value event) {
        for (const json::Value choice : event["choices"].elements()) take(choice["delta"]);
      });
    } else if (const auto document = json::parse(body)) {
      for (const json::Value choice : (*document)["choices"].elements()) take(choice["message"]);
    }
    return reply;
  }

  std::vector<std::string> keep(const Reply& reply, bool thoughts, std::string_view more) const override {
    std::string text = reply.text;
    if (!text.empty()) text += more;
    if (text.empty() && reply.calls.empty()) text = "(nothing)";
    json::Writer writer;
    writer.begin_object().field("role", "assistant").key("content");
    text.empty() ? writer.null() : writer.string(text);
    std::string thought;
    for (const std::string& piece : reply.thoughts) thought += piece;
    if (thoughts && !thought.empty()) writer.field("reasoning_content", thought);
    if (!reply.calls.empty()) writer.key("tool_calls").begin_array();
    for (const ReadCall& call : reply.calls) {
      writer.begin_object().field("id", call.id).field("type", "function").key("function").begin_object();
      writer.field("name", call.tool).field("arguments", call.arguments).end_object().end_object();
    }
    if (!reply.calls.empty()) writer.end_array();
    return {writer.end_object().take()};
  }

  std::vector<std::string> results(const std::vector<ReadCall>& calls,
                                   const std::vector<Content>& contents) const override {
    std::vector<std::string> all;
    for (size_t i = 0; i < calls.size(); ++i) {
      json::Writer writer;
      writer.begin_object().field("role", "tool").field("tool_call_id", calls[i].id).key("content");
      if (contents[i].texts.size() == 1) {
        writer.string(contents[i].texts[0]);
      } else {
        writer.begin_array();
        for (const std::string& text : contents[i].texts)
          writer.begin_object().field("type", "text").field("text", text).end_object();
        writer.end_array();
      }
      all.push_back(writer.end_object().take());
    }
    return all;
  }

  std::string say(const Said& said, bool stream, size_t fragment_bytes) const override {
    demo::History history;
    history.model = "planner";
    std::string body = stream ? demo::chat_completion_stream(history, said.turn, fragment_bytes)
                              : demo::chat_completion(history, said.turn);
    if (said.thought.empty()) return body;
    // Local servers put the thought beside the text, and before it.
    const std::string member = fmt::format(R"("reasoning_content":{},"content":)", json::quote(said.thought));
    const std::string_view place = R"("content":)";
    return body.replace(body.find(place), place.size(), member);
  }
};

}  // namespace

std::unique_ptr<Speech> speak_chat_completions() {
  return std::make_unique<ChatCompletions>();
}

}  // namespace weir::noninterference

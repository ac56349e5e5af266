// Ollama's /api/chat.
#include <fmt/format.h>

#include "planner.h"
#include "speech.h"

namespace weir::noninterference {
namespace {

constexpr std::string_view kHead = R"("model":"planner","created_at":"2026-11-28T20:00:00Z")";
constexpr std::string_view kEnd = R"("done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":1)";

std::string call_of(const demo::WantedCall& call, size_t index, bool ids) {
  return fmt::format(R"({{{}"function":{{"index":{},"name":"{}","arguments":{}}}}})",
                     ids ? fmt::format(R"("id":"{}",)", call.id) : "", index, call.tool, call.arguments);
}

class Ollama final : public Speech {
 public:
  std::string path(std::string_view, bool) const override { return "/api/chat"; }

  std::string request(std::string_view model, bool stream,
                      const std::vector<std::string>& history) const override {
    json::Writer writer;
    writer.begin_object().field("model", model);
    if (!stream) writer.key("stream").boolean(false);
    writer.key("tools").begin_array();
    for (const std::string tool : kTools)
      writer.raw(fmt::format(
          R"({{"type":"function","function":{{"name":"box__{}","parameters":{{"type":"object"}}}}}})", tool));
    writer.end_array().key("messages").begin_array();
    for (const std::string& message : history) writer.raw(message);
    return writer.end_array().end_object().take();
  }

  Reply read(const std::string& body, bool) const override {
    Reply reply;
    each_event(body, [&reply](json::Value line) {
      const json::Value message = line["message"];
      reply.text += message["content"].string_or("");
      if (const auto thought = message["thinking"].string()) reply.thoughts.emplace_back(*thought);
      for (const json::Value call : message["tool_calls"].elements())
        reply.calls.push_back({std::string(call["id"].string_or("")),
                               std::string(call["function"]["name"].string_or("")),
                               std::string(call["function"]["arguments"].raw())});
    });
    return reply;
  }

  std::vector<std::string> keep(const Reply& reply, bool thoughts, std::string_view more) const override {
    std::string text = reply.text;
    if (!text.empty()) text += more;
    if (text.empty() && reply.calls.empty()) text = "(nothing)";
    json::Writer writer;
    writer.begin_object().field("role", "assistant").field("content", text);
    std::string thought;
    for (const std::string& piece : reply.thoughts) thought += piece;
    if (thoughts && !thought.empty()) writer.field("thinking", thought);
    if (!reply.calls.empty()) writer.key("tool_calls").begin_array();
    for (const ReadCall& call : reply.calls) {
      writer.begin_object();
      if (!call.id.empty()) writer.field("id", call.id);
      writer.key("function").begin_object().field("name", call.tool).key("arguments").raw(call.arguments);
      writer.end_object().end_object();
    }
    if (!reply.calls.empty()) writer.end_array();
    return {writer.end_object().take()};
  }

  std::vector<std::string> results(const std::vector<ReadCall>& calls,
                                   const std::vector<Content>& contents) const override {
    std::vector<std::string> all;
    for (size_t i = 0; i < calls.size(); ++i) {
      std::string text;
      for (const std::string& each : contents[i].texts) text += (text.empty() ? "" : "\n") + each;
      json::Writer writer;
      writer.begin_object().field("role", "tool").field("content", text).field("tool_name", calls[i].tool);
      if (!calls[i].id.empty()) writer.field("tool_call_id", calls[i].id);
      all.push_back(writer.end_object().take());
    }
    return all;
  }

  bool streams(std::string_view, json::Value body) const override {
    return body["stream"].boolean().value_or(true);
  }

  std::string_view stream_type() const override { return "application/x-ndjson"; }

  std::string say(const Said& said, bool stream, size_t fragment_bytes) const override {
    std::vector<std::string> calls;
    for (const demo::WantedCall& call : said.turn.calls)
      calls.push_back(call_of(call, calls.size(), said.ids));
    std::string out;
    const auto line = [&](std::string_view member, std::string_view value, bool done) {
      const std::string content = member == "content" ? "" : R"("content":"",)";
      out += fmt::format(R"({{{},"message":{{"role":"assistant",{}"{}":{}}},{}}})", kHead, content, member,
                         value, done ? kEnd : R"("done":false)");
      out += "\n";
    };
    if (!stream) {
      std::string all;
      for (const std::string& call : calls) all += (all.empty() ? "" : ",") + call;
      return fmt::format(R"({{{},"message":{{"role":"assistant","content":{}{}{}}},{}}})", kHead,
                         json::quote(said.turn.text),
                         said.thought.empty() ? "" : R"(,"thinking":)" + json::quote(said.thought),
                         all.empty() ? "" : R"(,"tool_calls":[)" + all + "]", kEnd);
    }
    in_pieces(said.thought, fragment_bytes,
              [&](std::string_view piece) { line("thinking", json::quote(piece), false); });
    in_pieces(said.turn.text, fragment_bytes,
              [&](std::string_view piece) { line("content", json::quote(piece), false); });
    for (const std::string& call : calls) line("tool_calls", "[" + call + "]", false);
    line("content", "\"\"", true);
    return out;
  }
};

}  // namespace

std::unique_ptr<Speech> speak_ollama() {
  return std::make_unique<Ollama>();
}

}  // namespace weir::noninterference

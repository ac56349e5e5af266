// Messages.
#include <fmt/format.h>

#include "planner.h"
#include "speech.h"

namespace weir::noninterference {
namespace {

std::string event(std::string_view type, std::string_view rest) {
  return fmt::format("event: {}\ndata: {{\"type\":\"{}\"{}{}}}\n\n", type, type, rest.empty() ? "" : ",",
                     rest);
}

constexpr std::string_view kHead =
    R"("id":"msg","type":"message","role":"assistant","model":"planner","usage":{"input_tokens":1,"output_tokens":1})";

class Messages final : public Speech {
 public:
  std::string path(std::string_view, bool) const override { return "/v1/messages"; }

  std::string request(std::string_view model, bool stream,
                      const std::vector<std::string>& history) const override {
    json::Writer writer;
    writer.begin_object().field("model", model).key("stream").boolean(stream).key("max_tokens").integer(1000);
    writer.field("system", "You are an assistant.").key("tools").begin_array();
    for (const std::string tool : kTools)
      writer.raw(fmt::format(R"({{"name":"box__{}","input_schema":{{"type":"object"}}}})", tool));
    writer.end_array().key("messages").begin_array();
    for (const std::string& message : history) writer.raw(message);
    return writer.end_array().end_object().take();
  }

  Reply read(const std::string& body, bool stream) const override {
    std::vector<Block> blocks;
    if (!stream) {
      if (const auto document = json::parse(body)) {
        for (const json::Value block : (*document)["content"].elements()) blocks.push_back(begun(block));
      }
    } else {
      each_event(body, [&](json::Value each) {
        if (each["type"].string_or("") == "content_block_start")
          blocks.push_back(begun(each["content_block"]));
        if (blocks.empty()) return;
        const json::Value delta = each["delta"];
        blocks.back().text += delta["text"].string_or("");
        blocks.back().text += delta["thinking"].string_or("");
        blocks.back().signature += delta["signature"].string_or("");
        blocks.back().input += delta["partial_json"].string_or("");
      });
    }
    return reply_of(blocks, stream);
  }

  std::vector<std::string> keep(const Reply& reply, bool thoughts, std::string_view more) const override {
    std::string text = reply.text;
    if (!text.empty()) text += more;
    if (text.empty() && reply.calls.empty()) text = "(nothing)";
    json::Writer writer;
    writer.begin_object().field("role", "assistant").key("content").begin_array();
    if (thoughts) {
      for (const std::string& block : reply.thoughts) writer.raw(block);
    }
    if (!text.empty()) writer.begin_object().field("type", "text").field("text", text).end_object();
    for (const ReadCall& call : reply.calls) {
      writer.begin_object().field("type", "tool_use").field("id", call.id).field("name", call.tool);
      writer.key("input").raw(call.arguments).end_object();
    }
    return {writer.end_array().end_object().take()};
  }

  std::vector<std::string> results(const std::vector<ReadCall>& calls,
                                   const std::vector<Content>& contents) const override {
    json::Writer writer;
    writer.begin_object().field("role", "user").key("content").begin_array();
    for (size_t i = 0; i < calls.size(); ++i) {
      writer.begin_object().field("type", "tool_result").field("tool_use_id", calls[i].id);
      if (contents[i].is_error) writer.key("is_error").boolean(true);
      writer.key("content").begin_array();
      for (const std::string& text : contents[i].texts)
        writer.begin_object().field("type", "text").field("text", text).end_object();
      writer.end_array().end_object();
    }
    return {writer.end_array().end_object().take()};
  }

  std::string say(const Said& said, bool stream, size_t fragment_bytes) const override {
    const std::string end = said.turn.calls.empty() ? "end_turn" : "tool_use";
    std::string content;
    std::string events = event("message_start", fmt::format(R"("message":{{{},"content":[]}})", kHead));
    size_t index = 0;
    const auto block = [&](const std::string& whole, std::string_view begin,
                           const std::vector<std::array<std::string_view, 3>>& deltas) {
      content += (content.empty() ? "" : ",") + whole;
      events += event("content_block_start", fmt::format(R"("index":{},"content_block":{})", index, begin));
      for (const auto& [type, member, text] : deltas)
        in_pieces(text, fragment_bytes, [&](std::string_view piece) {
          events += event("content_block_delta", fmt::format(R"("index":{},"delta":{{"type":"{}","{}":{}}})",
                                                             index, type, member, json::quote(piece)));
        });
      events += event("content_block_stop", fmt::format(R"("index":{})", index++));
    };
    if (!said.thought.empty())
      block(fmt::format(R"({{"type":"thinking","thinking":{},"signature":"signed"}})",
                        json::quote(said.thought)),
            R"({"type":"thinking","thinking":"","signature":""})",
            {{"thinking_delta", "thinking", said.thought}, {"signature_delta", "signature", "signed"}});
    if (!said.turn.text.empty())
      block(fmt::format(R"({{"type":"text","text":{}}})", json::quote(said.turn.text)),
            R"({"type":"text","text":""})", {{"text_delta", "text", said.turn.text}});
    for (const demo::WantedCall& call : said.turn.calls) {
      const std::string head =
          fmt::format(R"({{"type":"tool_use","id":"{}","name":"{}","input":)", call.id, call.tool);
      block(head + call.arguments + "}", head + "{}}",
            {{"input_json_delta", "partial_json", call.arguments}});
    }
    if (!stream)
      return fmt::format(R"({{{},"content":[{}],"stop_reason":"{}","stop_sequence":null}})", kHead, content,
                         end);
    events += event(
        "message_delta",
        fmt::format(R"("delta":{{"stop_reason":"{}","stop_sequence":null}},"usage":{{"output_tokens":1}})",
                    end));
    return events + event("message_stop", "");
  }

 private:
  struct Block {
    std::string type, id, name, text, signature, input;
  };

  static Block begun(json::Value block) {
    return {std::string(block["type"].string_or("")),
            std::string(block["id"].string_or("")),
            std::string(block["name"].string_or("")),
            std::string(block["text"].string_or(block["thinking"].string_or(""))),
            std::string(block["signature"].string_or("")),
            block["input"].size() > 0 ? std::string(block["input"].raw()) : ""};
  }

  static Reply reply_of(const std::vector<Block>& blocks, bool) {
    Reply reply;
    for (const Block& block : blocks) {
      if (block.type == "text") reply.text += block.text;
      if (block.type == "tool_use")
        reply.calls.push_back({block.id, block.name, block.input.empty() ? "{}" : block.input});
      if (block.type == "thinking")
        reply.thoughts.push_back(json::Writer()
                                     .begin_object()
                                     .field("type", "thinking")
                                     .field("thinking", block.text)
                                     .field("signature", block.signature)
                                     .end_object()
                                     .take());
    }
    return reply;
  }
};

}  // namespace

std::unique_ptr<Speech> speak_messages() {
  return std::make_unique<Messages>();
}

}  // namespace weir::noninterference

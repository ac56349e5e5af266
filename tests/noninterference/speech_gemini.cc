// Gemini's generateContent and streamGenerateContent.
#include <fmt/format.h>

#include "planner.h"
#include "speech.h"

namespace weir::noninterference {
namespace {

std::string chunk(std::string_view parts, bool ends) {
  return fmt::format(
      R"({{"candidates":[{{"content":{{"parts":[{}],"role":"model"}}{},"index":0}}],"usageMetadata":{{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}},"modelVersion":"m","responseId":"r"}})",
      parts, ends ? R"(,"finishReason":"STOP")" : "");
}

std::string call_of(const demo::WantedCall& call, bool ids, bool sign) {
  return fmt::format(R"({{"functionCall":{{{}"name":"{}","args":{}}}{}}})",
                     ids ? fmt::format(R"("id":"{}",)", call.id) : "", call.tool, call.arguments,
                     sign ? R"(,"thoughtSignature":"c2lnbmVk")" : "");
}

class Gemini final : public Speech {
 public:
  // A stream as events, or as one list.
  std::string path(std::string_view model, bool stream) const override {
    if (!stream) return fmt::format("/v1beta/models/{}:generateContent", model);
    return fmt::format("/v1beta/models/{}:streamGenerateContent{}", model,
                       mix(3, model) % 2 == 0 ? "" : "?alt=sse");
  }

  std::string request(std::string_view, bool, const std::vector<std::string>& history) const override {
    json::Writer writer;
    writer.begin_object().key("systemInstruction").raw(R"({"parts":[{"text":"You are an assistant."}]})");
    writer.key("tools").begin_array().begin_object().key("functionDeclarations").begin_array();
    for (const std::string tool : kTools)
      writer.raw(fmt::format(R"({{"name":"box__{}","parameters":{{"type":"object"}}}})", tool));
    writer.end_array().end_object().end_array().key("contents").begin_array();
    for (const std::string& content : history) writer.raw(content);
    return writer.end_array().end_object().take();
  }

  std::string user(std::string_view text) const override {
    return fmt::format(R"({{"role":"user","parts":[{{"text":{}}}]}})", json::quote(text));
  }

  Reply read(const std::string& body, bool stream) const override {
    Reply reply;
    const auto take = [&reply](json::Value whole) {
      for (const json::Value part : whole.at_pointer("/candidates/0/content/parts").elements()) {
        reply.raw.emplace_back(part.raw());
        if (part["thought"].boolean() == true) continue;
        reply.text += part["text"].string_or("");
        if (const json::Value call = part["functionCall"]; call.exists())
          reply.calls.push_back({std::string(call["id"].string_or("")),
                                 std::string(call["name"].string_or("")), std::string(call["args"].raw())});
      }
    };
    if (stream && body.starts_with("data:")) {
      each_event(body, take);
    } else if (const auto document = json::parse(body)) {
      if (document->root().is_object()) take(document->root());
      for (const json::Value each : document->root().elements()) take(each);
    }
    return reply;
  }

  // Google's own client keeps each piece of a stream as a content of its own.
  std::vector<std::string> keep(const Reply& reply, bool thoughts, std::string_view more) const override {
    std::vector<std::string> parts;
    for (const std::string& part : reply.raw) {
      const bool thought = part.find("\"thought\":true") != std::string::npos;
      if (thoughts || !thought) parts.push_back(part);
    }
    if (!more.empty()) parts.push_back(fmt::format(R"({{"text":{}}})", json::quote(more)));
    if (parts.empty()) parts.emplace_back(R"x({"text":"(nothing)"})x");
    if (parts.size() % 2 == 0) {
      for (std::string& part : parts) part = fmt::format(R"({{"role":"model","parts":[{}]}})", part);
      return parts;
    }
    std::string all;
    for (const std::string& part : parts) all += (all.empty() ? "" : ",") + part;
    return {fmt::format(R"({{"role":"model","parts":[{}]}})", all)};
  }

  std::vector<std::string> results(const std::vector<ReadCall>& calls,
                                   const std::vector<Content>& contents) const override {
    json::Writer writer;
    writer.begin_object().field("role", "user").key("parts").begin_array();
    for (size_t i = 0; i < calls.size(); ++i) {
      writer.begin_object().key("functionResponse").begin_object();
      if (!calls[i].id.empty()) writer.field("id", calls[i].id);
      writer.field("name", calls[i].tool).key("response").begin_object();
      writer.key(contents[i].is_error ? "error" : "output");
      if (contents[i].texts.size() == 1) {
        writer.string(contents[i].texts[0]);
      } else {
        writer.begin_array();
        for (const std::string& text : contents[i].texts) writer.string(text);
        writer.end_array();
      }
      writer.end_object().end_object().end_object();
    }
    return {writer.end_array().end_object().take()};
  }

  std::string history_of(json::Value body) const override { return std::string(body["contents"].raw()); }

  bool streams(std::string_view path, json::Value) const override {
    return path.find(":streamGenerateContent") != std::string_view::npos;
  }

  std::string say(const Said& said, bool stream, size_t fragment_bytes) const override {
    std::vector<std::string> parts;
    const size_t step = stream ? fragment_bytes : std::string::npos - 1;
    for (size_t from = 0; from < said.thought.size(); from += std::min(step, said.thought.size()))
      parts.push_back(
          fmt::format(R"({{"thought":true,"text":{}}})", json::quote(said.thought.substr(from, step))));
    for (size_t from = 0; from < said.turn.text.size(); from += std::min(step, said.turn.text.size()))
      parts.push_back(fmt::format(R"({{"text":{}}})", json::quote(said.turn.text.substr(from, step))));
    for (const demo::WantedCall& call : said.turn.calls)
      parts.push_back(call_of(call, said.ids, !said.thought.empty()));
    std::string all;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (stream) all += "data: " + chunk(parts[i], false) + "\r\n\r\n";
      if (!stream) all += (i > 0 ? "," : "") + parts[i];
    }
    if (!stream) return chunk(all, true);
    return all + "data: " + chunk(R"({"text":""})", true) + "\r\n\r\n";
  }
};

}  // namespace

std::unique_ptr<Speech> speak_gemini() {
  return std::make_unique<Gemini>();
}

}  // namespace weir::noninterference

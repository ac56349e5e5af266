// Replies of Ollama and Gemini, made from scripts: what both dialects' tests and fuzz targets play. For tests
// of this folder and fuzz/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/testing.h"

namespace weir::wire::testing::frames {

using exchange::Dialect;

// How a reply is asked for.
struct Form {
  Dialect dialect = Dialect::ollama;
  bool stream = true;
  bool generate = false;  // Ollama's /api/generate
  bool ids = true;        // calls have ids

  std::string name() const {
    return std::string(exchange::dialect_name(dialect)) + (stream ? " stream" : " whole") +
           (generate ? " generate" : "") + (ids ? "" : " without ids");
  }
  std::string path() const {
    if (dialect == Dialect::ollama) return generate ? "/generate" : "/chat";
    return stream ? "/models/m:streamGenerateContent?alt=sse" : "/models/m:generateContent";
  }
  Options options(std::string_view filter = "none") const {
    return {.text_filters = filters(filter), .path = path()};
  }
  std::string request() const { return with_history(""); }
  // A request whose history goes on with these messages, raw.
  std::string with_history(const std::string& messages) const {
    const std::string more = messages.empty() ? "" : "," + messages;
    if (dialect == Dialect::gemini)
      return R"({"contents":[{"role":"user","parts":[{"text":"hi"}]})" + more + "]}";
    const std::string head = std::string(R"({"model":"m","stream":)") + (stream ? "true" : "false");
    if (generate) return head + R"(,"prompt":"hi"})";
    return head + R"(,"messages":[{"role":"user","content":"hi"})" + more + "]}";
  }
};

// One thing that the planner says: a text, a thought ("~…"), or a call ("#N").
using Script = std::vector<std::vector<std::string>>;  // by frame; the last one ends the reply

inline std::string call_json(const Form& form, int i) {
  const std::string k = "K" + std::to_string(i);
  const std::string id = form.ids ? R"("id":")" + k + R"(_id",)" : "";
  const std::string args = R"({"v": ")" + k + R"(_arg"})";
  if (form.dialect == Dialect::gemini)
    return R"({"functionCall": {)" + id + R"("name":")" + k + R"(_name","args":)" + args +
           R"(},"thoughtSignature":"c2ln)" + k + "\"}";
  return "{" + id + R"("function":{"index":)" + std::to_string(i) + R"(,"name":")" + k +
         R"(_name","arguments":)" + args + "}}";
}

namespace detail {

inline std::string ollama_frame(const Form& form, const std::vector<std::string>& items, bool ends) {
  std::string text;
  std::string thought;
  std::string calls;
  for (const std::string& item : items) {
    if (item.starts_with('#')) {
      calls += (calls.empty() ? "" : ", ") + call_json(form, item[1] - '0');
    } else if (item.starts_with('~')) {
      thought += item.substr(1);
    } else {
      text += item;
    }
  }
  std::string out = R"({"model":"m","created_at":"2026-11-28T20:00:00Z",)";
  const std::string more = thought.empty() ? "" : R"(,"thinking":)" + json::quote(thought);
  if (form.generate) {
    out += R"("response": )" + json::quote(text) + more;
  } else {
    out += R"("message":{"role":"assistant","content": )" + json::quote(text) + more;
    if (!calls.empty()) out += R"(,"tool_calls":[)" + calls + "]";
    out += "}";
  }
  return out + (ends ? R"(,"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":5})"
                     : R"(,"done":false})");
}

inline std::string gemini_frame(const Form& form, const std::vector<std::string>& items, bool ends) {
  std::string parts;
  for (const std::string& item : items) {
    parts += parts.empty() ? "" : ", ";
    if (item.starts_with('#')) {
      parts += call_json(form, item[1] - '0');
    } else if (item.starts_with('~')) {
      parts += R"({"thought":true,"text":)" + json::quote(item.substr(1)) + "}";
    } else {
      parts += R"({"text":)" + json::quote(item) + "}";
    }
  }
  std::string out = R"({"candidates":[{"content":{"parts":[ )" + parts + R"(],"role":"model"})";
  if (ends) out += R"(,"finishReason":"STOP")";
  return out + R"(,"index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":5},)" +
         R"("modelVersion":"m","responseId":"r1"})";
}

}  // namespace detail

inline std::string frame(const Form& form, const std::vector<std::string>& items, bool ends) {
  return form.dialect == Dialect::gemini ? detail::gemini_frame(form, items, ends)
                                         : detail::ollama_frame(form, items, ends);
}

inline std::string framed(const Form& form, const std::string& json) {
  if (!form.stream) return json;
  return form.dialect == Dialect::gemini ? "data: " + json + "\r\n\r\n" : json + "\n";
}

// The upstream's bytes.
inline std::string bytes_of(const Form& form, const Script& script) {
  std::string out;
  if (!form.stream) {
    std::vector<std::string> all;
    for (const auto& items : script) all.insert(all.end(), items.begin(), items.end());
    return frame(form, all, true);
  }
  for (size_t i = 0; i < script.size(); ++i)
    out += framed(form, frame(form, script[i], i + 1 == script.size()));
  return out;
}

// What a client's library makes of the bytes. `message`: what it sends back, as messages or contents.
inline Seen read(const Form& form, std::string_view bytes) {
  Seen seen;
  std::string calls;
  const auto take = [&](json::Value root) {
    if (seen.ended && root.size() > 0) seen.problem = "a frame after the end";
    if (form.dialect == Dialect::gemini) {
      for (const json::Value candidate : root["candidates"].elements()) {
        for (const json::Value part : candidate["content"]["parts"].elements()) {
          if (part["thought"].boolean() != true) seen.text += part["text"].string_or("");
          if (const json::Value call = part["functionCall"]; call.exists())
            seen.calls.push_back({std::string(call["id"].string_or("")),
                                  std::string(call["name"].string_or("")), std::string(call["args"].raw())});
        }
        if (candidate["content"].is_object())
          seen.message += (seen.message.empty() ? "" : ",") + std::string(candidate["content"].raw());
        seen.ended |= candidate["finishReason"].is_string();
      }
      seen.output_tokens = root["usageMetadata"]["candidatesTokenCount"].integer().value_or(0);
      return;
    }
    const json::Value message = root["message"];
    seen.text += (form.generate ? root["response"] : message["content"]).string_or("");
    for (const json::Value call : message["tool_calls"].elements()) {
      seen.calls.push_back({std::string(call["id"].string_or("")),
                            std::string(call["function"]["name"].string_or("")),
                            std::string(call["function"]["arguments"].raw())});
      calls += (calls.empty() ? "" : ",") + std::string(call.raw());
    }
    seen.ended |= root["done"].boolean() == true;
    seen.output_tokens = root["eval_count"].integer().value_or(0);
  };
  const auto take_text = [&](std::string_view text) {
    const auto document = json::parse(std::string(text));
    if (!document) {
      seen.problem = "not JSON: " + std::string(text);
      return;
    }
    take(document->root());
  };
  if (!form.stream) {
    take_text(bytes);
  } else if (form.dialect == Dialect::gemini) {
    SseParser parser;
    std::vector<SseEvent> events;
    if (!parser.feed(bytes, events) || !parser.rest().empty()) seen.problem = "no stream of events";
    for (const SseEvent& event : events) {
      if (event.has_data) take_text(event.data);
    }
  } else {
    while (!bytes.empty()) {
      const size_t end = std::min(bytes.find('\n'), bytes.size());
      take_text(bytes.substr(0, end));
      bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
  }
  if (!seen.ended) seen.problem = "no end";
  if (form.dialect == Dialect::ollama)
    seen.message = R"({"role":"assistant","content":)" + json::quote(seen.text) +
                   (calls.empty() ? "" : R"(,"tool_calls":[)" + calls + "]") + "}";
  return seen;
}

}  // namespace weir::wire::testing::frames

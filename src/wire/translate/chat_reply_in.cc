// Chat Completions replies into events.
#include <fmt/format.h>

#include <map>

#include "wire/sse.h"
#include "wire/translate/event.h"

namespace weir::wire::translate {
namespace {

Usage read_usage(json::Value usage) {
  Usage all;
  all.input = usage["prompt_tokens"].integer().value_or(0);
  all.output = usage["completion_tokens"].integer().value_or(0);
  all.cached = usage["prompt_tokens_details"]["cached_tokens"].integer().value_or(0);
  all.thinking = usage["completion_tokens_details"]["reasoning_tokens"].integer().value_or(0);
  return all;
}

StopReason read_reason(std::string_view reason) {
  if (reason == "length") return StopReason::length;
  if (reason == "tool_calls" || reason == "function_call") return StopReason::calls;
  return reason == "content_filter" ? StopReason::refused : StopReason::end;
}

std::string error_message(json::Value error) {
  return std::string(error["message"].string_or(error.string_or("the upstream sent an error")));
}

// The texts of a message or delta.
void read_texts(json::Value holder, Events& out) {
  const auto add = [&](Kind kind, json::Value text) {
    if (const auto said = text.string(); said && !said->empty())
      out.emplace_back(Delta{kind, std::string(*said)});
  };
  add(Kind::thinking,
      holder["reasoning_content"].is_string() ? holder["reasoning_content"] : holder["reasoning"]);
  add(Kind::text, holder["content"]);
  for (const json::Value part : holder["content"].elements()) {
    const std::string_view type = part["type"].string_or("");
    if (type == "text") add(Kind::text, part["text"]);
    if (type == "refusal") add(Kind::refusal, part["refusal"]);
    if (type == "thinking") add(Kind::thinking, part["thinking"]);
  }
  add(Kind::refusal, holder["refusal"]);
}

struct OpenCall {
  exchange::Call call;
  void add(json::Value wire) {
    if (const auto id = wire["id"].string(); id && !id->empty()) call.id = *id;
    const bool custom = wire["custom"].is_object();
    const json::Value body = wire[custom ? "custom" : "function"];
    if (custom) call.is_json = false;
    call.name += body["name"].string_or("");
    call.arguments += body[custom ? "input" : "arguments"].string_or("");
  }
};

class Whole final : public WholeReader {
  Status read(json::Value root, Events& out) override {
    if (root["error"].is_object()) {
      out.emplace_back(Failure{error_message(root["error"])});
      return {};
    }
    for (const json::Value choice : root["choices"].elements()) {
      const json::Value message = choice["message"];
      read_texts(message, out);
      if (message["audio"].is_object()) return unavailable("the upstream answered with sound");
      for (const json::Value wire : message["tool_calls"].elements()) {
        OpenCall call;
        call.add(wire);
        out.emplace_back(std::move(call.call));
      }
      if (root["usage"].is_object()) out.emplace_back(read_usage(root["usage"]));
      out.emplace_back(Stop{read_reason(choice["finish_reason"].string_or("stop"))});
      return {};
    }
    return unavailable("the reply has no choices");
  }
};

class Stream final : public ReplyReader {
 public:
  Status feed(std::string_view bytes, Events& out) override {
    std::vector<SseEvent> events;
    WEIR_TRY(sse_.feed(bytes, events));
    for (const SseEvent& event : events) {
      if (!event.has_data || event.data == "[DONE]") continue;
      const auto document = json::parse(event.data);
      if (!document) return unavailable("an event is not JSON: " + document.error().text());
      read(document->root(), out);
    }
    return {};
  }

  Status end(Events& out) override {
    finish_calls(out);
    if (stop_) out.emplace_back(*stop_);
    return {};
  }

 private:
  void read(json::Value root, Events& out) {
    if (root["error"].exists() && !root["error"].is_null())
      out.emplace_back(Failure{error_message(root["error"])});
    if (root["usage"].is_object()) out.emplace_back(read_usage(root["usage"]));
    for (const json::Value choice : root["choices"].elements()) {
      const json::Value delta = choice["delta"];
      read_texts(delta, out);
      int64_t place = 0;
      for (const json::Value wire : delta["tool_calls"].elements()) {
        calls_[wire["index"].integer().value_or(place)].add(wire);
        ++place;
      }
      if (const auto reason = choice["finish_reason"].string()) {
        finish_calls(out);
        stop_ = Stop{read_reason(*reason)};
      }
      break;
    }
  }

  // Calls come at the end of a choice, because they were held until then.
  void finish_calls(Events& out) {
    for (auto& [index, open] : calls_) out.emplace_back(std::move(open.call));
    calls_.clear();
  }

  SseParser sse_;
  std::map<int64_t, OpenCall> calls_;  // by index
  std::optional<Stop> stop_;
};

}  // namespace

std::unique_ptr<ReplyReader> read_chat_reply(bool stream) {
  if (stream) return std::make_unique<Stream>();
  return std::make_unique<Whole>();
}

}  // namespace weir::wire::translate

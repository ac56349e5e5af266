// Messages replies into events.
#include <fmt/format.h>

#include "wire/sse.h"
#include "wire/translate/event.h"

namespace weir::wire::translate {
namespace {

StopReason read_reason(std::string_view reason) {
  if (reason == "tool_use") return StopReason::calls;
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return StopReason::length;
  if (reason == "stop_sequence") return StopReason::sequence;
  return reason == "refusal" ? StopReason::refused : StopReason::end;
}

// A stream counts in two events, and the later says only what is new.
void read_usage(json::Value usage, Usage& all) {
  const int64_t was_new = all.input - all.cached - all.cache_written;
  const int64_t fresh = usage["input_tokens"].integer().value_or(was_new);
  all.cached = usage["cache_read_input_tokens"].integer().value_or(all.cached);
  all.cache_written = usage["cache_creation_input_tokens"].integer().value_or(all.cache_written);
  all.input = fresh + all.cached + all.cache_written;
  all.output = usage["output_tokens"].integer().value_or(all.output);
}

Status unknown_block(std::string_view type) {
  return unavailable(fmt::format("the block \"{}\" cannot be told in the client's API", shown(type)));
}

void add(Kind kind, json::Value text, Events& out) {
  if (const auto said = text.string(); said && !said->empty())
    out.emplace_back(Delta{kind, std::string(*said)});
}

Stop read_stop(json::Value holder) {
  return {read_reason(holder["stop_reason"].string_or("")),
          std::string(holder["stop_sequence"].string_or(""))};
}

class Whole final : public WholeReader {
  Status read(json::Value root, Events& out) override {
    if (root["type"].string_or("") == "error") {
      out.emplace_back(
          Failure{std::string(root["error"]["message"].string_or("the upstream sent an error"))});
      return {};
    }
    for (const json::Value block : root["content"].elements()) {
      const std::string_view type = block["type"].string_or("");
      if (type == "text" || type == "thinking") {
        add(type == "text" ? Kind::text : Kind::thinking, block[type], out);
      } else if (type == "tool_use") {
        out.emplace_back(exchange::Call{std::string(block["id"].string_or("")),
                                        std::string(block["name"].string_or("")),
                                        std::string(block["input"].raw()), true});
        continue;
      } else if (type != "redacted_thinking" && type != "fallback") {
        return unknown_block(type);
      }
      out.emplace_back(End{});
    }
    Usage usage;
    read_usage(root["usage"], usage);
    out.emplace_back(usage);
    out.emplace_back(read_stop(root));
    return {};
  }
};

class Stream final : public ReplyReader {
 public:
  Status feed(std::string_view bytes, Events& out) override {
    std::vector<SseEvent> events;
    WEIR_TRY(sse_.feed(bytes, events));
    for (const SseEvent& event : events) {
      if (!event.has_data) continue;
      const auto document = json::parse(event.data);
      if (!document) return unavailable("an event is not JSON: " + document.error().text());
      WEIR_TRY(read(document->root(), out));
    }
    return {};
  }

  Status end(Events&) override { return {}; }

 private:
  Status read(json::Value root, Events& out) {
    const std::string_view type = root["type"].string_or("");
    if (type == "message_start") {
      read_usage(root["message"]["usage"], usage_);
      out.emplace_back(usage_);
    } else if (type == "content_block_start") {
      return begin(root["content_block"], out);
    } else if (type == "content_block_delta") {
      go_on(root["delta"], out);
    } else if (type == "content_block_stop") {
      if (is_call_) {
        if (input_.empty()) input_ = "{}";
        call_.arguments = std::move(input_);
        out.emplace_back(std::move(call_));
      } else {
        out.emplace_back(End{});
      }
      is_call_ = false;
    } else if (type == "message_delta") {
      read_usage(root["usage"], usage_);
      out.emplace_back(usage_);
      if (root["delta"]["stop_reason"].is_string()) out.emplace_back(read_stop(root["delta"]));
    } else if (type == "error") {
      out.emplace_back(
          Failure{std::string(root["error"]["message"].string_or("the upstream sent an error"))});
    }
    return {};
  }

  Status begin(json::Value block, Events& out) {
    const std::string_view type = block["type"].string_or("");
    is_call_ = type == "tool_use";
    if (is_call_) {
      call_ = {std::string(block["id"].string_or("")), std::string(block["name"].string_or("")), {}, true};
      // Either whole here, or in pieces behind an empty one.
      input_ = block["input"].size() > 0 ? std::string(block["input"].raw()) : std::string();
      return {};
    }
    if (type == "text" || type == "thinking") {
      add(type == "text" ? Kind::text : Kind::thinking, block[type], out);
      return {};
    }
    if (type != "redacted_thinking" && type != "fallback") return unknown_block(type);
    return {};
  }

  void go_on(json::Value delta, Events& out) {
    const std::string_view type = delta["type"].string_or("");
    if (type == "text_delta") add(Kind::text, delta["text"], out);
    if (type == "thinking_delta") add(Kind::thinking, delta["thinking"], out);
    if (type == "input_json_delta") input_ += delta["partial_json"].string_or("");
  }

  SseParser sse_;
  Usage usage_;
  bool is_call_ = false;
  exchange::Call call_;
  std::string input_;
};

}  // namespace

std::unique_ptr<ReplyReader> read_messages_reply(bool stream) {
  if (stream) return std::make_unique<Stream>();
  return std::make_unique<Whole>();
}

}  // namespace weir::wire::translate

// Events as a Messages reply.
#include <fmt/format.h>

#include "wire/translate/event.h"

namespace weir::wire::translate {
namespace {

std::string_view reason_word(const Collected& all) {
  switch (all.stop.reason) {
    case StopReason::length:
      return "max_tokens";
    case StopReason::refused:
      return "refusal";
    case StopReason::sequence:
      return "stop_sequence";
    case StopReason::calls:
    case StopReason::end:
      break;
  }
  return all.any_call ? "tool_use" : "end_turn";
}

void write_usage(const Usage& usage, json::Writer& out) {
  out.key("usage").begin_object();
  out.key("input_tokens").integer(std::max<int64_t>(0, usage.input - usage.cached - usage.cache_written));
  out.key("cache_creation_input_tokens").integer(usage.cache_written);
  out.key("cache_read_input_tokens").integer(usage.cached);
  out.key("output_tokens").integer(usage.output).end_object();
}

void write_stop(const Collected& all, json::Writer& out) {
  out.field("stop_reason", reason_word(all)).key("stop_sequence");
  if (all.stop.sequence.empty()) {
    out.null();
  } else {
    out.string(all.stop.sequence);
  }
}

class Writer final : public ReplyWriter {
 public:
  explicit Writer(ReplyFrame frame) : frame_(std::move(frame)) {}

  std::string write(const Event& event) override {
    const bool begins = all_.add(event, frame_);
    if (!frame_.stream) return {};
    if (const auto* failure = std::get_if<Failure>(&event))
      return error_event(exchange::Dialect::messages, unavailable(failure->message));
    std::string out;
    if (const auto* delta = std::get_if<Delta>(&event)) {
      if (begins) {
        out = start();
        out += close();
        out += open_text(delta->kind);
      }
      return out += piece(delta->kind, delta->text);
    }
    if (std::holds_alternative<exchange::Call>(event)) {
      out = start();
      out += close();
      return out += call();
    }
    if (std::holds_alternative<End>(event)) return close();
    return {};
  }

  std::string end() override {
    if (!frame_.stream) return whole();
    if (all_.failed) return {};
    std::string out = start();
    out += close();
    json::Writer delta;
    delta.begin_object().field("type", "message_delta").key("delta").begin_object();
    write_stop(all_, delta);
    delta.end_object();
    write_usage(all_.usage, delta);
    out += event("message_delta", delta.end_object().take());
    return out + event("message_stop", R"({"type":"message_stop"})");
  }

  std::string sent_back() const override {
    json::Writer out;
    out.begin_object().field("role", "assistant");
    write_content(out);
    return out.end_object().take();
  }

 private:
  static std::string event(std::string_view name, std::string_view data) {
    return fmt::format("event: {}\ndata: {}\n\n", name, data);
  }

  json::Writer head() const {
    json::Writer out;
    out.begin_object().field("id", "msg_" + frame_.id).field("type", "message").field("role", "assistant");
    out.field("model", frame_.model);
    return out;
  }

  std::string start() {
    if (started_) return {};
    started_ = true;
    json::Writer message = head();
    message.key("content").begin_array().end_array().key("stop_reason").null().key("stop_sequence").null();
    write_usage(all_.usage, message);
    message.end_object();
    return event("message_start", fmt::format(R"({{"type":"message_start","message":{}}})", message.text()));
  }

  std::string open_block(std::string_view block) {
    open_ = true;
    return event(
        "content_block_start",
        fmt::format(R"({{"type":"content_block_start","index":{},"content_block":{}}})", index_, block));
  }

  std::string open_text(Kind kind) {
    return open_block(kind == Kind::thinking ? R"({"type":"thinking","thinking":"","signature":""})"
                                             : R"({"type":"text","text":""})");
  }

  std::string piece(Kind kind, std::string_view text) const {
    const bool thinking = kind == Kind::thinking;
    return event("content_block_delta",
                 fmt::format(R"({{"type":"content_block_delta","index":{},"delta":{{"type":"{}","{}":{}}}}})",
                             index_, thinking ? "thinking_delta" : "text_delta",
                             thinking ? "thinking" : "text", json::quote(text)));
  }

  std::string call() {
    const ClientCall& call = all_.pieces.back().call;
    json::Writer block;
    block.begin_object().field("type", "tool_use").field("id", call.id).field("name", call.name);
    block.key("input").begin_object().end_object().end_object();
    std::string out = open_block(block.text());
    out +=
        event("content_block_delta",
              fmt::format(R"({{"type":"content_block_delta","index":{},"delta":{{"type":"input_json_delta",)"
                          R"("partial_json":{}}}}})",
                          index_, json::quote(arguments_object(call))));
    return out += close();
  }

  std::string close() {
    if (!open_) return {};
    open_ = false;
    return event("content_block_stop",
                 fmt::format(R"({{"type":"content_block_stop","index":{}}})", index_++));
  }

  void write_content(json::Writer& out) const {
    out.key("content").begin_array();
    for (const Piece& piece : all_.pieces) {
      out.begin_object();
      if (piece.is_call) {
        out.field("type", "tool_use").field("id", piece.call.id).field("name", piece.call.name);
        out.key("input").raw(arguments_object(piece.call));
      } else if (piece.kind == Kind::thinking) {
        out.field("type", "thinking").field("thinking", piece.text).field("signature", "");
      } else {
        out.field("type", "text").field("text", piece.text);
      }
      out.end_object();
    }
    out.end_array();
  }

  std::string whole() const {
    json::Writer out = head();
    write_content(out);
    write_stop(all_, out);
    write_usage(all_.usage, out);
    return out.end_object().take();
  }

  const ReplyFrame frame_;
  Collected all_;
  bool started_ = false;
  bool open_ = false;  // a block
  int64_t index_ = 0;
};

}  // namespace

std::unique_ptr<ReplyWriter> write_messages_reply(ReplyFrame frame) {
  return std::make_unique<Writer>(std::move(frame));
}

}  // namespace weir::wire::translate

// Events as a Chat Completions reply.
#include <fmt/format.h>

#include "wire/translate/event.h"

namespace weir::wire::translate {
namespace {

std::string_view reason_word(const Collected& all) {
  switch (all.stop.reason) {
    case StopReason::length:
      return "length";
    case StopReason::refused:
      return "content_filter";
    case StopReason::calls:
    case StopReason::end:
    case StopReason::sequence:
      break;
  }
  return all.any_call ? "tool_calls" : "stop";
}

void write_usage(const Usage& usage, json::Writer& out) {
  out.key("usage").begin_object();
  out.key("prompt_tokens").integer(usage.input).key("completion_tokens").integer(usage.output);
  out.key("total_tokens").integer(usage.input + usage.output);
  out.key("prompt_tokens_details").begin_object().key("cached_tokens").integer(usage.cached).end_object();
  out.key("completion_tokens_details").begin_object();
  out.key("reasoning_tokens").integer(usage.thinking).end_object().end_object();
}

void write_call(const ClientCall& call, int64_t index, json::Writer& out) {
  const std::string_view type = call.is_custom ? "custom" : "function";
  out.begin_object();
  if (index >= 0) out.key("index").integer(index);
  out.field("id", call.id).field("type", type).key(type).begin_object();
  out.field("name", call.name).field(call.is_custom ? "input" : "arguments", call.arguments);
  out.end_object().end_object();
}

class Writer final : public ReplyWriter {
 public:
  explicit Writer(ReplyFrame frame) : frame_(std::move(frame)) {}

  std::string write(const Event& event) override {
    const bool begins = all_.add(event, frame_);
    if (!frame_.stream) return {};
    if (const auto* failure = std::get_if<Failure>(&event))
      return error_event(exchange::Dialect::chat_completions, unavailable(failure->message));
    if (const auto* delta = std::get_if<Delta>(&event)) {
      std::string text = delta->text;
      // Texts of one kind are one text here.
      if (begins && has_before(delta->kind)) text = "\n\n" + text;
      return chunk([&](json::Writer& out) { out.field(key_of(delta->kind), text); });
    }
    if (std::holds_alternative<exchange::Call>(event)) {
      return chunk([&](json::Writer& out) {
        out.key("tool_calls").begin_array();
        write_call(all_.pieces.back().call, calls_++, out);
        out.end_array();
      });
    }
    return {};
  }

  std::string end() override {
    if (!frame_.stream) return whole();
    if (all_.failed) return {};
    std::string out;
    if (!begun_) out += chunk([](json::Writer&) {});
    json::Writer last = head();
    last.key("choices").begin_array().begin_object().key("index").integer(0);
    last.key("delta").begin_object().end_object().field("finish_reason", reason_word(all_));
    last.end_object().end_array().end_object();
    out += "data: " + last.take() + "\n\n";
    if (frame_.usage) {
      json::Writer counted = head();
      counted.key("choices").begin_array().end_array();
      write_usage(all_.usage, counted);
      out += "data: " + counted.end_object().take() + "\n\n";
    }
    return out + "data: [DONE]\n\n";
  }

  std::string sent_back() const override {
    json::Writer out;
    write_message(out);
    return out.take();
  }

 private:
  static std::string_view key_of(Kind kind) {
    return kind == Kind::text ? "content" : kind == Kind::refusal ? "refusal" : "reasoning_content";
  }

  // Whether a text of that kind came before the last piece.
  bool has_before(Kind kind) const {
    for (size_t i = 0; i + 1 < all_.pieces.size(); ++i) {
      if (!all_.pieces[i].is_call && all_.pieces[i].kind == kind && !all_.pieces[i].text.empty()) return true;
    }
    return false;
  }

  std::string joined(Kind kind) const {
    std::string text;
    for (const Piece& piece : all_.pieces) {
      if (piece.is_call || piece.kind != kind || piece.text.empty()) continue;
      text += (text.empty() ? "" : "\n\n") + piece.text;
    }
    return text;
  }

  json::Writer head() const {
    json::Writer out;
    out.begin_object().field("id", "chatcmpl-" + frame_.id);
    out.field("object", frame_.stream ? "chat.completion.chunk" : "chat.completion");
    out.key("created").integer(frame_.created_s).field("model", frame_.model);
    return out;
  }

  template <class Fill>
  std::string chunk(Fill fill) {
    json::Writer out = head();
    out.key("choices").begin_array().begin_object().key("index").integer(0).key("delta").begin_object();
    if (!begun_) out.field("role", "assistant");
    begun_ = true;
    fill(out);
    out.end_object().key("finish_reason").null().end_object().end_array().end_object();
    return "data: " + out.take() + "\n\n";
  }

  void write_message(json::Writer& out) const {
    out.begin_object().field("role", "assistant").key("content");
    const std::string text = joined(Kind::text);
    if (text.empty()) {
      out.null();
    } else {
      out.string(text);
    }
    const std::string refusal = joined(Kind::refusal);
    out.key("refusal");
    if (refusal.empty()) {
      out.null();
    } else {
      out.string(refusal);
    }
    if (const std::string thought = joined(Kind::thinking); !thought.empty())
      out.field("reasoning_content", thought);
    if (all_.any_call) {
      out.key("tool_calls").begin_array();
      for (const Piece& piece : all_.pieces) {
        if (piece.is_call) write_call(piece.call, -1, out);
      }
      out.end_array();
    }
    out.end_object();
  }

  std::string whole() const {
    json::Writer out = head();
    out.key("choices").begin_array().begin_object().key("index").integer(0).key("message");
    write_message(out);
    out.key("logprobs").null().field("finish_reason", reason_word(all_)).end_object().end_array();
    write_usage(all_.usage, out);
    return out.end_object().take();
  }

  const ReplyFrame frame_;
  Collected all_;
  bool begun_ = false;
  int64_t calls_ = 0;
};

}  // namespace

std::unique_ptr<ReplyWriter> write_chat_reply(ReplyFrame frame) {
  return std::make_unique<Writer>(std::move(frame));
}

}  // namespace weir::wire::translate

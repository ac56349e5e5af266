// Events as a reply of Ollama: JSON lines, or one object.
#include "base/clock.h"
#include "wire/translate/event.h"

namespace weir::wire::translate {
namespace {

void write_call(const ClientCall& call, int64_t index, json::Writer& out) {
  out.begin_object().field("id", call.id).key("function").begin_object().key("index").integer(index);
  out.field("name", call.name).key("arguments").raw(arguments_object(call)).end_object().end_object();
}

class Writer final : public ReplyWriter {
 public:
  explicit Writer(ReplyFrame frame) : frame_(std::move(frame)) {}

  std::string write(const Event& event) override {
    const bool begins = all_.add(event, frame_);
    if (!frame_.stream) return {};
    if (const auto* failure = std::get_if<Failure>(&event))
      return R"({"error":)" + json::quote("weir: " + failure->message) + "}\n";
    if (const auto* delta = std::get_if<Delta>(&event)) {
      const bool thinking = delta->kind == Kind::thinking;
      const std::string text = (begins && has_before(thinking) ? "\n\n" : "") + delta->text;
      return line([&](json::Writer& out) {
        out.field("content", thinking ? std::string_view() : std::string_view(text));
        if (thinking) out.field("thinking", text);
      });
    }
    if (!std::holds_alternative<exchange::Call>(event)) return {};
    return line([&](json::Writer& out) {
      out.field("content", "").key("tool_calls").begin_array();
      write_call(all_.pieces.back().call, calls_++, out);
      out.end_array();
    });
  }

  std::string end() override {
    if (all_.failed) return {};
    json::Writer out = head();
    out.key("message");
    if (frame_.stream) {
      out.begin_object().field("role", "assistant").field("content", "").end_object();
    } else {
      out.raw(sent_back());
    }
    out.field("done_reason", all_.stop.reason == StopReason::length ? "length" : "stop");
    out.key("done").boolean(true).key("total_duration").integer(0);
    out.key("prompt_eval_count").integer(all_.usage.input).key("eval_count").integer(all_.usage.output);
    return out.end_object().take() + (frame_.stream ? "\n" : "");
  }

  std::string sent_back() const override {
    json::Writer out;
    out.begin_object().field("role", "assistant").field("content", joined(false));
    if (const std::string thought = joined(true); !thought.empty()) out.field("thinking", thought);
    if (all_.any_call) {
      out.key("tool_calls").begin_array();
      int64_t index = 0;
      for (const Piece& piece : all_.pieces) {
        if (piece.is_call) write_call(piece.call, index++, out);
      }
      out.end_array();
    }
    return out.end_object().take();
  }

 private:
  json::Writer head() const {
    json::Writer out;
    out.begin_object().field("model", frame_.model).field("created_at", rfc3339(frame_.created_s * 1'000));
    return out;
  }

  template <class Fill>
  std::string line(Fill fill) const {
    json::Writer out = head();
    out.key("message").begin_object().field("role", "assistant");
    fill(out);
    return out.end_object().key("done").boolean(false).end_object().take() + "\n";
  }

  static bool is_kind(const Piece& piece, bool thinking) {
    return !piece.is_call && !piece.text.empty() && (piece.kind == Kind::thinking) == thinking;
  }
  bool has_before(bool thinking) const {
    for (size_t i = 0; i + 1 < all_.pieces.size(); ++i) {
      if (is_kind(all_.pieces[i], thinking)) return true;
    }
    return false;
  }
  std::string joined(bool thinking) const {
    std::string text;
    for (const Piece& piece : all_.pieces) {
      if (is_kind(piece, thinking)) text += (text.empty() ? "" : "\n\n") + piece.text;
    }
    return text;
  }

  const ReplyFrame frame_;
  Collected all_;
  int64_t calls_ = 0;
};

}  // namespace

std::unique_ptr<ReplyWriter> write_ollama_reply(ReplyFrame frame) {
  return std::make_unique<Writer>(std::move(frame));
}

}  // namespace weir::wire::translate

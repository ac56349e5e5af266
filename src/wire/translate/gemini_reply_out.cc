// Events as a reply of the Gemini API: events of a stream, or one object (its API reference,
// "GenerateContentResponse").
#include "wire/translate/event.h"

namespace weir::wire::translate {
namespace {

std::string_view reason_word(StopReason reason) {
  switch (reason) {
    case StopReason::length:
      return "MAX_TOKENS";
    case StopReason::refused:
      return "SAFETY";
    case StopReason::calls:
    case StopReason::end:
    case StopReason::sequence:
      break;
  }
  return "STOP";
}

void write_text(std::string_view text, Kind kind, json::Writer& out) {
  out.begin_object().field("text", text);
  if (kind == Kind::thinking) out.key("thought").boolean(true);
  out.end_object();
}

void write_call(const ClientCall& call, json::Writer& out) {
  out.begin_object().key("functionCall").begin_object().field("id", call.id).field("name", call.name);
  out.key("args").raw(arguments_object(call)).end_object().end_object();
}

void write_usage(const Usage& usage, json::Writer& out) {
  out.key("usageMetadata").begin_object().key("promptTokenCount").integer(usage.input);
  out.key("candidatesTokenCount").integer(usage.output - usage.thinking);
  if (usage.cached > 0) out.key("cachedContentTokenCount").integer(usage.cached);
  if (usage.thinking > 0) out.key("thoughtsTokenCount").integer(usage.thinking);
  out.key("totalTokenCount").integer(usage.input + usage.output).end_object();
}

class Writer final : public ReplyWriter {
 public:
  explicit Writer(ReplyFrame frame) : frame_(std::move(frame)) {}

  std::string write(const Event& event) override {
    const bool begins = all_.add(event, frame_);
    if (!frame_.stream) return {};
    if (const auto* failure = std::get_if<Failure>(&event))
      return error_event(exchange::Dialect::gemini, unavailable(failure->message));
    json::Writer parts;
    parts.begin_array();
    if (const auto* delta = std::get_if<Delta>(&event)) {
      write_text((begins ? gap(all_.pieces.size() - 1) : "") + delta->text, delta->kind, parts);
    } else if (std::holds_alternative<exchange::Call>(event)) {
      write_call(all_.pieces.back().call, parts);
    } else {
      return {};
    }
    return piece(parts.end_array().take(), false);
  }

  std::string end() override {
    if (all_.failed) return {};
    if (!frame_.stream) return object(parts_of_all(), true);
    // As the API ends its streams: clients look for the reason in a content that has a part.
    return piece(R"([{"text":""}])", true);
  }

  std::string sent_back() const override { return R"({"role":"model","parts":)" + parts_of_all() + "}"; }

 private:
  // Clients put the pieces of a text together without a word between them: two texts must not become one.
  std::string gap(size_t at) const {
    const Piece& piece = all_.pieces[at];
    if (at == 0 || piece.is_call) return {};
    const Piece& before = all_.pieces[at - 1];
    const bool same = !before.is_call && (before.kind == Kind::thinking) == (piece.kind == Kind::thinking);
    return same && !before.text.empty() ? "\n\n" : "";
  }

  std::string parts_of_all() const {
    json::Writer parts;
    parts.begin_array();
    for (size_t i = 0; i < all_.pieces.size(); ++i) {
      const Piece& piece = all_.pieces[i];
      if (piece.is_call) {
        write_call(piece.call, parts);
      } else if (!piece.text.empty()) {
        write_text(gap(i) + piece.text, piece.kind, parts);
      }
    }
    return parts.end_array().take();
  }

  std::string object(const std::string& parts, bool last) const {
    json::Writer out;
    out.begin_object().key("candidates").begin_array().begin_object().key("content").begin_object();
    out.key("parts").raw(parts).field("role", "model").end_object();
    if (last) out.field("finishReason", reason_word(all_.stop.reason));
    out.key("index").integer(0).end_object().end_array();
    if (last) write_usage(all_.usage, out);
    return out.field("modelVersion", frame_.model).field("responseId", frame_.id).end_object().take();
  }

  std::string piece(const std::string& parts, bool last) const {
    return "data: " + object(parts, last) + "\r\n\r\n";
  }

  const ReplyFrame frame_;
  Collected all_;
};

}  // namespace

std::unique_ptr<ReplyWriter> write_gemini_reply(ReplyFrame frame) {
  return std::make_unique<Writer>(std::move(frame));
}

}  // namespace weir::wire::translate

// Events as a Responses reply.
#include <fmt/format.h>

#include "wire/translate/event.h"

namespace weir::wire::translate {
namespace {

void write_usage(const Usage& usage, json::Writer& out) {
  out.key("usage").begin_object().key("input_tokens").integer(usage.input);
  out.key("input_tokens_details").begin_object().key("cached_tokens").integer(usage.cached).end_object();
  out.key("output_tokens").integer(usage.output).key("output_tokens_details").begin_object();
  out.key("reasoning_tokens").integer(usage.thinking).end_object();
  out.key("total_tokens").integer(usage.input + usage.output).end_object();
}

class Writer final : public ReplyWriter {
 public:
  explicit Writer(ReplyFrame frame) : frame_(std::move(frame)) {}

  std::string write(const Event& event) override {
    const bool begins = all_.add(event, frame_);
    if (!frame_.stream) return {};
    if (const auto* failure = std::get_if<Failure>(&event)) return fail(failure->message);
    if (const auto* delta = std::get_if<Delta>(&event)) {
      std::string out;
      if (begins) {
        out = start();
        out += close(all_.pieces.size() - 2);
        out += open();
      }
      return out += make(delta->kind == Kind::thinking  ? "response.reasoning_summary_text.delta"
                         : delta->kind == Kind::refusal ? "response.refusal.delta"
                                                        : "response.output_text.delta",
                         place() + (delta->kind == Kind::text ? R"("logprobs":[],)" : "") +
                             fmt::format(R"("delta":{})", json::quote(delta->text)));
    }
    if (std::holds_alternative<exchange::Call>(event)) {
      std::string out = start();
      out += close(all_.pieces.size() - 2);
      return out += call(all_.pieces.size() - 1);
    }
    if (std::holds_alternative<End>(event)) return close(all_.pieces.size() - 1);
    return {};
  }

  std::string end() override {
    if (!frame_.stream) return response(status(), true);
    if (all_.failed) return {};
    std::string out = start();
    out += close(all_.pieces.size() - 1);
    return out += make(status() == "completed" ? "response.completed" : "response.incomplete",
                       fmt::format(R"("response":{})", response(status(), true)));
  }

  std::string sent_back() const override {
    std::string all;
    for (size_t i = 0; i < all_.pieces.size(); ++i) all += (all.empty() ? "" : ",") + item(i, true);
    return all;
  }

 private:
  std::string_view status() const {
    if (all_.failed) return "failed";
    const StopReason reason = all_.stop.reason;
    return reason == StopReason::length || reason == StopReason::refused ? "incomplete" : "completed";
  }

  std::string make(std::string_view type, std::string_view rest) {
    return fmt::format("event: {0}\ndata: {{\"type\":\"{0}\",\"sequence_number\":{1},{2}}}\n\n", type,
                       number_++, rest);
  }

  std::string item_id(size_t index) const {
    const Piece& piece = all_.pieces[index];
    return fmt::format("{}_{}_{}",
                       piece.is_call                  ? (piece.call.is_custom ? "ctc" : "fc")
                       : piece.kind == Kind::thinking ? "rs"
                                                      : "msg",
                       frame_.id, index);
  }

  static std::string part(const Piece& piece, bool done) {
    json::Writer out;
    const std::string_view text = done ? std::string_view(piece.text) : std::string_view();
    out.begin_object();
    if (piece.kind == Kind::thinking)
      return out.field("type", "summary_text").field("text", text).end_object().take();
    if (piece.kind == Kind::refusal)
      return out.field("type", "refusal").field("refusal", text).end_object().take();
    out.field("type", "output_text").field("text", text).key("annotations").begin_array().end_array();
    return out.key("logprobs").begin_array().end_array().end_object().take();
  }

  std::string item(size_t index, bool done) const {
    const Piece& piece = all_.pieces[index];
    json::Writer out;
    out.begin_object().field("id", item_id(index));
    if (piece.is_call) {
      const ClientCall& call = piece.call;
      out.field("type", call.is_custom ? "custom_tool_call" : "function_call").field("call_id", call.id);
      out.field("name", call.name);
      if (!call.name_space.empty()) out.field("namespace", call.name_space);
      out.field(call.is_custom ? "input" : "arguments",
                done ? std::string_view(call.arguments) : std::string_view());
    } else if (piece.kind == Kind::thinking) {
      out.field("type", "reasoning").key("summary").begin_array();
      if (done) out.raw(part(piece, true));
      return out.end_array().end_object().take();
    } else {
      out.field("type", "message").field("role", "assistant").key("content").begin_array();
      if (done) out.raw(part(piece, true));
      out.end_array();
    }
    return out.field("status", done ? "completed" : "in_progress").end_object().take();
  }

  // What names the last piece in an event.
  std::string place() const { return place_of(all_.pieces.size() - 1); }
  std::string place_of(size_t index) const {
    return fmt::format(R"("item_id":"{}","output_index":{},"{}":0,)", item_id(index), index,
                       all_.pieces[index].kind == Kind::thinking ? "summary_index" : "content_index");
  }

  std::string start() {
    if (started_) return {};
    started_ = true;
    const std::string begun = fmt::format(R"("response":{})", response("in_progress", false));
    std::string out = make("response.created", begun);
    return out += make("response.in_progress", begun);
  }

  std::string open() {
    const size_t index = all_.pieces.size() - 1;
    open_ = true;
    const Piece& piece = all_.pieces[index];
    std::string out = make("response.output_item.added",
                           fmt::format(R"("output_index":{},"item":{})", index, item(index, false)));
    return out += make(piece.kind == Kind::thinking ? "response.reasoning_summary_part.added"
                                                    : "response.content_part.added",
                       place() + fmt::format(R"("part":{})", part(piece, false)));
  }

  std::string close(size_t index) {
    if (!open_) return {};
    open_ = false;
    const Piece& piece = all_.pieces[index];
    const bool thinking = piece.kind == Kind::thinking;
    const std::string_view key = piece.kind == Kind::refusal ? "refusal" : "text";
    std::string out = make(thinking                      ? "response.reasoning_summary_text.done"
                           : piece.kind == Kind::refusal ? "response.refusal.done"
                                                         : "response.output_text.done",
                           place_of(index) + (piece.kind == Kind::text ? R"("logprobs":[],)" : "") +
                               fmt::format(R"("{}":{})", key, json::quote(piece.text)));
    out += make(thinking ? "response.reasoning_summary_part.done" : "response.content_part.done",
                place_of(index) + fmt::format(R"("part":{})", part(piece, true)));
    return out += done(index);
  }

  std::string done(size_t index) {
    return make("response.output_item.done",
                fmt::format(R"("output_index":{},"item":{})", index, item(index, true)));
  }

  std::string call(size_t index) {
    const ClientCall& call = all_.pieces[index].call;
    std::string out = make("response.output_item.added",
                           fmt::format(R"("output_index":{},"item":{})", index, item(index, false)));
    const std::string at = fmt::format(R"("item_id":"{}","output_index":{},)", item_id(index), index);
    const std::string_view type =
        call.is_custom ? "response.custom_tool_call_input" : "response.function_call_arguments";
    out +=
        make(fmt::format("{}.delta", type), at + fmt::format(R"("delta":{})", json::quote(call.arguments)));
    out += make(
        fmt::format("{}.done", type),
        at + (call.is_custom ? std::string() : fmt::format(R"("name":{},)", json::quote(call.name))) +
            fmt::format(R"("{}":{})", call.is_custom ? "input" : "arguments", json::quote(call.arguments)));
    return out += done(index);
  }

  std::string response(std::string_view status, bool ended) const {
    json::Writer out;
    out.begin_object().field("id", "resp_" + frame_.id).field("object", "response");
    out.key("created_at").integer(frame_.created_s).field("status", status).field("model", frame_.model);
    out.key("output").raw(ended ? "[" + sent_back() + "]" : std::string("[]"));
    out.key("error").null().key("incomplete_details");
    if (status == "incomplete") {
      out.begin_object();
      out.field("reason", all_.stop.reason == StopReason::length ? "max_output_tokens" : "content_filter");
      out.end_object();
    } else {
      out.null();
    }
    out.key("instructions").null().key("metadata").begin_object().end_object();
    out.key("parallel_tool_calls").boolean(true).key("temperature").null().key("top_p").null();
    out.field("tool_choice", "auto").key("tools").begin_array().end_array();
    if (ended) {
      write_usage(all_.usage, out);
    } else {
      out.key("usage").null();
    }
    return out.end_object().take();
  }

  // A client wants to know of which response.
  std::string fail(const std::string& message) {
    std::string out = start();
    const std::string error = json::quote("weir: " + message);
    out += make("error", fmt::format(R"("code":"weir","message":{},"param":null)", error));
    return out += make("response.failed",
                       fmt::format(R"("response":{{"id":"resp_{}","object":"response","status":"failed",)"
                                   R"("output":[],"error":{{"code":"weir","message":{}}}}})",
                                   frame_.id, error));
  }

  const ReplyFrame frame_;
  Collected all_;
  bool started_ = false;
  bool open_ = false;  // the last piece's item, a text's
  int64_t number_ = 0;
};

}  // namespace

std::unique_ptr<ReplyWriter> write_responses_reply(ReplyFrame frame) {
  return std::make_unique<Writer>(std::move(frame));
}

}  // namespace weir::wire::translate

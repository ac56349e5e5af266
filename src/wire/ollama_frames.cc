// Replies of Ollama's API: lines of a stream, or one object (its API reference, "Response").
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "wire/chat_turn.h"
#include "wire/frames.h"
#include "wire/ollama.h"
#include "wire/request.h"
#include "wire/splice.h"
#include "wire/unnamed_calls.h"

namespace weir::wire {
namespace {

using Kind = PartChange::Kind;

constexpr std::array<std::string_view, 18> kReply{
    "model",          "created_at",    "message",           "response",
    "thinking",       "done",          "done_reason",       "context",
    "total_duration", "load_duration", "prompt_eval_count", "prompt_eval_duration",
    "eval_count",     "eval_duration", "logprobs",          "error",
    "remote_model",   "remote_host"};
constexpr std::array<std::string_view, 8> kMessage{"role",       "content",   "thinking",     "images",
                                                   "tool_calls", "tool_name", "tool_call_id", "name"};

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

class Lines final : public FrameCutter {
 public:
  Status feed(std::string_view bytes, std::vector<Frame>& out) override {
    while (!bytes.empty()) {
      const size_t end = bytes.find('\n');
      pending_ += bytes.substr(0, end == std::string_view::npos ? end : end + 1);
      if (pending_.size() > limits::kSseEventBytesMax)
        return too_large(
            fmt::format("the upstream sent a line of more than {} bytes", limits::kSseEventBytesMax));
      if (end == std::string_view::npos) return {};
      bytes.remove_prefix(end + 1);
      WEIR_TRY(line(out));
    }
    return {};
  }

  Status end(std::vector<Frame>& out) override { return pending_.empty() ? Status() : line(out); }

 private:
  Status line(std::vector<Frame>& out) {
    Frame frame;
    frame.raw = std::exchange(pending_, {});
    if (blank(frame.raw)) return {};
    auto document = json::parse(frame.raw);
    if (!document)
      return unavailable("the upstream sent a line that is not JSON: " + document.error().text());
    frame.document = std::move(*document);
    out.push_back(std::move(frame));
    return {};
  }

  std::string pending_;
};

class OllamaFrames final : public FrameDialect {
 public:
  explicit OllamaFrames(bool generate) : generate_(generate) {}

  std::unique_ptr<FrameCutter> cutter() const override { return std::make_unique<Lines>(); }

  Status read(Frame& frame, const Options& options) const override {
    const json::Value root = frame.document.root();
    if (!root.is_object()) return unavailable("the upstream sent something that is no object");
    WEIR_TRY(check_case(root, kReply, ""));
    const json::Value message = root["message"];
    WEIR_TRY(check_case(message, kMessage, "/message"));
    if (!options.unknown_items_untrusted) {
      WEIR_TRY(check_beside(root, kReply, ""));
      WEIR_TRY(check_beside(message, kMessage, "/message"));
    }
    frame.failed = root["error"].exists() && !root["error"].is_null();
    frame.ends = root["done"].boolean() == true;
    frame.spelt = root["logprobs"].exists();
    const json::Value holder = generate_ ? root : message;
    if (generate_ && message.exists() && !message.is_null())
      return unknown_item("member of a generated text", "message", "/message");
    if (!generate_ && root["response"].exists())
      return unknown_item("member of a message's reply", "response", "/response");
    add_text(frame, holder["thinking"], SpokenKind::thinking);
    add_text(frame, holder[text_key()], SpokenKind::text);
    if (message["images"].size() > 0) frame.parts.push_back({SpokenKind::other, message["images"]});
    const json::Value calls = message["tool_calls"];
    if (calls.exists() && !calls.is_null() && !calls.is_array())
      return unavailable("the upstream sent calls that are no list");
    size_t index = 0;
    for (const json::Value wire : calls.elements()) {
      auto call = read_ollama_call(wire, fmt::format("/message/tool_calls/{}", index++));
      if (!call) return unavailable("the upstream sent a call that cannot be read: " + call.error().text());
      for (const json::Member& member : wire.members()) {
        if (member.key != "function" && carries_calls(member))
          return unknown_item("member of a call", member.key, "/message/tool_calls");
      }
      if (call->name.empty()) return unavailable("the upstream sent a call without a name");
      frame.parts.push_back({SpokenKind::call, wire, std::move(*call)});
    }
    return {};
  }

  std::string rewrite(const Frame& frame, const FrameEdit& edit) const override {
    const json::Value root = frame.document.root();
    const json::Value holder = generate_ ? root : root["message"];
    Splices splices;
    std::string text = earlier_text(edit);
    bool whole_text = !text.empty() || !edit.behind.empty();
    std::vector<bool> cut_calls;
    for (const FramePart& part : frame.parts) {
      if (part.kind == SpokenKind::call) {
        cut_calls.push_back(part.change.kind == Kind::cut);
        if (part.change.kind == Kind::arguments)
          splices.replace(part.value["function"]["arguments"], part.change.with);
      } else if (part.kind == SpokenKind::text) {
        whole_text |= part.change.kind != Kind::keep;
        text += part.change.kind == Kind::keep   ? part.text
                : part.change.kind == Kind::text ? std::string_view(part.change.with)
                                                 : std::string_view();
      } else if (part.change.kind == Kind::cut) {
        splices.replace(part.value, part.kind == SpokenKind::thinking ? "\"\"" : "[]");
      }
    }
    text += edit.behind;
    const bool none =
        !cut_calls.empty() && std::find(cut_calls.begin(), cut_calls.end(), false) == cut_calls.end();
    if (whole_text && holder[text_key()].exists()) {
      splices.replace(holder[text_key()], json::quote(text));
    } else if (whole_text && holder.is_object()) {
      const bool more = holder.size() > (none ? 1u : 0u);
      splices.insert(holder.offset() + 1,
                     fmt::format("\"{}\":{}{}", text_key(), json::quote(text), more ? "," : ""));
    }
    if (none) {
      splices.remove_members(holder, [](std::string_view key) { return key == "tool_calls"; });
    } else {
      splices.remove_elements(holder["tool_calls"], cut_calls);
    }
    if (edit.cut_spelt) splices.remove_members(root, [](std::string_view key) { return key == "logprobs"; });
    if (edit.open && root["done"].exists()) splices.replace(root["done"], "false");
    for (const auto& [pointer, count] : edit.counts) {
      if (const json::Value number = root.at_pointer(pointer); number.integer())
        splices.replace(number, std::to_string(count));
    }
    return splices.apply(frame.document.text());
  }

  std::string text_json(const Frame& like, std::string_view text) const override {
    const json::Value root = like.document.root();
    json::Writer writer;
    writer.begin_object();
    for (const std::string_view key : {"model", "created_at"}) {
      if (root[key].exists()) writer.key(key).raw(root[key].raw());
    }
    if (generate_) {
      writer.field("response", text);
    } else {
      writer.key("message").begin_object().field("role", "assistant").field("content", text).end_object();
    }
    return writer.key("done").boolean(false).end_object().take();
  }

  std::string framed(std::string_view json) const override {
    std::string line(json);
    if (!line.ends_with('\n')) line += '\n';
    return line;
  }

  std::vector<std::string_view> counts() const override { return {"/prompt_eval_count", "/eval_count"}; }

  std::string message_json(const FrameTurn& turn) const override {
    json::Writer writer;
    writer.begin_object().field("role", "assistant").field("content", turn.text());
    std::string thinking;
    bool calls = false;
    for (const SpokenPart& part : turn.parts) {
      if (part.kind == SpokenKind::thinking) thinking += part.text;
      if (part.kind == SpokenKind::other) writer.key("images").raw(part.raw);
      calls |= part.is_call();
    }
    if (!thinking.empty()) writer.field("thinking", thinking);
    if (calls) writer.key("tool_calls").begin_array();
    for (const SpokenPart& part : turn.parts) {
      if (part.is_call()) writer.raw(part.raw);
    }
    if (calls) writer.end_array();
    return writer.end_object().take();
  }

  std::string results_json(const FrameTurn& turn) const override {
    std::string all;
    for (const SpokenPart& part : turn.parts) {
      if (!part.withheld()) continue;
      json::Writer writer;
      writer.begin_object().field("role", "tool").field("tool_name", part.call.name);
      if (!part.call.id.empty()) writer.field("tool_call_id", part.call.id);
      writer.field("content", part.verdict.why).end_object();
      all += (all.empty() ? "" : ",") + writer.take();
    }
    return all;
  }

  bool results_are_parts() const override { return false; }
  std::string results_messages(const std::string& results) const override { return results; }
  std::string append(const std::string& body, std::string_view messages) const override {
    return append_messages(body, messages);
  }

  exchange::Message client_message(const std::vector<FrameTurn>& rounds,
                                   const std::string& said) const override {
    exchange::Message message{exchange::Role::planner, {}, {}};
    std::string text;
    for (const FrameTurn& turn : rounds) text += turn.shown();
    text += said;
    if (!text.empty()) message.parts.emplace_back(exchange::Text{text});
    for (const SpokenPart& part : rounds.back().parts) {
      if (part.kind == SpokenKind::other) message.parts.emplace_back(exchange::Media{});
    }
    for (const SpokenPart& part : rounds.back().parts) {
      if (!part.is_call() || part.withheld()) continue;
      exchange::Call given = part.call;
      given.arguments = part.client_arguments();
      message.parts.emplace_back(std::move(given));
    }
    name_calls(message.parts);
    return message;
  }

 private:
  std::string_view text_key() const { return generate_ ? "response" : "content"; }

  static void add_text(Frame& frame, json::Value value, SpokenKind kind) {
    const std::string_view text = value.string_or("");
    if (!text.empty()) frame.parts.push_back({kind, value, {}, text});
  }

  // What weir does not know must be nothing that could be a call.
  static Status check_beside(json::Value holder, std::span<const std::string_view> known,
                             const std::string& where) {
    for (const json::Member& member : holder.members()) {
      if (std::find(known.begin(), known.end(), member.key) == known.end() && carries_calls(member))
        return unknown_item("member", member.key, where + "/" + json::pointer_token(member.key));
    }
    return {};
  }

  static std::string earlier_text(const FrameEdit& edit) {
    std::string text;
    if (edit.earlier == nullptr) return text;
    for (size_t i = 0; i + 1 < edit.earlier->size(); ++i) text += (*edit.earlier)[i].shown();
    return text;
  }

  const bool generate_;
};

}  // namespace

std::unique_ptr<const FrameDialect> ollama_frames(bool generate) {
  return std::make_unique<OllamaFrames>(generate);
}

}  // namespace weir::wire

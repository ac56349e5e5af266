// Replies of Messages as a stream (Anthropic API reference, "Streaming Messages").
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/limits.h"
#include "wire/chat_turn.h"
#include "wire/message_block.h"
#include "wire/message_turn.h"
#include "wire/request.h"
#include "wire/splice.h"
#include "wire/sse_body.h"

namespace weir::wire {
namespace {

class MessageStream final : public Reply {
 public:
  MessageStream(std::string body, const Options& options) : body_(std::move(body)), options_(options) {}

  Result<Step> feed(std::string_view bytes) override {
    WEIR_TRY(events_.feed(bytes));
    return pump();
  }

  Result<Step> end_of_body() override {
    WEIR_TRY(events_.end());
    return pump();
  }

  Result<Step> decide(const std::vector<Verdict>& verdicts) override {
    Step step;
    if (waiting_ && !verdicts.empty()) {
      OpenBlock open = std::move(*waiting_);
      waiting_.reset();
      WEIR_TRY_ASSIGN(verdict, settled(verdicts[0], open.block.call));
      open.block.verdict = std::move(verdict);
      if (open.block.verdict.allow) {
        for (auto& [index, other] : open_) flush(other, step);
        open.index = next_index_++;
        release(open, step);
      }
      rounds_.back().blocks.push_back(std::move(open.block));
    }
    auto more = pump();
    if (!more) return more;
    more->out.insert(0, step.out);
    return more;
  }

  bool all_denied() const override {
    return !failed_ && rounds_.back().any_call() && !rounds_.back().allowed_any();
  }

  std::string next_round_body() override {
    body_ = append_messages(body_, withheld_round_json(rounds_.back()));
    rounds_.emplace_back();
    open_.clear();
    closing_.clear();
    stopped_ = started_ = false;
    held_bytes_ = calls_ = 0;
    output_tokens_ += round_tokens_;
    round_tokens_ = 0;
    events_ = {};
    return body_;
  }

  Result<Step> finish() override {
    Step step;
    step.complete = true;
    if (const std::string said = stopped_text(rounds_); !said.empty() && !failed_) {
      step.out += fmt::format(
          "event: content_block_start\ndata: "
          "{{\"type\":\"content_block_start\",\"index\":{},\"content_block\":{{\"type\":\"text\",\"text\":"
          "\"\"}}}}\n\n",
          next_index_);
      step.out += delta_event(next_index_, "text_delta", "text", said);
      step.out +=
          fmt::format("event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\"index\":{}}}\n\n",
                      next_index_);
    }
    if (failed_) closing_.clear();
    for (const SseEvent& event : closing_)
      step.out += event.name == "message_delta" ? mended(event) : event.raw;
    messages_.push_back(message_client_message(rounds_));
    return step;
  }

  const std::vector<exchange::Message>& client_messages() const override { return messages_; }

  std::optional<Shadow> shadow() const override { return message_shadow(rounds_, options_.keep_own); }

 private:
  bool first_round() const { return rounds_.size() == 1; }

  Result<Step> pump() {
    Step step;
    while (!events_.empty() && !waiting_) {
      WEIR_TRY(process(events_.next(), step));
    }
    if (events_.ended() && !waiting_) {
      if (!stopped_ && !failed_) return unavailable("the upstream ended its stream in the middle of a reply");
      step.complete = true;
    }
    return step;
  }

  Status process(SseEvent event, Step& step) {
    if (!event.has_data || event.data.empty()) {
      step.out += event.raw;
      return {};
    }
    // No client reads on after the end.
    if (stopped_ || failed_) return {};
    auto document = json::parse(event.data);
    if (!document)
      return unavailable("the upstream sent an event that is not JSON: " + document.error().text());
    const json::Value root = document->root();
    const std::string type(root["type"].string_or(""));
    // Some clients go by one, some by the other.
    if (type.empty() || (!event.name.empty() && event.name != type))
      return unavailable("the upstream sent an event whose name is not its type");
    event.name = type;
    if (type == "content_block_start") return block_start(std::move(*document), std::move(event), step);
    if (type == "content_block_delta") return block_delta(root, std::move(event), step);
    if (type == "content_block_stop") return block_stop(root, std::move(event), step);
    if (!options_.unknown_items_untrusted) {
      WEIR_TRY(check_beside(root, type == "message_delta" ? "delta" : "", ""));
      if (type == "message_delta") WEIR_TRY(check_beside(root["delta"], "", "/delta"));
    }
    if (type == "message_start") return message_start(root, event, step);
    if (type == "ping") {
      step.out += event.raw;
    } else if (type == "error") {
      // What came of a call that was not whole is dropped.
      failed_ = true;
      step.out += event.raw;
    } else if (type == "message_delta") {
      round_tokens_ = root["usage"]["output_tokens"].integer().value_or(round_tokens_);
      closing_.push_back(std::move(event));
    } else if (type == "message_stop") {
      for (auto& [index, open] : open_) {
        if (open.block.is_call())
          return unavailable("the upstream ended its message in the middle of a call");
        end_text(open, step);
        open.block.raw = raw_block(open);
        rounds_.back().blocks.push_back(std::move(open.block));
      }
      open_.clear();
      stopped_ = true;
      closing_.push_back(std::move(event));
    } else {
      if (!options_.unknown_items_untrusted) return unknown_item("event", type, "");
      step.out += event.raw;
    }
    return {};
  }

  Status message_start(json::Value root, const SseEvent& event, Step& step) {
    if (started_) return unavailable("the upstream began its message twice");
    started_ = true;
    // Content belongs into blocks; here it would pass unseen.
    const json::Value content = root["message"]["content"];
    if (content.exists() && !content.is_null() && !(content.is_array() && content.size() == 0))
      return unknown_item("event", "message_start with content", "/message/content");
    if (first_round()) step.out += event.raw;
    return {};
  }

  Status block_start(json::Document document, SseEvent event, Step& step) {
    const json::Value block = document["content_block"];
    const std::string_view type = block["type"].string_or("");
    const auto index = document["index"].integer();
    if (!index || open_.contains(*index))
      return unavailable("the upstream began a block without an index of its own");
    if (!started_) return unavailable("the upstream began a block before its message");
    if (rounds_.back().blocks.size() + open_.size() >= limits::kCallsPerTurnMax * 4)
      return too_large("too many blocks in one reply");
    if (!options_.unknown_items_untrusted) {
      WEIR_TRY(check_reply_block(block, "/content_block"));
      WEIR_TRY(check_beside(document.root(), "content_block", ""));
    }
    OpenBlock open(options_.text_filters);
    open.block.kind = block_kind(type);
    if (open.block.is_call()) {
      if (++calls_ > limits::kCallsPerTurnMax)
        return too_large(fmt::format("more than {} calls in one turn", limits::kCallsPerTurnMax));
      const json::Value input = block["input"];
      if (block["id"].string_or("").empty() || block["name"].string_or("").empty() ||
          (input.exists() && !input.is_null() && !input.is_object()))
        return unreadable();
      open.block.call = {
          std::string(block["id"].string_or("")), std::string(block["name"].string_or("")), {}, true};
      held_bytes_ += block.raw().size();
      open.held.push_back(std::move(event));
    } else {
      open.index = next_index_++;
      open.thinking = block["thinking"].string_or("");
      Replacements changes;
      pass_text(open, block["text"], changes);
      // Citations come as deltas.
      if (options_.text_filters && block["citations"].size() > 0)
        changes.emplace_back(block["citations"], "[]");
      step.out += with_index(event, open.index, changes);
    }
    open.start = std::move(document);
    open_.emplace(*index, std::move(open));
    return {};
  }

  static Error unreadable() {
    return unavailable("the upstream sent a call that can be read in more than one way");
  }

  Result<OpenBlock*> opened(json::Value root) {
    const auto index = root["index"].integer();
    const auto at = index ? open_.find(*index) : open_.end();
    if (at == open_.end()) return unavailable("the upstream went on with a block that it had not begun");
    return &at->second;
  }

  Status block_delta(json::Value root, SseEvent event, Step& step) {
    WEIR_TRY_ASSIGN(open, opened(root));
    const json::Value delta = root["delta"];
    const std::string_view type = delta["type"].string_or("");
    if (open->block.is_call()) {
      if (type != "input_json_delta") return unknown_item("delta of a call", type, "/delta/type");
      if (!delta["partial_json"].is_string() || delta.size() != 2) return unreadable();
      const std::string_view piece = *delta["partial_json"].string();
      held_bytes_ += piece.size();
      if (held_bytes_ > limits::kHeldCallBytesMax)
        return too_large(
            fmt::format("the calls of one turn have more than {} bytes", limits::kHeldCallBytesMax));
      open->input += piece;
      open->held.push_back(std::move(event));
      return {};
    }
    if (!options_.unknown_items_untrusted) {
      WEIR_TRY(check_beside(root, "delta", ""));
      WEIR_TRY(check_beside(delta, "", "/delta"));
    }
    Replacements changes;
    if (type == "text_delta") {
      pass_text(*open, delta["text"], changes);
    } else if (type == "thinking_delta") {
      open->thinking += delta["thinking"].string_or("");
    } else if (type == "signature_delta") {
      open->signature += delta["signature"].string_or("");
    } else if (type == "citations_delta") {
      open->citations += (open->citations.empty() ? "" : ",") + std::string(delta["citation"].raw());
    } else if (type == "compaction_delta") {
      open->block.text += delta["content"].string_or("");
      open->block.shown += delta["content"].string_or("");
    } else if (!options_.unknown_items_untrusted) {
      return unknown_item("delta", type, "/delta/type");
    }
    put(*open, {with_index(event, open->index, changes), type == "citations_delta"}, step);
    return {};
  }

  static void pass_text(OpenBlock& open, json::Value text, Replacements& changes) {
    if (!text.is_string()) return;
    const std::string shown = open.filter.feed(*text.string());
    open.block.text += *text.string();
    open.block.shown += shown;
    if (shown != *text.string()) changes.emplace_back(text, json::quote(shown));
  }

  void put(OpenBlock& open, Later bytes, Step& step) const {
    if (options_.text_filters && (bytes.citation || !open.later.empty())) {
      open.later.push_back(std::move(bytes));
    } else {
      step.out += bytes.bytes;
    }
  }

  // What the block's filter kept back.
  void flush(OpenBlock& open, Step& step) const {
    const std::string rest = open.filter.end();
    if (rest.empty()) return;
    open.block.shown += rest;
    put(open, {delta_event(open.index, "text_delta", "text", rest)}, step);
  }

  void end_text(OpenBlock& open, Step& step) const {
    flush(open, step);
    for (const Later& later : open.later) {
      if (!later.citation || open.block.untouched()) step.out += later.bytes;
    }
    open.later.clear();
  }

  // The events of a call that was allowed.
  static void release(const OpenBlock& open, Step& step) {
    if (!open.block.verdict.arguments) {
      for (const SseEvent& event : open.held) step.out += with_index(event, open.index);
      return;
    }
    const json::Value input = open.start["content_block"]["input"];
    Replacements changes;
    if (input.size() > 0) changes.emplace_back(input, "{}");
    step.out += with_index(open.held.front(), open.index, changes);
    step.out += delta_event(open.index, "input_json_delta", "partial_json", *open.block.verdict.arguments);
    step.out += with_index(open.held.back(), open.index);
  }

  Status block_stop(json::Value root, SseEvent event, Step& step) {
    WEIR_TRY_ASSIGN(open, opened(root));
    OpenBlock ended = std::move(*open);
    open_.erase(*root["index"].integer());
    if (!ended.block.is_call()) {
      end_text(ended, step);
      ended.block.raw = raw_block(ended);
      step.out += with_index(event, ended.index);
      rounds_.back().blocks.push_back(std::move(ended.block));
      return {};
    }
    const json::Value input = ended.start["content_block"]["input"];
    // Some clients take the one, some the other.
    if (input.size() > 0 && !ended.input.empty()) return unreadable();
    if (ended.input.find_first_not_of(" \r\n\t") == std::string::npos)
      ended.input = input.size() > 0 ? input.raw() : "{}";
    ended.block.call.arguments = ended.input;
    ended.block.raw = raw_block(ended);
    ended.held.push_back(std::move(event));
    step.calls.push_back({ended.block.call, 0});
    waiting_ = std::move(ended);
    return {};
  }

  std::string mended(const SseEvent& event) const {
    const auto document = json::parse(event.data);
    if (!document) return event.raw;
    Splices splices;
    const json::Value reason = (*document)["delta"]["stop_reason"];
    const bool none_left = rounds_.back().withheld_any() && !rounds_.back().allowed_any();
    if (none_left && reason.string_or("") == "tool_use") splices.replace(reason, "\"end_turn\"");
    const json::Value tokens = (*document)["usage"]["output_tokens"];
    if (!first_round() && tokens.integer())
      splices.replace(tokens, std::to_string(output_tokens_ + round_tokens_));
    if (splices.empty()) return event.raw;
    return fmt::format("event: {}\ndata: {}\n\n", event.name, splices.apply(document->text()));
  }

  std::string body_;
  const Options options_;
  SseBody events_;
  std::vector<MessageTurn> rounds_ = {MessageTurn{}};
  std::map<int64_t, OpenBlock> open_;  // by the upstream's index
  std::optional<OpenBlock> waiting_;
  std::vector<SseEvent> closing_;
  std::vector<exchange::Message> messages_;
  int64_t next_index_ = 0;
  int64_t output_tokens_ = 0;
  size_t held_bytes_ = 0;
  int64_t round_tokens_ = 0;
  size_t calls_ = 0;
  bool started_ = false;
  bool stopped_ = false;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Reply> make_message_stream(std::string body, const Options& options) {
  return std::make_unique<MessageStream>(std::move(body), options);
}

}  // namespace weir::wire

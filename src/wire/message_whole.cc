// Replies of Messages in one piece (Anthropic API reference, "Message").
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "wire/chat_turn.h"
#include "wire/message_turn.h"
#include "wire/request.h"
#include "wire/splice.h"
#include "wire/whole_body.h"

namespace weir::wire {
namespace {

class MessageWhole final : public Reply {
 public:
  MessageWhole(std::string body, const Options& options) : body_(std::move(body)), options_(options) {}

  Result<Step> feed(std::string_view bytes) override {
    WEIR_TRY(bytes_.feed(bytes));
    return Step{};
  }

  Result<Step> end_of_body() override {
    Step step;
    if (parsed_) {
      step.complete = true;
      return step;
    }
    WEIR_TRY_ASSIGN(document, bytes_.parse());
    document_ = std::move(document);
    parsed_ = true;
    if (!document_["content"].is_array()) return unavailable("the upstream's reply has no content");
    if (!options_.unknown_items_untrusted) WEIR_TRY(check_beside(document_.root(), "content", ""));
    if (id_.empty()) id_ = document_["id"].raw();
    rounds_.emplace_back();
    for (const json::Value wire : document_["content"].elements()) {
      WEIR_TRY(read(wire, rounds_.back()));
      const MessageBlock& block = rounds_.back().blocks.back();
      if (block.kind == BlockKind::call) step.calls.push_back({block.call, 0});
    }
    if (step.calls.size() > limits::kCallsPerTurnMax)
      return too_large(fmt::format("more than {} calls in one turn", limits::kCallsPerTurnMax));
    output_tokens_ += document_["usage"]["output_tokens"].integer().value_or(0);
    step.complete = step.calls.empty();
    return step;
  }

  Result<Step> decide(const std::vector<Verdict>& verdicts) override {
    size_t at = 0;
    for (MessageBlock& block : rounds_.back().blocks) {
      if (!block.is_call() || at == verdicts.size()) continue;
      WEIR_TRY_ASSIGN(verdict, settled(verdicts[at++], block.call));
      block.verdict = std::move(verdict);
    }
    Step step;
    step.complete = true;
    return step;
  }

  bool all_denied() const override {
    return !rounds_.empty() && rounds_.back().any_call() && !rounds_.back().allowed_any();
  }

  std::string next_round_body() override {
    body_ = append_messages(body_, withheld_round_json(rounds_.back()));
    parsed_ = false;
    return body_;
  }

  Result<Step> finish() override {
    Step step;
    step.complete = true;
    messages_.push_back(message_client_message(rounds_));
    const bool changed = rounds_.size() > 1 || !rounds_.back().untouched();
    Splices splices;
    if (changed) {
      std::string content;
      for (const MessageTurn& turn : rounds_) {
        for (const MessageBlock& block : turn.blocks) {
          if (!block.withheld()) content += (content.empty() ? "" : ",") + block.client_raw();
        }
      }
      if (const std::string said = stopped_text(rounds_); !said.empty()) {
        content +=
            fmt::format(R"({}{{"type":"text","text":{}}})", content.empty() ? "" : ",", json::quote(said));
      }
      splices.replace(document_["content"], "[" + content + "]");
      const json::Value reason = document_["stop_reason"];
      const bool none_left = rounds_.back().withheld_any() && !rounds_.back().allowed_any();
      if (none_left && reason.string_or("") == "tool_use") splices.replace(reason, "\"end_turn\"");
      const json::Value tokens = document_["usage"]["output_tokens"];
      if (rounds_.size() > 1 && document_["id"].exists() && !id_.empty())
        splices.replace(document_["id"], id_);
      if (rounds_.size() > 1 && tokens.integer()) splices.replace(tokens, std::to_string(output_tokens_));
    }
    step.out = splices.apply(document_.text());
    return step;
  }

  const std::vector<exchange::Message>& client_messages() const override { return messages_; }

  std::optional<Shadow> shadow() const override { return message_shadow(rounds_, options_.keep_own); }

 private:
  Status read(json::Value wire, MessageTurn& turn) const {
    const std::string_view type = wire["type"].string_or("");
    MessageBlock block;
    block.kind = block_kind(type);
    block.raw = wire.raw();
    block.text = wire["text"].string_or("");
    if (!options_.unknown_items_untrusted) WEIR_TRY(check_reply_block(wire, "/content"));
    if (block.kind == BlockKind::text || block.kind == BlockKind::unknown) {
      FilteredText filter(options_.text_filters);
      block.shown = filter.feed(block.text);
      block.shown += filter.end();
    } else {
      block.shown = block.text;
    }
    if (block.is_call()) {
      if (wire["id"].string_or("").empty() || wire["name"].string_or("").empty() ||
          !wire["input"].is_object())
        return unavailable("the upstream sent a call that can be read in more than one way");
      block.call = {std::string(wire["id"].string_or("")), std::string(wire["name"].string_or("")),
                    std::string(wire["input"].raw()), true};
    }
    turn.blocks.push_back(std::move(block));
    return {};
  }

  std::string body_;
  const Options options_;
  WholeBody bytes_;
  std::string id_;  // the first round's, raw
  json::Document document_;
  bool parsed_ = false;
  std::vector<MessageTurn> rounds_;
  std::vector<exchange::Message> messages_;
  int64_t output_tokens_ = 0;
};

}  // namespace

std::unique_ptr<Reply> make_message_whole(std::string body, const Options& options) {
  return std::make_unique<MessageWhole>(std::move(body), options);
}

}  // namespace weir::wire

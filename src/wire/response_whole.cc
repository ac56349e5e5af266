// Replies of Responses in one piece (OpenAI API reference, "The response object").
#include <fmt/format.h>

#include <utility>

#include "base/limits.h"
#include "wire/request.h"
#include "wire/response_turn.h"
#include "wire/whole_body.h"

namespace weir::wire {
namespace {

class ResponseWhole final : public Reply {
 public:
  ResponseWhole(std::string body, const Options& options) : options_(options), rounds_(std::move(body)) {}

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
    const json::Value root = document_.root();
    if (!root["output"].is_array()) return unavailable("the upstream's reply has no output");
    if (!options_.unknown_items_untrusted) WEIR_TRY(check_response(root, ""));
    if (id_.empty()) id_ = root["id"].raw();
    const std::string_view status = root["status"].string_or("completed");
    rounds_.failed = status == "failed" || status == "cancelled";
    for (const json::Value item : root["output"].elements()) WEIR_TRY(read(item, step));
    if (step.calls.size() > limits::kCallsPerTurnMax)
      return too_large(fmt::format("more than {} calls in one turn", limits::kCallsPerTurnMax));
    round_tokens_ = root["usage"]["output_tokens"].integer().value_or(0);
    step.complete = step.calls.empty();
    return step;
  }

  Result<Step> decide(const std::vector<Verdict>& verdicts) override {
    size_t at = 0;
    for (ResponseItem& item : rounds_.last().items) {
      if (!item.is_call() || at == verdicts.size()) continue;
      WEIR_TRY_ASSIGN(verdict, settled(verdicts[at++], item.call));
      item.verdict = std::move(verdict);
    }
    Step step;
    step.complete = true;
    return step;
  }

  bool all_denied() const override { return rounds_.all_denied(); }

  std::string next_round_body() override {
    earlier_tokens_ += round_tokens_;
    parsed_ = false;
    return rounds_.next_body();
  }

  Result<Step> finish() override {
    Step step;
    step.complete = true;
    messages_.push_back(rounds_.client_message());
    Replacements changes;
    // What repeats the texts as one has come through no filter.
    const bool anew = options_.text_filters && document_["output_text"].is_string();
    rounds_.mend(document_.root(), anew, id_, earlier_tokens_, changes);
    Splices splices;
    for (const auto& [value, raw] : changes) splices.replace(value, raw);
    step.out = splices.apply(document_.text());
    return step;
  }

  const std::vector<exchange::Message>& client_messages() const override { return messages_; }
  std::optional<Shadow> shadow() const override { return rounds_.shadow(options_.keep_own); }

 private:
  Status read(json::Value wire, Step& step) {
    if (!options_.unknown_items_untrusted) WEIR_TRY(check_reply_item(wire, "/output"));
    ResponseItem item;
    item.kind = item_kind(wire);
    item.raw = wire.raw();
    item.index = next_index_++;
    if (item.is_call()) {
      auto call = read_call(wire, "/output");
      if (!call) return unavailable("the upstream sent a call that cannot be read: " + call.error().text());
      item.call = std::move(*call);
      step.calls.push_back({item.call, 0});
    }
    if (item.kind == ItemKind::message) {
      for (const json::Value part : wire["content"].elements()) {
        const std::string text(
            part[part["type"].string_or("") == "refusal" ? "refusal" : "text"].string_or(""));
        FilteredText filter(options_.text_filters);
        std::string shown = filter.feed(text);
        shown += filter.end();
        item.texts.push_back({text, std::move(shown)});
      }
    }
    rounds_.last().items.push_back(std::move(item));
    return {};
  }

  const Options options_;
  ResponseRounds rounds_;
  WholeBody bytes_;
  std::string id_;  // the first round's, raw
  json::Document document_;
  bool parsed_ = false;
  std::vector<exchange::Message> messages_;
  int64_t next_index_ = 0;
  int64_t round_tokens_ = 0;
  int64_t earlier_tokens_ = 0;
};

}  // namespace

std::unique_ptr<Reply> make_response_whole(std::string body, const Options& options) {
  return std::make_unique<ResponseWhole>(std::move(body), options);
}

}  // namespace weir::wire

// Replies of Chat Completions in one piece (OpenAI API reference, "The chat completion object").
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/limits.h"
#include "wire/chat_turn.h"
#include "wire/request.h"
#include "wire/splice.h"
#include "wire/whole_body.h"

namespace weir::wire {
namespace {

class ChatWhole final : public Reply {
 public:
  ChatWhole(std::string body, int choices, const Options& options)
      : body_(std::move(body)), wanted_(choices), options_(options) {}

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
    const json::Value choices = document_["choices"];
    if (!choices.is_array()) return unavailable("the upstream's reply has no choices");
    if (!options_.unknown_items_untrusted) WEIR_TRY(check_chat_reply(document_.root(), "message"));
    if (id_.empty()) id_ = document_["id"].raw();
    changes_.clear();
    size_t index = 0;
    for (const json::Value choice : choices.elements()) {
      if (index == rounds_.size()) rounds_.emplace_back();
      rounds_[index].emplace_back();
      WEIR_TRY(read(choice, rounds_[index].back()));
      for (const ChatCall& call : rounds_[index].back().calls)
        step.calls.push_back({call.call(), static_cast<int>(index)});
      ++index;
    }
    for (const std::string_view key : {"prompt_tokens", "completion_tokens", "total_tokens"})
      usage_[std::string(key)] += document_["usage"][key].integer().value_or(0);
    step.complete = step.calls.empty();
    return step;
  }

  Result<Step> decide(const std::vector<Verdict>& verdicts) override {
    size_t at = 0;
    for (std::vector<ChatTurn>& rounds : rounds_) {
      for (ChatCall& call : rounds.back().calls) {
        if (at == verdicts.size()) break;
        WEIR_TRY_ASSIGN(verdict, settled(verdicts[at++], call.call()));
        call.verdict = std::move(verdict);
      }
    }
    Step step;
    step.complete = true;
    return step;
  }

  bool all_denied() const override {
    return wanted_ == 1 && rounds_.size() == 1 && !rounds_[0].back().calls.empty() &&
           !rounds_[0].back().allowed_any();
  }

  std::string next_round_body() override {
    const ChatTurn& turn = rounds_[0].back();
    body_ = append_messages(body_, chat_message_json(turn) + "," + chat_results_json(turn));
    parsed_ = false;
    return body_;
  }

  Result<Step> finish() override {
    Step step;
    step.complete = true;
    Splices splices;
    size_t index = 0;
    for (const json::Value choice : document_["choices"].elements()) {
      mend(choice, rounds_[index], splices);
      messages_.push_back(chat_client_message(rounds_[index]));
      ++index;
    }
    // Behind what mend() put in the place of a whole text.
    for (const auto& [value, raw] : changes_) splices.replace(value, raw);
    if (!rounds_.empty() && rounds_[0].size() > 1) {
      if (document_["id"].exists() && !id_.empty()) splices.replace(document_["id"], id_);
      for (const auto& [key, sum] : usage_) {
        if (document_["usage"][key].integer()) splices.replace(document_["usage"][key], std::to_string(sum));
      }
    }
    step.out = splices.apply(document_.text());
    return step;
  }

  const std::vector<exchange::Message>& client_messages() const override { return messages_; }

  std::optional<Shadow> shadow() const override {
    return rounds_.empty() ? std::nullopt : chat_shadow(rounds_[0], options_.keep_own);
  }

 private:
  Status read(json::Value choice, ChatTurn& turn) {
    const json::Value message = choice["message"];
    if (message.exists() && !message.is_null() && !message.is_object())
      return unavailable("the upstream's reply has a message that is no object");
    ChatTexts texts(options_.text_filters, false);
    WEIR_TRY(texts.read(choice, "message", options_.unknown_items_untrusted, turn, changes_));
    ChatCallReader reader(false, options_.unknown_items_untrusted);
    WEIR_TRY(reader.read(message, turn));
    for (const ChatCall& call : turn.calls) {
      if (call.name.empty()) return unavailable("the upstream sent a call without a name");
    }
    return {};
  }

  // What the client must not see goes; what it had from earlier rounds comes first.
  static void mend(json::Value choice, const std::vector<ChatTurn>& rounds, Splices& splices) {
    const ChatTurn& turn = rounds.back();
    const json::Value message = choice["message"];
    if (turn.rewritten_any()) rewrite(message, turn, splices);
    // Tokens spell the calls as well.
    if ((turn.withheld_any() || turn.rewritten_any()) && choice["logprobs"].exists())
      splices.replace(choice["logprobs"], "null");
    if (turn.withheld_any()) {
      const bool none = !turn.allowed_any();
      std::vector<bool> remove;
      bool legacy = false;
      for (const ChatCall& call : turn.calls) {
        if (call.legacy) legacy = !call.verdict.allow;
        if (!call.legacy) remove.push_back(!call.verdict.allow);
      }
      const bool all = std::find(remove.begin(), remove.end(), false) == remove.end();
      splices.remove_members(message, [&](std::string_view key) {
        return (key == "function_call" && legacy) || (key == "tool_calls" && all);
      });
      if (!all) splices.remove_elements(message["tool_calls"], remove);
      const std::string_view reason = choice["finish_reason"].string_or("");
      if (none && (reason == "tool_calls" || reason == "function_call"))
        splices.replace(choice["finish_reason"], "\"stop\"");
    }
    const bool changed = rounds.size() > 1 || !stopped_text(rounds).empty();
    if (!changed) return;
    const std::string quoted = json::quote(exchange::text_of(chat_client_message(rounds)));
    // All that was said is in the content now.
    if (!message["refusal"].string_or("").empty()) splices.replace(message["refusal"], "null");
    if (message["content"].exists()) {
      splices.replace(message["content"], quoted);
    } else {
      insert_content(message, quoted, turn, splices);
    }
  }

  // Other arguments, in the form that the planner's had.
  static void rewrite(json::Value message, const ChatTurn& turn, Splices& splices) {
    const auto put = [&](json::Value body, const ChatCall& call) {
      if (!call.verdict.arguments) return;
      const std::string_view key = call.custom ? "input" : "arguments";
      const json::Value old = body[key];
      const std::string raw =
          old.is_object() ? call.client_arguments() : json::quote(call.client_arguments());
      if (old.exists()) {
        splices.replace(old, raw);
      } else {
        splices.insert(body.offset() + body.raw().size() - 1, fmt::format(",\"{}\":{}", key, raw));
      }
    };
    auto wire = message["tool_calls"].elements().begin();
    for (const ChatCall& call : turn.calls) {
      if (call.legacy) {
        put(message["function_call"], call);
        continue;
      }
      put((*wire)[call.custom ? "custom" : "function"], call);
      ++wire;
    }
  }

  // Before the first member that stays: an insertion must not lie in a range that goes.
  static void insert_content(json::Value message, const std::string& quoted, const ChatTurn& turn,
                             Splices& splices) {
    for (const json::Member& member : message.members()) {
      const bool call = member.key == "function_call" || member.key == "tool_calls";
      if (call && turn.withheld_any()) continue;
      return splices.replace(member.key_value,
                             fmt::format("\"content\":{},{}", quoted, member.key_value.raw()));
    }
    const size_t end = message.offset() + message.raw().size() - 1;
    const bool calls_stay = turn.withheld_any() && turn.allowed_any();
    splices.insert(end, fmt::format("{}\"content\":{}", calls_stay ? "," : "", quoted));
  }

  std::string body_;
  const int wanted_;
  const Options options_;
  WholeBody bytes_;
  std::string id_;  // the first round's, raw
  json::Document document_;
  bool parsed_ = false;
  std::vector<std::vector<ChatTurn>> rounds_;  // of each choice
  Replacements changes_;                       // of texts in document_
  std::map<std::string, int64_t> usage_;
  std::vector<exchange::Message> messages_;
};

}  // namespace

std::unique_ptr<Reply> make_chat_whole(std::string body, int choices, const Options& options) {
  return std::make_unique<ChatWhole>(std::move(body), choices, options);
}

}  // namespace weir::wire

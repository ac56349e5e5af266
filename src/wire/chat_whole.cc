// Replies of Chat Completions in one piece (OpenAI API reference, "The chat completion object").
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/limits.h"
#include "wire/chat_turn.h"
#include "wire/request.h"
#include "wire/splice.h"

namespace weir::wire {
namespace {

constexpr std::array<std::string_view, 11> kMessage{
    "role",      "content",           "refusal", "tool_calls",  "function_call", "reasoning_content",
    "reasoning", "reasoning_details", "audio",   "annotations", "images"};

class ChatWhole final : public Reply {
 public:
  ChatWhole(std::string body, int choices, const Options& options)
      : body_(std::move(body)), wanted_(choices), options_(options) {}

  Result<Step> feed(std::string_view bytes) override {
    bytes_ += bytes;
    if (bytes_.size() > limits::kHttpResponseBytesMax)
      return too_large(
          fmt::format("the upstream's reply has more than {} bytes", limits::kHttpResponseBytesMax));
    return Step{};
  }

  Result<Step> end_of_body() override {
    Step step;
    if (parsed_) {
      step.complete = true;
      return step;
    }
    auto document = json::parse(std::exchange(bytes_, {}));
    if (!document) return unavailable("the upstream's reply is not JSON: " + document.error().text());
    document_ = std::move(*document);
    parsed_ = true;
    const json::Value choices = document_["choices"];
    if (!choices.is_array()) return unavailable("the upstream's reply has no choices");
    WEIR_TRY(check(document_.root()));
    size_t index = 0;
    for (const json::Value choice : choices.elements()) {
      if (index == rounds_.size()) rounds_.emplace_back();
      rounds_[index].emplace_back();
      WEIR_TRY(read(choice["message"], rounds_[index].back()));
      for (const ChatCall& call : rounds_[index].back().calls)
        step.calls.push_back({call.typed(), static_cast<int>(index)});
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
        call.allowed = verdicts[at].allow;
        call.why = verdicts[at].why;
        ++at;
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
    body_ = append_messages(body_, chat_message_json(turn) + "," + chat_denials_json(turn));
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
    if (!rounds_.empty() && rounds_[0].size() > 1) {
      for (const auto& [key, sum] : usage_) {
        if (document_["usage"][key].integer()) splices.replace(document_["usage"][key], std::to_string(sum));
      }
    }
    step.out = splices.apply(document_.text());
    return step;
  }

  const std::vector<exchange::Message>& client_messages() const override { return messages_; }

  std::optional<Shadow> shadow() const override {
    if (rounds_.empty()) return std::nullopt;
    const bool denied = std::any_of(rounds_[0].begin(), rounds_[0].end(),
                                    [](const ChatTurn& turn) { return turn.denied_any(); });
    return denied ? std::optional<Shadow>(chat_shadow(rounds_[0])) : std::nullopt;
  }

 private:
  Status check(json::Value root) const {
    if (options_.unknown_items_untrusted) return {};
    for (const json::Member& member : root.members()) {
      if (member.key != "choices" && may_carry_calls(member.value))
        return unknown_item("member", member.key, "/" + json::pointer_token(member.key));
    }
    for (const json::Value choice : root["choices"].elements()) {
      for (const json::Member& member : choice.members()) {
        if (member.key == "message") continue;
        if (member.key == "delta" || may_carry_calls(member.value))
          return unknown_item("member of a choice", member.key, "/choices");
      }
      for (const json::Member& member : choice["message"].members()) {
        if (std::find(kMessage.begin(), kMessage.end(), member.key) != kMessage.end()) continue;
        if (member.key == "custom" || may_carry_calls(member.value))
          return unknown_item("member of a message", member.key, "/choices/message");
      }
    }
    return {};
  }

  static Status read(json::Value message, ChatTurn& turn) {
    turn.text = std::string(message["content"].string_or("")) + std::string(message["refusal"].string_or(""));
    turn.reasoning = message["reasoning_content"].string_or("");
    if (message["tool_calls"].size() > limits::kCallsPerTurnMax)
      return too_large(fmt::format("more than {} calls in one turn", limits::kCallsPerTurnMax));
    for (const json::Value wire : message["tool_calls"].elements()) {
      const std::string_view type = wire["type"].string_or("function");
      if (type != "function" && type != "custom")
        return unknown_item("call type", type, "/choices/message/tool_calls");
      const bool custom = type == "custom";
      const json::Value body = wire[type];
      const json::Value arguments = body[custom ? "input" : "arguments"];
      // Some servers send the arguments as an object.
      turn.calls.push_back(
          {.id = std::string(wire["id"].string_or("")),
           .name = std::string(body["name"].string_or("")),
           .arguments = std::string(arguments.is_string() ? *arguments.string() : arguments.raw()),
           .custom = custom});
    }
    if (const json::Value wire = message["function_call"]; wire.is_object()) {
      turn.calls.push_back({.name = std::string(wire["name"].string_or("")),
                            .arguments = std::string(wire["arguments"].string_or("")),
                            .legacy = true});
    }
    return {};
  }

  // What the client must not see goes; what it had from earlier rounds comes first.
  static void mend(json::Value choice, const std::vector<ChatTurn>& rounds, Splices& splices) {
    const ChatTurn& turn = rounds.back();
    const json::Value message = choice["message"];
    if (turn.denied_any()) {
      const bool none = !turn.allowed_any();
      if (message["function_call"].is_object()) splices.remove_member(message, "function_call");
      if (message["tool_calls"].is_array()) {
        std::vector<bool> remove;
        for (const ChatCall& call : turn.calls) {
          if (!call.legacy) remove.push_back(!call.allowed);
        }
        if (std::find(remove.begin(), remove.end(), false) == remove.end()) {
          splices.remove_member(message, "tool_calls");
        } else {
          splices.remove_elements(message["tool_calls"], remove);
        }
      }
      const std::string_view reason = choice["finish_reason"].string_or("");
      if (none && (reason == "tool_calls" || reason == "function_call"))
        splices.replace(choice["finish_reason"], "\"stop\"");
    }
    const bool changed = rounds.size() > 1 || !stopped_text(rounds).empty();
    if (!changed) return;
    const std::string quoted = json::quote(exchange::text_of(chat_client_message(rounds)));
    if (message["content"].exists()) {
      splices.replace(message["content"], quoted);
    } else {
      splices.insert(message.offset() + 1,
                     fmt::format("\"content\":{}{}", quoted, message.size() > 0 ? "," : ""));
    }
  }

  std::string body_;
  const int wanted_;
  const Options options_;
  std::string bytes_;
  json::Document document_;
  bool parsed_ = false;
  std::vector<std::vector<ChatTurn>> rounds_;  // of each choice
  std::map<std::string, int64_t> usage_;
  std::vector<exchange::Message> messages_;
};

}  // namespace

std::unique_ptr<Reply> make_chat_whole(std::string body, int choices, const Options& options) {
  return std::make_unique<ChatWhole>(std::move(body), choices, options);
}

}  // namespace weir::wire

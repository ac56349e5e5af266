// Replies of Chat Completions as a stream (OpenAI API reference, "The chat completion chunk object").
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "base/limits.h"
#include "wire/chat_turn.h"
#include "wire/request.h"
#include "wire/splice.h"
#include "wire/sse.h"

namespace weir::wire {
namespace {

constexpr std::array<std::string_view, 14> kDelta{"role",          "content",
                                                  "refusal",       "tool_calls",
                                                  "function_call", "reasoning_content",
                                                  "reasoning",     "reasoning_details",
                                                  "audio",         "annotations",
                                                  "obfuscation",   "images",
                                                  "name",          "padding"};

struct Choice {
  std::vector<ChatTurn> rounds = {ChatTurn{}};
  std::map<int64_t, size_t> call_at;  // the wire's index → place in the round's calls; -1: legacy
  std::vector<std::string> held;      // raw events that hold nothing but calls of this choice
  bool synthesise = false;            // calls are written anew: their events held something else too
  bool finished = false;
  bool decided = false;
  std::string closing;  // the raw event that finished it

  ChatTurn& turn() { return rounds.back(); }
};

class ChatStream final : public Reply {
 public:
  ChatStream(std::string body, int choices, const Options& options)
      : body_(std::move(body)), wanted_(choices), options_(options) {}

  Result<Step> feed(std::string_view bytes) override {
    std::vector<SseEvent> events;
    WEIR_TRY(parser_.feed(bytes, events));
    for (SseEvent& event : events) queue_.push_back(std::move(event));
    return pump();
  }

  Result<Step> end_of_body() override {
    if (parser_.rest().find_first_not_of(" \r\n") != std::string_view::npos) return broken_off();
    for (auto& [index, choice] : choices_) {
      if (!choice.turn().calls.empty() && !choice.decided) return broken_off();
      if (!choice.finished && !done_) return broken_off();
    }
    if (choices_.empty() && !done_) return broken_off();
    Step step;
    step.complete = true;
    return step;
  }

  Result<Step> decide(const std::vector<Verdict>& verdicts) override {
    Step step;
    for (size_t i = 0; i < verdicts.size() && i < waiting_.size(); ++i) {
      ChatCall& call = choices_[waiting_[i].first].turn().calls[waiting_[i].second];
      call.allowed = verdicts[i].allow;
      call.why = verdicts[i].why;
    }
    std::vector<int64_t> decided;
    for (const auto& [index, place] : waiting_) {
      if (std::find(decided.begin(), decided.end(), index) == decided.end()) decided.push_back(index);
    }
    waiting_.clear();
    for (const int64_t index : decided) release(index, step.out);
    auto more = pump();
    if (!more) return more;
    more->out.insert(0, step.out);
    return more;
  }

  bool all_denied() const override {
    if (wanted_ != 1 || choices_.size() != 1) return false;
    const ChatTurn& turn = choices_.begin()->second.rounds.back();
    return !turn.calls.empty() && !turn.allowed_any();
  }

  std::string next_round_body() override {
    Choice& choice = choices_.begin()->second;
    body_ = append_messages(body_, chat_message_json(choice.turn()) + "," + chat_denials_json(choice.turn()));
    choice.rounds.emplace_back();
    choice.call_at.clear();
    choice.held.clear();
    choice.synthesise = choice.finished = choice.decided = false;
    choice.closing.clear();
    usage_event_.clear();
    done_event_.clear();
    done_ = false;
    ++round_;
    parser_ = SseParser();
    return body_;
  }

  Result<Step> finish() override {
    Step step;
    for (auto& [index, choice] : choices_) {
      if (const std::string said = stopped_text(choice.rounds); !said.empty())
        step.out += text_event(index, said);
      step.out += closing_event(index, choice);
      messages_.push_back(chat_client_message(choice.rounds));
    }
    step.out += usage_event_;
    step.out += done_event_;
    step.complete = true;
    return step;
  }

  const std::vector<exchange::Message>& client_messages() const override { return messages_; }

  std::optional<Shadow> shadow() const override {
    if (choices_.empty()) return std::nullopt;
    const std::vector<ChatTurn>& rounds = choices_.begin()->second.rounds;
    const bool denied =
        std::any_of(rounds.begin(), rounds.end(), [](const ChatTurn& turn) { return turn.denied_any(); });
    return denied ? std::optional<Shadow>(chat_shadow(rounds)) : std::nullopt;
  }

 private:
  static Error broken_off() { return unavailable("the upstream ended its stream in the middle of a reply"); }

  Result<Step> pump() {
    Step step;
    while (!queue_.empty() && waiting_.empty()) {
      SseEvent event = std::move(queue_.front());
      queue_.pop_front();
      WEIR_TRY(process(std::move(event), step));
    }
    return step;
  }

  Status process(SseEvent event, Step& step) {
    if (event.data.empty()) {
      step.out += event.raw;
      return {};
    }
    if (event.data == "[DONE]") {
      done_ = true;
      done_event_ = std::move(event.raw);
      // Some servers never say why a choice ended.
      for (auto& [index, choice] : choices_) offer(index, choice, step);
      return {};
    }
    auto document = json::parse(event.data);
    if (!document)
      return unavailable("the upstream sent an event that is not JSON: " + document.error().text());
    const json::Value root = document->root();
    const json::Value choices = root["choices"];
    if (!choices.is_array()) {
      // An error, or a server's own news; nothing in it may look like a call.
      if (may_carry_calls(root) && !options_.unknown_items_untrusted)
        return unknown_item("event", event.name, "");
      step.out += event.raw;
      return {};
    }
    WEIR_TRY(check(root));
    remember_head(root);
    if (choices.size() == 0) {
      if (root["usage"].is_object()) {
        usage_event_ = with_usage(root, event);
      } else {
        step.out += later_round(root, event.raw);
      }
      return {};
    }
    return process_choices(root, choices, std::move(event), step);
  }

  Status check(json::Value root) {
    if (options_.unknown_items_untrusted) return {};
    for (const json::Member& member : root.members()) {
      if (member.key != "choices" && may_carry_calls(member.value))
        return unknown_item("member", member.key, "/" + json::pointer_token(member.key));
    }
    for (const json::Value choice : root["choices"].elements()) {
      for (const json::Member& member : choice.members()) {
        if (member.key == "delta") continue;
        if (member.key == "message" || may_carry_calls(member.value))
          return unknown_item("member of a choice", member.key, "/choices");
      }
      for (const json::Member& member : choice["delta"].members()) {
        if (std::find(kDelta.begin(), kDelta.end(), member.key) != kDelta.end()) continue;
        if (member.key == "custom" || may_carry_calls(member.value))
          return unknown_item("member of a delta", member.key, "/choices/delta");
      }
    }
    return {};
  }

  void remember_head(json::Value root) {
    if (!head_.empty()) return;
    json::Writer writer;
    writer.begin_object();
    for (const std::string_view key : {"id", "object", "created", "model", "system_fingerprint"}) {
      if (root[key].exists()) writer.key(key).raw(root[key].raw());
    }
    head_ = writer.text();
    id_ = root["id"].raw();
  }

  Status process_choices(json::Value root, json::Value choices, SseEvent event, Step& step) {
    bool tools = false;
    bool other = false;
    bool finished = false;
    for (const json::Value wire : choices.elements()) {
      const json::Value delta = wire["delta"];
      const bool calls = (delta["tool_calls"].is_array() && delta["tool_calls"].size() > 0) ||
                         delta["function_call"].is_object();
      tools |= calls;
      finished |= wire["finish_reason"].is_string();
      other |= !calls || !delta["content"].string_or("").empty() ||
               !delta["reasoning_content"].string_or("").empty();
    }
    const bool apart = tools && (other || finished || choices.size() > 1);
    size_t text_before = 0;
    for (const json::Value wire : choices.elements()) {
      const int64_t index = wire["index"].integer().value_or(0);
      if (index < 0 || index >= static_cast<int64_t>(limits::kChoicesMax))
        return unavailable("the upstream sent a choice that nobody asked for");
      Choice& choice = choices_[index];
      text_before = choice.turn().text.size();
      WEIR_TRY(accumulate(choice, wire["delta"]));
      if (apart) {
        choice.synthesise = true;
        const std::string text = choice.turn().text.substr(text_before);
        if (!text.empty()) step.out += text_event(index, text, round_ > 0 && text_before == 0);
        if (wire["finish_reason"].is_string())
          choice.closing = finish_event(index, wire["finish_reason"].string_or("stop"));
      } else if (tools) {
        choice.held.push_back(event.raw);
      } else if (wire["finish_reason"].is_string()) {
        choice.closing = event.raw;
      }
      if (wire["finish_reason"].is_string()) choice.finished = true;
    }
    if (!tools && !finished) {
      pass_text(root, choices, event, text_before, step);
    } else if (!tools && choices.size() > 1) {
      // One event that finishes one choice and says something of another.
      for (const json::Value wire : choices.elements()) {
        const int64_t index = wire["index"].integer().value_or(0);
        const std::string_view text = wire["delta"]["content"].string_or("");
        if (!text.empty()) step.out += text_event(index, text);
        if (wire["finish_reason"].is_string())
          choices_[index].closing = finish_event(index, wire["finish_reason"].string_or("stop"));
      }
    }
    if (root["usage"].is_object() && (tools || finished)) usage_of_round(root["usage"]);
    for (auto& [index, choice] : choices_) {
      if (choice.finished) offer(index, choice, step);
    }
    return {};
  }

  Status accumulate(Choice& choice, json::Value delta) {
    ChatTurn& turn = choice.turn();
    turn.text += delta["content"].string_or("");
    turn.text += delta["refusal"].string_or("");
    turn.reasoning += delta["reasoning_content"].string_or("");
    held_bytes_ += delta["tool_calls"].raw().size() + delta["function_call"].raw().size();
    if (held_bytes_ > limits::kHeldCallBytesMax)
      return too_large(
          fmt::format("the calls of one turn have more than {} bytes", limits::kHeldCallBytesMax));
    for (const json::Value wire : delta["tool_calls"].elements()) {
      const auto index = wire["index"].integer();
      const int64_t key = index ? *index : static_cast<int64_t>(turn.calls.size());
      const auto [at, added] = choice.call_at.try_emplace(key, turn.calls.size());
      if (added) {
        if (turn.calls.size() >= limits::kCallsPerTurnMax)
          return too_large(fmt::format("more than {} calls in one turn", limits::kCallsPerTurnMax));
        turn.calls.emplace_back();
      }
      ChatCall& call = turn.calls[at->second];
      const std::string_view type =
          wire["type"].string_or(call.custom || wire["custom"].exists() ? "custom" : "function");
      if (type != "function" && type != "custom")
        return unknown_item("call type", type, "/choices/delta/tool_calls");
      call.custom = type == "custom";
      const json::Value body = wire[type];
      call.id += wire["id"].string_or("");
      call.name += body["name"].string_or("");
      call.arguments += body[call.custom ? "input" : "arguments"].string_or("");
    }
    if (const json::Value wire = delta["function_call"]; wire.is_object()) {
      const auto [at, added] = choice.call_at.try_emplace(-1, turn.calls.size());
      if (added) turn.calls.push_back({.legacy = true});
      turn.calls[at->second].name += wire["name"].string_or("");
      turn.calls[at->second].arguments += wire["arguments"].string_or("");
    }
    return {};
  }

  void pass_text(json::Value root, json::Value choices, const SseEvent& event, size_t text_before,
                 Step& step) {
    if (round_ == 0) {
      step.out += event.raw;
      return;
    }
    const json::Value delta = (*choices.elements().begin())["delta"];
    const bool only_role = delta["role"].exists() && delta["content"].string_or("").empty() &&
                           delta["reasoning_content"].string_or("").empty();
    if (only_role) return;
    const Choice& choice = choices_.begin()->second;
    const bool said_before = std::any_of(choice.rounds.begin(), choice.rounds.end() - 1,
                                         [](const ChatTurn& turn) { return !turn.text.empty(); });
    if (text_before == 0 && !delta["content"].string_or("").empty() && said_before) {
      step.out += text_event(choices_.begin()->first, kRoundGap);
    }
    step.out += later_round(root, event.raw);
  }

  // Calls of a choice that has said all it will; once.
  void offer(int64_t index, Choice& choice, Step& step) {
    if (choice.decided || choice.turn().calls.empty()) return;
    choice.decided = true;
    for (size_t i = 0; i < choice.turn().calls.size(); ++i) {
      waiting_.emplace_back(index, i);
      step.calls.push_back({choice.turn().calls[i].typed(), static_cast<int>(index)});
    }
  }

  void release(int64_t index, std::string& out) {
    Choice& choice = choices_[index];
    const ChatTurn& turn = choice.turn();
    if (!turn.denied_any() && !choice.synthesise && round_ == 0) {
      for (const std::string& raw : choice.held) out += raw;
    } else {
      int at = 0;
      for (const ChatCall& call : turn.calls) {
        if (!call.allowed) continue;
        if (call.legacy) {
          json::Writer writer;
          writer.begin_object()
              .key("function_call")
              .begin_object()
              .field("name", call.name)
              .field("arguments", call.arguments);
          out += chunk(index, writer.end_object().end_object().take(), "null");
        } else {
          out += chunk(index, fmt::format("{{\"tool_calls\":[{}]}}", chat_call_json(call, at++)), "null");
        }
      }
    }
    choice.held.clear();
  }

  std::string chunk(int64_t index, std::string_view delta, std::string_view finish_reason) const {
    return fmt::format("data: {}{}\"choices\":[{{\"index\":{},\"delta\":{},\"finish_reason\":{}}}]}}\n\n",
                       head_, head_.size() > 1 ? "," : "", index, delta, finish_reason);
  }

  std::string text_event(int64_t index, std::string_view text, bool gap = false) const {
    const bool said = gap && choices_.at(index).rounds.size() > 1;
    return chunk(
        index,
        fmt::format("{{\"content\":{}}}",
                    json::quote(said ? std::string(kRoundGap) + std::string(text) : std::string(text))),
        "null");
  }

  std::string finish_event(int64_t index, std::string_view reason) const {
    return chunk(index, "{}", json::quote(reason));
  }

  // The reason must fit what the client got.
  std::string closing_event(int64_t index, const Choice& choice) const {
    if (choice.closing.empty()) return {};
    const bool mended = choice.rounds.back().denied_any() && !choice.rounds.back().allowed_any();
    if (!mended && round_ == 0) return choice.closing;
    const auto document = json::parse(event_data(choice.closing));
    if (!document) return choice.closing;
    const json::Value wire = *(*document)["choices"].elements().begin();
    const std::string_view reason = wire["finish_reason"].string_or("stop");
    return finish_event(index,
                        mended && (reason == "tool_calls" || reason == "function_call") ? "stop" : reason);
  }

  static std::string event_data(std::string_view raw) {
    SseParser parser;
    std::vector<SseEvent> events;
    if (!parser.feed(raw, events) || events.empty()) return {};
    return events.front().data;
  }

  // A later round's event under the first round's id.
  std::string later_round(json::Value root, const std::string& raw) const {
    if (round_ == 0 || id_.empty() || !root["id"].exists()) return raw;
    Splices splices;
    const size_t begin = root["id"].offset() - root.offset();
    splices.replace(begin, begin + root["id"].raw().size(), id_);
    return fmt::format("data: {}\n\n", splices.apply(root.raw()));
  }

  void usage_of_round(json::Value usage) {
    for (const std::string_view key : {"prompt_tokens", "completion_tokens", "total_tokens"})
      usage_[std::string(key)] += usage[key].integer().value_or(0);
  }

  std::string with_usage(json::Value root, const SseEvent& event) {
    usage_of_round(root["usage"]);
    if (round_ == 0) return event.raw;
    Splices splices;
    const size_t base = root.offset();
    const auto put = [&](json::Value value, std::string with) {
      splices.replace(value.offset() - base, value.offset() - base + value.raw().size(), std::move(with));
    };
    for (const auto& [key, sum] : usage_) {
      if (root["usage"][key].integer()) put(root["usage"][key], std::to_string(sum));
    }
    if (!id_.empty() && root["id"].exists()) put(root["id"], id_);
    return fmt::format("data: {}\n\n", splices.apply(root.raw()));
  }

  std::string body_;
  const int wanted_;
  const Options options_;
  SseParser parser_;
  std::deque<SseEvent> queue_;
  std::map<int64_t, Choice> choices_;
  std::vector<std::pair<int64_t, size_t>> waiting_;  // (choice, call) of the calls that were given out
  std::string head_;  // "{id, object, created, model" of the first round, open at the end
  std::string id_;
  std::map<std::string, int64_t> usage_;
  std::string usage_event_;
  std::string done_event_;
  std::vector<exchange::Message> messages_;
  size_t held_bytes_ = 0;
  int round_ = 0;
  bool done_ = false;
};

}  // namespace

std::unique_ptr<Reply> make_chat_stream(std::string body, int choices, const Options& options) {
  return std::make_unique<ChatStream>(std::move(body), choices, options);
}

}  // namespace weir::wire

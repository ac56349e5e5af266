// Replies of Chat Completions as a stream (OpenAI API reference, "The chat completion chunk object").
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/limits.h"
#include "wire/chat_chunk.h"
#include "wire/chat_turn.h"
#include "wire/request.h"
#include "wire/splice.h"
#include "wire/sse_body.h"

namespace weir::wire {
namespace {

struct Choice {
  explicit Choice(const Options& options)
      : reader(true, options.unknown_items_untrusted), texts(options.text_filters, true) {}

  std::vector<ChatTurn> rounds = {ChatTurn{}};
  ChatCallReader reader;
  ChatTexts texts;
  std::vector<std::string> held;  // raw events that hold nothing but calls of this choice
  bool synthesise = false;        // calls are written anew: their events held something else too
  bool finished = false;
  bool decided = false;
  bool role_sent = false;
  bool closing_calls = false;  // there are calls in `closing`
  std::string closing;         // the event that finished it

  ChatTurn& turn() { return rounds.back(); }
};

class ChatStream final : public Reply {
 public:
  ChatStream(std::string body, int choices, const Options& options)
      : body_(std::move(body)), wanted_(choices), options_(options) {}

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
    for (size_t i = 0; i < verdicts.size() && i < waiting_.size(); ++i) {
      ChatCall& call = choices_.at(waiting_[i].first).turn().calls[waiting_[i].second];
      WEIR_TRY_ASSIGN(verdict, settled(verdicts[i], call.call()));
      call.verdict = std::move(verdict);
    }
    std::vector<int64_t> decided;
    for (const auto& [index, place] : waiting_) {
      if (decided.empty() || decided.back() != index) decided.push_back(index);
    }
    waiting_.clear();
    for (const int64_t index : decided) WEIR_TRY(release(index, step.out));
    auto more = pump();
    if (!more) return more;
    more->out.insert(0, step.out);
    return more;
  }

  bool all_denied() const override {
    if (wanted_ != 1 || choices_.size() != 1 || failed_) return false;
    const ChatTurn& turn = choices_.begin()->second.rounds.back();
    return !turn.calls.empty() && !turn.allowed_any();
  }

  std::string next_round_body() override {
    Choice& choice = choices_.begin()->second;
    body_ = append_messages(body_, chat_message_json(choice.turn()) + "," + chat_results_json(choice.turn()));
    choice.rounds.emplace_back();
    choice.reader = ChatCallReader(true, options_.unknown_items_untrusted);
    choice.synthesise = choice.finished = choice.decided = choice.closing_calls = false;
    choice.closing.clear();
    usage_.end_round();
    usage_.drop();
    done_event_.clear();
    done_ = false;
    ++round_;
    events_ = {};
    return body_;
  }

  Result<Step> finish() override {
    Step step;
    usage_.end_round();
    for (auto& [index, choice] : choices_) {
      if (const std::string said = stopped_text(choice.rounds); !said.empty())
        step.out += text_event(index, choice, "content", said);
      step.out += closing_event(choice);
      messages_.push_back(chat_client_message(choice.rounds));
    }
    step.out += usage_.events(round_ > 0, head_);
    step.out += done_event_;
    step.complete = true;
    return step;
  }

  const std::vector<exchange::Message>& client_messages() const override { return messages_; }

  std::optional<Shadow> shadow() const override {
    return choices_.empty() ? std::nullopt : chat_shadow(choices_.begin()->second.rounds, options_.keep_own);
  }

 private:
  static Error broken_off() { return unavailable("the upstream ended its stream in the middle of a reply"); }

  Result<Step> pump() {
    Step step;
    while (!events_.empty() && waiting_.empty()) {
      WEIR_TRY(process(events_.next(), step));
    }
    if (events_.ended() && waiting_.empty()) {
      WEIR_TRY(check_end());
      step.complete = true;
    }
    return step;
  }

  Status check_end() const {
    if (failed_) return {};
    for (const auto& [index, choice] : choices_) {
      if (!choice.rounds.back().calls.empty() && !choice.decided) return broken_off();
      if (!choice.finished && !done_) return broken_off();
    }
    return choices_.empty() && !done_ ? Status(broken_off()) : Status();
  }

  Status process(SseEvent event, Step& step) {
    if (!event.has_data || event.data.empty()) {
      step.out += event.raw;
      return {};
    }
    // No client reads on after the end.
    if (done_ || failed_) return {};
    if (event.data == "[DONE]") {
      done_ = true;
      done_event_ = std::move(event.raw);
      // Some servers never say why a choice ended.
      for (auto& [index, choice] : choices_) WEIR_TRY(end_choice(index, choice, step));
      return {};
    }
    auto document = json::parse(event.data);
    if (!document)
      return unavailable("the upstream sent an event that is not JSON: " + document.error().text());
    const json::Value root = document->root();
    const json::Value choices = root["choices"];
    if (!root.is_object()) return odd_chunk("no object");
    if (!options_.unknown_items_untrusted) WEIR_TRY(check_chat_reply(root, "delta"));
    if (!choices.is_array()) {
      if (choices.exists() && !choices.is_null()) return odd_chunk("choices that are no list");
      if (root["error"].exists() && !root["error"].is_null()) fail();
      step.out += event.raw;
      return {};
    }
    WEIR_TRY(check_chunk_choices(choices));
    if (root["usage"].is_object()) usage_.of_round(root["usage"]);
    if (choices.size() == 0) {
      if (root["usage"].is_object()) {
        usage_.hold(std::move(event.raw));
      } else {
        step.out += round_ == 0 ? event.raw : edited_chunk(root, {.id = head_.id()});
      }
      return {};
    }
    head_.remember(root);
    WEIR_TRY(process_choices(root, std::move(event), step));
    if (root["error"].is_object()) fail();
    return {};
  }

  // What came of calls that were not whole is dropped; the client sees the upstream's error.
  void fail() {
    failed_ = true;
    for (auto& [index, choice] : choices_) {
      if (choice.decided) continue;
      choice.turn().calls.clear();
      choice.held.clear();
      if (choice.closing_calls) choice.closing.clear();
    }
  }

  Status process_choices(json::Value root, SseEvent event, Step& step) {
    const json::Value choices = root["choices"];
    ChatContent all;
    size_t place = 0;
    for (const json::Value wire : choices.elements()) {
      const ChatContent content = content_of(wire);
      all.calls |= content.calls;
      all.other |= content.other;
      all.finished |= content.finished;
    }
    bool said_before = false;
    bool kept_back = false;
    Replacements changes;
    for (const json::Value wire : choices.elements()) {
      const int64_t index = wire["index"].integer().value_or(0);
      Choice& choice = choices_.try_emplace(index, options_).first->second;
      const ChatContent content = content_of(wire);
      if (choice.finished && content.calls) return odd_chunk("a call of a choice that had ended");
      said_before = !choice.turn().shown.empty();
      WEIR_TRY(choice.reader.read(wire["delta"], choice.turn()));
      WEIR_TRY(choice.texts.read(wire, "delta", options_.unknown_items_untrusted, choice.turn(), changes));
      if (content.finished) choice.texts.end();
      kept_back |= !choice.texts.content_rest.empty() || !choice.texts.refusal_rest.empty();
    }
    const bool single = choices.size() == 1;
    const bool pass = !all.calls && !all.finished;
    const bool hold = single && all.calls && !all.other && !all.finished;
    // Text of the closing event may stay in it, which comes after all calls, where nothing comes between.
    const bool alone = changes.empty() && !kept_back && round_ == 0;
    const bool close = single && all.finished && (!all.other || (!all.calls && alone));
    for (const json::Value wire : choices.elements()) {
      const ChatContent content = content_of(wire);
      Choice& choice = choices_.at(wire["index"].integer().value_or(0));
      if (hold) choice.held.push_back(event.raw);
      if (content.finished) {
        choice.finished = true;
        choice.closing_calls = close && content.calls;
        choice.closing =
            close
                ? event.raw
                : edited_chunk(
                      root, {.empty_delta = true, .only = static_cast<int64_t>(place), .replace = &changes});
      }
      if (content.calls && !hold && !close) choice.synthesise = true;
      ++place;
    }
    if (pass) {
      pass_event(root, event, said_before, changes, step);
    } else if (!hold && !close && all.other) {
      step.out += rest_of(root, all.finished, said_before, changes);
      mark_role(choices);
    }
    for (auto& [index, choice] : choices_) {
      if (choice.finished) WEIR_TRY(end_choice(index, choice, step));
    }
    return {};
  }

  // What an event says beside its calls and its end.
  std::string rest_of(json::Value root, bool finished, bool said_before, const Replacements& changes) {
    const Choice& choice = choices_.begin()->second;
    return gap(root, said_before) + edited_chunk(root, {.cut_calls = true,
                                                        .cut_role = round_ > 0 && choice.role_sent,
                                                        .cut_usage = finished,
                                                        .unfinish = true,
                                                        .cut_logprobs = true,
                                                        .id = round_ > 0 ? head_.id() : std::string(),
                                                        .replace = &changes});
  }

  void mark_role(json::Value choices) {
    for (const json::Value wire : choices.elements()) {
      if (wire["delta"]["role"].is_string())
        choices_.at(wire["index"].integer().value_or(0)).role_sent = true;
    }
  }

  void pass_event(json::Value root, const SseEvent& event, bool said_before, const Replacements& changes,
                  Step& step) {
    const json::Value delta = (*root["choices"].elements().begin())["delta"];
    if (round_ == 0) {
      step.out += changes.empty() ? event.raw : edited_chunk(root, {.replace = &changes});
    } else if (ChatContent content = content_of(*root["choices"].elements().begin()); content.other) {
      step.out += gap(root, said_before);
      step.out +=
          edited_chunk(root, {.cut_role = choices_.begin()->second.role_sent && delta["role"].exists(),
                              .id = head_.id(),
                              .replace = &changes});
    } else {
      return;  // a second "role", or nothing
    }
    mark_role(root["choices"]);
  }

  // Between the texts of two rounds.
  std::string gap(json::Value root, bool said_before) {
    if (round_ == 0 || said_before) return {};
    Choice& choice = choices_.begin()->second;
    const bool now = !choice.turn().shown.empty() && root["choices"].size() == 1;
    return now ? gap(choices_.begin()->first, choice) : std::string();
  }

  std::string gap(int64_t index, Choice& choice) {
    const bool earlier = std::any_of(choice.rounds.begin(), choice.rounds.end() - 1,
                                     [](const ChatTurn& turn) { return !turn.shown.empty(); });
    return earlier ? text_event(index, choice, "content", kRoundGap) : std::string();
  }

  // A choice says no more: what its filter kept back goes out, then its calls are offered.
  Status end_choice(int64_t index, Choice& choice, Step& step) {
    choice.texts.end();
    flush(index, choice, "content", choice.texts.content_rest, step);
    flush(index, choice, "refusal", choice.texts.refusal_rest, step);
    return offer(index, choice, step);
  }

  void flush(int64_t index, Choice& choice, std::string_view key, std::string& rest, Step& step) {
    if (rest.empty()) return;
    if (choice.turn().shown.empty()) step.out += gap(index, choice);
    choice.turn().shown += rest;
    step.out += text_event(index, choice, key, rest);
    rest.clear();
  }

  // Calls of a choice that has said all it will; once.
  Status offer(int64_t index, Choice& choice, Step& step) {
    if (choice.decided || choice.turn().calls.empty()) return {};
    choice.decided = true;
    for (size_t i = 0; i < choice.turn().calls.size(); ++i) {
      if (choice.turn().calls[i].name.empty()) return odd_chunk("a call without a name");
      waiting_.emplace_back(index, i);
      step.calls.push_back({choice.turn().calls[i].call(), static_cast<int>(index)});
    }
    return {};
  }

  Status release(int64_t index, std::string& out) {
    Choice& choice = choices_.at(index);
    const ChatTurn& turn = choice.turn();
    const bool as_they_came = !turn.withheld_any() && !turn.rewritten_any();
    if (as_they_came && !choice.synthesise && choice.reader.exact() && round_ == 0) {
      for (const std::string& raw : choice.held) out += raw;
      choice.role_sent = true;
    } else {
      WEIR_TRY(part_closing(choice, !as_they_came, out));
      int at = 0;
      for (const ChatCall& call : turn.calls) {
        if (call.verdict.allow) out += call_event(index, choice, call, at++);
      }
    }
    choice.held.clear();
    return {};
  }

  // Calls do not stand as they came, so that those in the closing event go, and what it says does not wait.
  Status part_closing(Choice& choice, bool changed, std::string& out) {
    if (choice.closing.empty()) return {};
    const auto document = json::parse(event_data(choice.closing));
    if (!document) return odd_chunk("a closing event that cannot be read again");
    const json::Value root = document->root();
    if (content_of(*root["choices"].elements().begin()).other) {
      out += rest_of(root, true, true, {});
      mark_role(root["choices"]);
    }
    choice.closing = edited_chunk(root, {.cut_logprobs = changed, .empty_delta = true});
    choice.closing_calls = false;
    return {};
  }

  std::string call_event(int64_t index, Choice& choice, const ChatCall& call, int at) {
    json::Writer writer;
    writer.begin_object();
    begin_delta(choice, writer);
    if (call.legacy) {
      writer.key("function_call").begin_object();
      writer.field("name", call.name).field("arguments", call.client_arguments()).end_object();
    } else {
      writer.key("tool_calls").begin_array();
      writer.raw(chat_call_json(call, call.client_arguments(), at)).end_array();
    }
    return head_.chunk(index, writer.end_object().take(), "null");
  }

  std::string text_event(int64_t index, Choice& choice, std::string_view key, std::string_view text) {
    json::Writer writer;
    writer.begin_object();
    begin_delta(choice, writer);
    return head_.chunk(index, writer.field(key, text).end_object().take(), "null");
  }

  static void begin_delta(Choice& choice, json::Writer& writer) {
    if (!choice.role_sent) writer.field("role", "assistant");
    choice.role_sent = true;
  }

  // The reason must fit what the client got.
  std::string closing_event(Choice& choice) const {
    if (choice.closing.empty()) return {};
    const ChatTurn& turn = choice.rounds.back();
    const bool mended = turn.withheld_any() && !turn.allowed_any();
    if (!mended && round_ == 0) return choice.closing;
    const auto document = json::parse(event_data(choice.closing));
    if (!document) return {};
    const std::string_view reason =
        (*(*document)["choices"].elements().begin())["finish_reason"].string_or("");
    ChunkEdit edit{.cut_role = choice.role_sent, .cut_logprobs = mended, .id = head_.id()};
    if (mended && (reason == "tool_calls" || reason == "function_call")) edit.reason = "stop";
    return edited_chunk(document->root(), edit);
  }

  std::string body_;
  const int wanted_;
  const Options options_;
  SseBody events_;
  std::map<int64_t, Choice> choices_;
  std::vector<std::pair<int64_t, size_t>> waiting_;  // (choice, call) of the calls that were given out
  ChatHead head_;
  ChatUsage usage_;
  std::string done_event_;
  std::vector<exchange::Message> messages_;
  int round_ = 0;
  bool done_ = false;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Reply> make_chat_stream(std::string body, int choices, const Options& options) {
  return std::make_unique<ChatStream>(std::move(body), choices, options);
}

}  // namespace weir::wire

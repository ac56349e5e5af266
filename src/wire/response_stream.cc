// Replies of Responses as a stream (OpenAI API reference, "Streaming events").
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <list>

#include "base/limits.h"
#include "wire/chat_turn.h"
#include "wire/message_turn.h"
#include "wire/request.h"
#include "wire/response_open.h"
#include "wire/response_turn.h"
#include "wire/sse_body.h"

namespace weir::wire {
namespace {

class ResponseStream final : public Reply {
 public:
  ResponseStream(std::string body, const Options& options) : options_(options), rounds_(std::move(body)) {}

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
      OpenItem open = std::move(*waiting_);
      waiting_.reset();
      WEIR_TRY_ASSIGN(verdict, settled(verdicts[0], open.item.call));
      open.item.verdict = std::move(verdict);
      if (open.item.verdict.allow) {
        for (OpenItem& other : open_) flush(other, step);
        open.item.index = open.index = next_index_++;
        step.out += open.release(exact_, writer_);
      }
      rounds_.last().items.push_back(std::move(open.item));
    }
    auto more = pump();
    if (!more) return more;
    more->out.insert(0, step.out);
    return more;
  }

  bool all_denied() const override { return !rounds_.failed && rounds_.all_denied(); }

  std::string next_round_body() override {
    std::string body = rounds_.next_body();
    open_.clear();
    closing_.reset();
    tail_.clear();
    output_tokens_ += round_tokens_;
    held_bytes_ = calls_ = 0;
    events_ = {};
    return body;
  }

  Result<Step> finish() override {
    Step step;
    step.complete = true;
    if (const std::string said = rounds_.stopped_text(); !said.empty()) say(said, step);
    if (closing_) step.out += closing(*closing_);
    step.out += tail_;
    messages_.push_back(rounds_.client_message());
    return step;
  }

  const std::vector<exchange::Message>& client_messages() const override { return messages_; }
  std::optional<Shadow> shadow() const override { return rounds_.shadow(options_.keep_own); }

 private:
  bool filtered() const { return static_cast<bool>(options_.text_filters); }

  Result<Step> pump() {
    Step step;
    while (!events_.empty() && !waiting_) {
      WEIR_TRY(process(events_.next(), step));
    }
    if (events_.ended() && !waiting_) {
      if (!closing_ && !rounds_.failed)
        return unavailable("the upstream ended its stream in the middle of a reply");
      step.complete = true;
    }
    return step;
  }

  Status process(SseEvent event, Step& step) {
    if (!event.has_data || event.data.empty() || event.data == "[DONE]") {
      (closing_ ? tail_ : step.out) += event.raw;
      return {};
    }
    // No client reads on after the end.
    if (closing_) return {};
    auto document = json::parse(event.data);
    if (!document)
      return unavailable("the upstream sent an event that is not JSON: " + document.error().text());
    const std::string type((*document)["type"].string_or(""));
    // Some clients go by one, some by the other.
    if (type.empty() || (!event.name.empty() && event.name != type))
      return unavailable("the upstream sent an event whose name is not its type");
    event.name = type;
    const About what = event_about(type);
    // After an error only the response's own end says more.
    if (rounds_.failed && what != About::end) return {};
    return dispatch(what, std::move(*document), std::move(event), step);
  }

  Status dispatch(About what, json::Document document, SseEvent event, Step& step) {
    const json::Value root = document.root();
    const bool checked = !options_.unknown_items_untrusted;
    switch (what) {
      case About::response:
        if (checked) WEIR_TRY(check_response(root["response"], "/response"));
        // Output belongs into items; here it would pass unseen.
        if (root["response"]["output"].size() > 0 || !root["response"]["output_text"].string_or("").empty())
          return unknown_item("event", event.name + " with output", "/response/output");
        if (id_.empty()) id_ = root["response"]["id"].raw();
        if (rounds_.turns.size() == 1) step.out += writer_.pass(event, root);
        return {};
      case About::item:
        if (checked) WEIR_TRY(check_beside(root, "item", ""));
        return event.name.ends_with(".added") ? item_added(std::move(document), std::move(event), step)
                                              : item_done(std::move(document), std::move(event), step);
      case About::text:
        return text_event(root, event, step);
      case About::call:
        return call_event(root, std::move(event));
      case About::end:
        return response_end(std::move(document), std::move(event), step);
      case About::error:
        // What came of a call that was not whole is dropped.
        rounds_.failed = true;
        open_.clear();
        step.out += writer_.pass(event, root);
        return {};
      case About::aside:
        step.out += writer_.pass(event, root);
        return {};
      case About::hosted:
        if (checked) return hosted_tool(fmt::format("what the event \"{}\" tells of", event.name), "");
        break;
      case About::unknown:
        if (checked) return unknown_item("event", event.name, "");
        break;
    }
    const OpenItem* open = find(root);
    step.out += writer_.pass(event, root, open == nullptr ? std::nullopt : std::optional(open->index));
    return {};
  }

  // The item that an event is about, or null: by its place, or by its id where a server numbers nothing.
  OpenItem* find(json::Value root) {
    const auto index = root["output_index"].integer();
    const std::string_view id = root["item_id"].string_or(root["item"]["id"].string_or(""));
    const std::string_view call_id = root["item"]["call_id"].string_or("");
    for (OpenItem& open : open_) {
      if (index && open.upstream_index) {
        if (*index == *open.upstream_index) return &open;
      } else if (!id.empty() ? id == open.id : !call_id.empty() && call_id == open.call_id()) {
        return &open;
      }
    }
    return nullptr;
  }

  Status item_added(json::Document document, SseEvent event, Step& step) {
    const json::Value item = document["item"];
    if (!options_.unknown_items_untrusted) WEIR_TRY(check_reply_item(item, "/item"));
    if (find(document.root()) != nullptr) return unavailable("the upstream began an item twice");
    if (rounds_.last().items.size() + open_.size() >= limits::kCallsPerTurnMax * 4)
      return too_large("too many items in one reply");
    OpenItem& open = open_.emplace_back();
    open.upstream_index = document["output_index"].integer();
    open.id = item["id"].string_or("");
    open.item.kind = item_kind(item);
    if (open.item.is_call()) {
      WEIR_TRY(count_call(event.data.size()));
      open.held.push_back(std::move(event));
    } else {
      open.index = next_index_++;
      Replacements changes;
      WEIR_TRY(each_text(item, [&](int64_t part, bool refusal, json::Value text) -> Status {
        open.feed(open.text_at(part, refusal, options_.text_filters), text, changes);
        return {};
      }));
      step.out += writer_.pass(event, document.root(), open.index, changes);
    }
    open.started = std::move(document);
    return {};
  }

  Status count_call(size_t bytes) {
    if (++calls_ > limits::kCallsPerTurnMax)
      return too_large(fmt::format("more than {} calls in one turn", limits::kCallsPerTurnMax));
    return count_bytes(bytes);
  }

  Status count_bytes(size_t bytes) {
    held_bytes_ += bytes;
    if (held_bytes_ > limits::kHeldCallBytesMax)
      return too_large(
          fmt::format("the calls of one turn have more than {} bytes", limits::kHeldCallBytesMax));
    return {};
  }

  Result<OpenItem*> opened(json::Value root) {
    OpenItem* open = find(root);
    if (open == nullptr) return unavailable("the upstream went on with an item that it had not begun");
    return open;
  }

  Status text_event(json::Value root, const SseEvent& event, Step& step) {
    WEIR_TRY_ASSIGN(open, opened(root));
    if (open->item.is_call()) return unknown_item("event of a call", event.name, "");
    if (!options_.unknown_items_untrusted) WEIR_TRY(check_text_event(root, event.name));
    Replacements changes;
    const bool reasoning = event.name.find("reasoning") != std::string::npos ||
                           root["part"]["type"].string_or("") == "reasoning_text";
    if (!reasoning) {
      WEIR_TRY_ASSIGN(passes,
                      open->text_event(root, event, options_.text_filters, writer_, changes, step.out));
      if (!passes) return {};
    }
    step.out += writer_.pass(event, root, open->index, changes);
    return {};
  }

  Status call_event(json::Value root, SseEvent event) {
    WEIR_TRY_ASSIGN(open, opened(root));
    if (!open->item.is_call()) return unknown_item("event of another item", event.name, "");
    WEIR_TRY(count_bytes(event.data.size()));
    const bool custom = event.name.starts_with("response.custom_tool_call_input.");
    if (!custom && !event.name.starts_with("response.function_call_arguments.")) return {};
    const bool delta = event.name.ends_with(".delta");
    const json::Value value = root[delta ? "delta" : custom ? "input" : "arguments"];
    if (!value.is_string() || (root["name"].is_string() && !root["name"].string()->empty() &&
                               !open->started["item"]["name"].string_or("").empty() &&
                               root["name"].string() != open->started["item"]["name"].string()))
      return unavailable("the upstream sent a call that can be read in more than one way");
    if (delta) {
      open->pieces += *value.string();
    } else {
      open->whole = *value.string();
    }
    open->held.push_back(std::move(event));
    return {};
  }

  // Some servers send an item only when it is done.
  Result<OpenItem> taken(const json::Document& document) {
    if (OpenItem* at = find(document.root()); at != nullptr) {
      OpenItem open = std::move(*at);
      open_.remove_if([&](const OpenItem& each) { return &each == at; });
      return open;
    }
    OpenItem open;
    open.id = document["item"]["id"].string_or("");
    open.item.kind = item_kind(document["item"]);
    if (open.item.is_call()) {
      WEIR_TRY(count_call(0));
    } else {
      open.index = next_index_++;
    }
    return open;
  }

  Status item_done(json::Document document, SseEvent event, Step& step) {
    const json::Value item = document["item"];
    if (!options_.unknown_items_untrusted) WEIR_TRY(check_reply_item(item, "/item"));
    WEIR_TRY_ASSIGN(open, taken(document));
    if (item_kind(item) != open.item.kind)
      return unavailable("the upstream ended another item than it had begun");
    open.item.raw = item.raw();
    if (open.item.is_call()) {
      auto call = read_call(item, "/item");
      if (!call) return unavailable("the upstream sent a call that cannot be read: " + call.error().text());
      open.item.call = std::move(*call);
      WEIR_TRY(count_bytes(event.data.size()));
      open.held.push_back(std::move(event));
      open.ended = std::move(document);
      WEIR_TRY_ASSIGN(exact, open.exact());
      exact_ = exact;
      step.calls.push_back({open.item.call, 0});
      waiting_ = std::move(open);
      return {};
    }
    if (open.item.kind == ItemKind::message) {
      WEIR_TRY(each_text(item, [&](int64_t part, bool refusal, json::Value value) {
        return open.end(open.text_at(part, refusal, options_.text_filters), part, value, filtered(), writer_,
                        step.out);
      }));
    }
    flush(open, step);
    close(open);
    const std::string given = open.item.client_raw();
    Replacements changes;
    if (given != open.item.raw) changes.emplace_back(item, given);
    step.out += writer_.pass(event, document.root(), open.index, changes);
    rounds_.last().items.push_back(std::move(open.item));
    return {};
  }

  static void close(OpenItem& open) {
    for (auto& [part, text] : open.texts) open.item.texts.push_back(text.text);
    open.item.index = open.index;
  }

  void flush(OpenItem& open, Step& step) {
    for (auto& [part, text] : open.texts) open.flush(text, part, writer_, step.out);
  }

  Status response_end(json::Document document, SseEvent event, Step& step) {
    const json::Value response = document["response"];
    if (!options_.unknown_items_untrusted) WEIR_TRY(check_response(response, "/response"));
    const bool whole = event.name == "response.completed";
    if (event.name == "response.failed") rounds_.failed = true;
    for (OpenItem& open : open_) {
      if (open.item.is_call()) {
        // It is not whole, and nobody gets it.
        if (whole) return unavailable("the upstream ended its response in the middle of a call");
        continue;
      }
      flush(open, step);
      open.item.raw = open.raw_so_far();
      close(open);
      rounds_.last().items.push_back(std::move(open.item));
    }
    open_.clear();
    WEIR_TRY(check_output(response["output"], response["output_text"], whole));
    round_tokens_ = response["usage"]["output_tokens"].integer().value_or(0);
    closing_ = std::move(event);
    return {};
  }

  // The calls that the end repeats must be those that came. Where the rest is not what came, the client gets
  // what came.
  Status check_output(json::Value output, json::Value text, bool whole) {
    const std::vector<ResponseItem>& items = rounds_.last().items;
    // What repeats the texts as one has come through no filter.
    anew_ = filtered() && text.is_string();
    size_t at = 0;
    for (const json::Value item : output.elements()) {
      if (!options_.unknown_items_untrusted) WEIR_TRY(check_reply_item(item, "/response/output"));
      const bool same = at < items.size() && repeats(items[at], item);
      ++at;
      if (same) continue;
      anew_ = true;
      const bool known = std::any_of(items.begin(), items.end(),
                                     [&](const ResponseItem& each) { return repeats(each, item); });
      // One that was not whole when the response broke off goes.
      if (whole && !known && item_kind(item) == ItemKind::call)
        return unavailable("the upstream ended its response with a call that it had not sent");
    }
    return {};
  }

  bool repeats(const ResponseItem& sent, json::Value item) const {
    if (sent.kind != item_kind(item)) return false;
    if (!sent.is_call()) return !filtered() || sent.raw == item.raw();
    const auto call = read_call(item, "");
    return call && exchange::part_digest(sent.call) == exchange::part_digest(*call);
  }

  // The item that says what weir stopped.
  void say(const std::string& said, Step& step) {
    const std::string item = stopped_item(said);
    const int64_t index = next_index_++;
    const std::string part = fmt::format(
        R"({{"type":"output_text","text":{},"annotations":[],"logprobs":[]}})", json::quote(said));
    constexpr std::string_view kAt = R"("item_id":"msg_weir","content_index":0,)";
    step.out += writer_.make(
        "response.output_item.added", index,
        R"("item":{"id":"msg_weir","type":"message","role":"assistant","status":"in_progress","content":[]})");
    step.out += writer_.make(
        "response.content_part.added", index,
        fmt::format(R"({}"part":{{"type":"output_text","text":"","annotations":[],"logprobs":[]}})", kAt));
    step.out += writer_.make("response.output_text.delta", index,
                             fmt::format(R"({}"delta":{},"logprobs":[])", kAt, json::quote(said)));
    step.out += writer_.make("response.output_text.done", index,
                             fmt::format(R"({}"text":{},"logprobs":[])", kAt, json::quote(said)));
    step.out += writer_.make("response.content_part.done", index, fmt::format(R"({}"part":{})", kAt, part));
    step.out += writer_.make("response.output_item.done", index, fmt::format(R"("item":{})", item));
  }

  std::string closing(const SseEvent& event) {
    const auto document = json::parse(event.data);
    if (!document) return event.raw;
    Replacements changes;
    rounds_.mend((*document)["response"], anew_, id_, output_tokens_, changes);
    return writer_.pass(event, document->root(), {}, changes);
  }

  const Options options_;
  ResponseRounds rounds_;
  EventWriter writer_;
  SseBody events_;
  std::list<OpenItem> open_;
  std::optional<OpenItem> waiting_;
  bool exact_ = true;  // of it
  bool anew_ = false;  // the end's output must be written anew
  std::optional<SseEvent> closing_;
  std::string tail_;  // what follows the end
  std::vector<exchange::Message> messages_;
  std::string id_;  // the first round's, raw
  int64_t next_index_ = 0;
  int64_t output_tokens_ = 0;
  int64_t round_tokens_ = 0;
  size_t held_bytes_ = 0;
  size_t calls_ = 0;
};

}  // namespace

std::unique_ptr<Reply> make_response_stream(std::string body, const Options& options) {
  return std::make_unique<ResponseStream>(std::move(body), options);
}

}  // namespace weir::wire

// Turn, seal mode: what the planner is shown, weir_ask, and content in place of references.
#include <algorithm>

#include "base/limits.h"
#include "gateway/turn.h"
#include "seal/ask.h"
#include "session/with_content.h"

namespace weir::gateway {

class Turn::ShownFilter final : public wire::TextFilter {
 public:
  ShownFilter(Labels& labels, seal::Resolve resolve, std::shared_ptr<ShownText> text)
      : text_(std::move(text)), shower_(labels, std::move(resolve)) {
    shower_.on_shown = [&labels, text = text_.get()](LabelId label) {
      text->label = labels.join(text->label, label);
    };
  }

  std::string feed(std::string_view piece) override {
    text_->own += piece;
    return noted(shower_.feed(piece));
  }
  std::string end() override { return noted(shower_.end()); }

 private:
  std::string noted(std::string out) {
    text_->client += out;
    return out;
  }

  std::shared_ptr<ShownText> text_;  // shared with the turn, which remembers it
  seal::Shower shower_;
};

// The filter lives in the reply, which is the turn's.
std::unique_ptr<wire::TextFilter> Turn::shown_text() {
  shown_.push_back(std::make_shared<ShownText>());
  return std::make_unique<ShownFilter>(gateway_.workspace().labels(), conversation_->resolver(),
                                       shown_.back());
}

std::string Turn::upstream_body() const {
  wire::Changes changes{.edits = shadow_edits(gateway_.shadow(), parsed_->request)};
  if (!sealing()) return parsed_->write(changes);
  const std::vector<exchange::Message>& messages = parsed_->request.messages;
  for (const session::Replaced& replaced : conversation_->replaced())
    changes.parts.push_back(
        {replaced.message, exchange::part_at(messages.at(replaced.message), replaced.spoken), replaced.text});
  for (const auto& [message, part] :
       gateway_.workspace().hidden_thoughts(parsed_->request, *conversation_, rules_))
    changes.parts.push_back({message, part, "(a thought that does not belong to what is shown here)"});
  changes.tools.push_back(seal::ask_tool());
  return parsed_->write(changes);
}

void Turn::ask_reader(size_t index) {
  // What it says beside its first question it says before the answer.
  if (const auto& vault = conversation_->vault(); vault && vault->revealed() == kNoLabel) {
    for (const auto& shown : shown_) conversation_->wrote_before_reveal(shown->own);
  }
  held_[index].asking = Asking::start(
      gateway_,
      {held_[index].call, session_id_, conversation_, upstream_, parsed_->request.model, asking_headers()},
      [weak = weak_from_this(), index](std::string result) {
        if (const auto self = weak.lock()) self->answered(index, std::move(result));
      });
}

void Turn::answered(size_t index, std::string result) {
  if (done_ || index >= held_.size()) return;
  held_[index].answer = std::move(result);
  if (--undecided_ == 0) release();
}

// What becomes of a decided call on the wire; notes what it carries.
wire::Verdict Turn::verdict_of(Held& held) {
  if (held.answer) {
    answered_any_ = true;
    return {.why = std::move(*held.answer), .answered = true};
  }
  const guard::Verdict& verdict = held.judged->verdict;
  Labels& labels = gateway_.workspace().labels();
  if (!held.judged->allowed)
    return {.why = sealing() ? guard::sealed_denial_text(verdict, labels) : guard::denial_text(verdict)};
  wire::Verdict out{.allow = true};
  const bool sealed = std::any_of(verdict.arguments.begin(), verdict.arguments.end(),
                                  [](const session::Leaf& leaf) { return leaf.sealed; });
  exchange::Call call = held.call;
  if (sealed) {
    std::string_view schema;
    for (const exchange::Tool& tool : parsed_->request.tools) {
      if (tool.name == call.name) schema = tool.schema;
    }
    auto filled = session::with_content(*conversation_, call, schema);
    if (!filled) return {.why = filled.error().text()};
    let_go_.insert({{call.name, filled->arguments}, {call.id, {verdict.carries, call.arguments}}});
    call = std::move(*filled);
    out.arguments = call.arguments;
  } else if (sealing()) {
    let_go_.insert({{call.name, call.arguments}, {call.id, {}}});
  }
  if (!config_->servers.empty())
    gateway_.tickets().issue(
        {verdict.tool, arguments_digest(call), session_id_, verdict.call_id, verdict.carries},
        gateway_.now().mono_ms);
  if (!verdict.places.empty()) gateway_.workspace().places().written(verdict.places, verdict.carries);
  return out;
}

// What the client has of a part, and what the planner wrote.
// Each text that was shown is one part of what the client has; two texts, and two calls, that look alike to
// it, because of what was put into them, are told apart by their order.
session::Workspace::Written Turn::written(const exchange::Part& part, Seen& seen) const {
  if (const auto* call = std::get_if<exchange::Call>(&part)) {
    const auto [begin, end] = let_go_.equal_range({call->name, call->arguments});
    if (begin == end) return {};
    auto own = std::find_if(begin, end, [&](const auto& each) { return each.second.id == call->id; });
    // Translated, a call has another id than its upstream gave it.
    const auto count = static_cast<size_t>(std::distance(begin, end));
    if (own == end)
      own = std::next(begin, static_cast<ptrdiff_t>(std::min(seen.calls[begin->first]++, count - 1)));
    return own->second.written;
  }
  const auto* text = std::get_if<exchange::Text>(&part);
  if (text == nullptr) return {};
  for (size_t i = seen.texts; i < shown_.size(); ++i) {
    if (shown_[i]->client != text->text) continue;
    seen.texts = i + 1;
    session::Workspace::Written one;
    one.carries = shown_[i]->label;
    if (shown_[i]->client != shown_[i]->own) one.original = shown_[i]->own;
    return one;
  }
  // Several rounds of one reply are one text to a Chat Completions client, with a gap between them.
  session::Workspace::Written all;
  std::string client;
  std::string own;
  for (const auto& shown : shown_) {
    all.carries = gateway_.workspace().labels().join(all.carries, shown->label);
    if (shown->client.empty()) continue;
    client += (client.empty() ? "" : "\n\n") + shown->client;
    own += (own.empty() ? "" : "\n\n") + shown->own;
  }
  if (client == text->text && client != own) all.original = own;
  return all;
}

// A summary that the client cuts out of a reply comes back without what stood around it.
void Turn::remember_summaries(const exchange::Part& part, const session::Workspace::Written& written) {
  const auto* text = std::get_if<exchange::Text>(&part);
  if (text == nullptr) return;
  for (const std::string_view summary : rules_.profile->summaries(text->text)) {
    const exchange::Message alone{exchange::Role::planner, {}, {exchange::Text{std::string(summary)}}};
    gateway_.workspace().emitted(*conversation_, alone, [&](const exchange::Part&) {
      return session::Workspace::Written{written.carries, {}};
    });
  }
}

}  // namespace weir::gateway

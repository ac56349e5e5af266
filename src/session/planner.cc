// What the planner wrote: remembered when it leaves, recognised when it comes back.
#include "session/attribution.h"
#include "session/rewriting.h"
#include "session/source.h"
#include "session/workspace.h"

namespace weir::session {
namespace {

// References into another session's vault become references into this one's, to the same content.
std::string moved_references(std::string_view text, const seal::Vault& from, std::string_view session,
                             seal::Vault& to) {
  std::string out;
  size_t at = 0;
  for (seal::Reference& reference : seal::references_in(text)) {
    const seal::SealedPtr value = from.find(reference.number);
    out.append(text, at, reference.begin - at);
    at = reference.end;
    if (value == nullptr) {
      out += "(gone)";
      continue;
    }
    const uint32_t number = to.number(sha256({"moved/", session, "/", std::to_string(reference.number)}));
    to.put(number, value);
    reference.number = number;
    out += reference.text();
  }
  return out.append(text.substr(at));
}

// Thinking, and the empty text that some clients put beside calls.
bool says_nothing(const exchange::Part& part) {
  const auto* text = std::get_if<exchange::Text>(&part);
  return std::holds_alternative<exchange::Thinking>(part) || (text != nullptr && text->text.empty());
}

}  // namespace

void Workspace::label_planner(Conversation& conversation, const exchange::Message& message,
                              const Rules& rules) {
  const OwnWords* turn = nullptr;
  const std::vector<const OwnPart*> words = own_words(conversation, message, turn);
  size_t spoken = 0;  // parts that say something
  for (size_t i = 0; i < message.parts.size(); ++i) {
    const exchange::Part& part = message.parts[i];
    if (const auto* thinking = std::get_if<exchange::Thinking>(&part)) {
      const LabelId label = thinking->sealed.empty() ? kNoLabel : label_of_thought(part);
      if (!Rewriting(labels_, conversation, i, rules).hides(label))
        conversation.next_context_ = labels_.join(conversation.next_context_, label);
      continue;
    }
    if (says_nothing(part)) continue;
    const size_t at = spoken++;
    const Digest digest = exchange::part_digest(part);
    const auto found = emitted_.find(digest);
    const OwnPart* wrote = at < words.size() ? words[at] : nullptr;
    const bool unchanged = wrote != nullptr && wrote->as_client_has == digest;
    // Of the turn itself where that is known: others can look like it to the client, because of what was put
    // into them, and must not change what the planner is shown or may do.
    Emitted emitted{found != emitted_.end() ? found->second : unseen_label_, false};
    if (unchanged) emitted = wrote->emitted;
    // It was written in a context that a person has vouched for since.
    emitted.label = settled(labels_, vouched_sources_, emitted.label, conversation.next_context_);
    // Not of a part that only looks like something weir emitted: which parts do depends on what was put into
    // them.
    std::optional<std::string> own;
    if (unchanged && wrote->words)
      own = turn->vault == conversation.vault_
                ? *wrote->words
                : moved_references(*wrote->words, *turn->vault, turn->session, *conversation.vault_);
    const auto* text = std::get_if<exchange::Text>(&part);
    const auto* call = std::get_if<exchange::Call>(&part);
    Rewriting rewriting(labels_, conversation, i, rules);
    Arrival arrival = arrival_of(conversation, message, i, rules);
    const Arriving before = arriving(conversation);
    if (!rewriting.hides(emitted.label)) {
      conversation.next_context_ = labels_.join(conversation.next_context_, emitted.label);
    } else if (own) {
      conversation.replaced_.push_back({conversation.size(), i, *own});
    } else if (call != nullptr && call->is_json) {
      rewriting.show("{\"arguments\":\"");
      rewriting.seal(call->arguments, emitted.label);
      rewriting.show("\"}");
      rewriting.finish();
    } else {
      rewriting.seal(text != nullptr   ? text->text
                     : call != nullptr ? call->arguments
                                       : std::string(),
                     emitted.label);
      rewriting.finish();
    }
    arrived(conversation, before, std::move(arrival));
    if (rewriting.on() && emitted.before_reveal) add_planner_words(conversation, part, own ? &*own : nullptr);
    if (text != nullptr) remember(text->text, emitted.label);
    if (call == nullptr) continue;
    Called called{rules.tool_name(call->name), call->arguments, emitted.label};
    called.own = own.value_or("");
    const manifest::ToolFacts& facts = rules.manifests->facts(called.tool);
    if (auto arguments = json::parse(call->arguments); !rewriting.on() && call->is_json && arguments) {
      // The conversation's own next context is not yet its context; what the call was decided against is.
      if (auto leaves = attribute(memory(), conversation, facts, arguments->root()))
        called.label = joined_label(labels_, *leaves);
    }
    conversation.remember_call(call->id, std::move(called));
  }
}

// What nobody here can read may come from any conversation: it has the label of the one that it was written
// in, if weir saw that.
LabelId Workspace::label_of_thought(const exchange::Part& part) const {
  const auto found = emitted_.find(exchange::part_digest(part));
  return found != emitted_.end() ? found->second : unseen_label_;
}

std::vector<std::pair<size_t, size_t>> Workspace::hidden_thoughts(const exchange::Request& request,
                                                                  const Conversation& conversation,
                                                                  const Rules& rules) const {
  std::vector<std::pair<size_t, size_t>> hidden;
  if (rules.sealing == nullptr || conversation.vault_ == nullptr) return hidden;
  for (size_t i = 0; i < request.messages.size(); ++i) {
    const exchange::Message& message = request.messages[i];
    for (size_t k = 0; k < message.parts.size(); ++k) {
      const auto* thinking = std::get_if<exchange::Thinking>(&message.parts[k]);
      if (thinking == nullptr || thinking->sealed.empty()) continue;
      const LabelId label = label_of_thought(message.parts[k]);
      if (!labels_.trusted(label) && !is_open(*rules.sealing, labels_.get(label))) hidden.emplace_back(i, k);
    }
  }
  return hidden;
}

namespace {

struct FirstCall {
  std::string id = {};  // plain; empty: the message has none
  size_t at = 0;        // among the parts that say something
};

FirstCall first_call(const exchange::Message& message) {
  FirstCall first;
  for (const exchange::Part& part : message.parts) {
    const auto* call = std::get_if<exchange::Call>(&part);
    if (call != nullptr && !call->id.empty()) {
      first.id = exchange::plain_id(call->id);
      return first;
    }
    if (!says_nothing(part)) ++first.at;
  }
  return first;
}

// What names a turn: its first call, and where it has none the conversation before it. No id has a NUL.
std::string turn_name(const FirstCall& first, const Conversation& conversation) {
  if (!first.id.empty()) return first.id;
  return std::string(1, '\0') + std::string(as_bytes(conversation.prefix()));
}

}  // namespace

// Turns are counted from their first call, where they have one: what agents send as one message may have
// another text in front. Where a turn has none it begins where its conversation ends, and so it is counted.
std::vector<const Workspace::OwnPart*> Workspace::own_words(const Conversation& conversation,
                                                            const exchange::Message& message,
                                                            const OwnWords*& turn) const {
  std::vector<const OwnPart*> words;
  const FirstCall first = first_call(message);
  const auto found = own_words_.find(turn_name(first, conversation));
  if (found == own_words_.end() || found->second.times != 1) return words;
  turn = &found->second;
  for (const exchange::Part& part : message.parts) {
    if (says_nothing(part)) continue;
    const size_t before = first.id.empty() ? 0 : turn->first_call - first.at;
    const size_t at = words.size() + before;  // wraps for what stands before the turn
    words.push_back(at < turn->parts.size() ? &turn->parts[at] : nullptr);
  }
  return words;
}

// A turn without a call that comes back under another history has no name: it stays sealed.
void Workspace::remember_own_words(const Conversation& conversation, const exchange::Message& message,
                                   const WrittenOf& written) {
  const FirstCall first = first_call(message);
  if (conversation.vault_ == nullptr || !written) return;
  const std::string name = turn_name(first, conversation);
  const auto [at, added] = own_words_.try_emplace(name);
  OwnWords& own = at->second;
  if (added) own_words_order_.push_back(name);
  if (++own.times > 1) {
    own.parts.clear();
    return;
  }
  own.first_call = first.at;
  own.vault = conversation.vault_;
  own.session = conversation.session_;
  for (const exchange::Part& part : message.parts) {
    if (says_nothing(part)) continue;
    const Written said = written(part);
    own.parts.push_back({said.original, exchange::part_digest(part), emitted_in(conversation, said)});
  }
  if (own_words_.size() <= limits_.emitted_max) return;
  own_words_.erase(own_words_order_.front());
  own_words_order_.pop_front();
}

// They can vouch later for what the planner chose itself, while nobody could have told it to.
void Workspace::add_planner_words(Conversation& conversation, const exchange::Part& part,
                                  const std::string* own) {
  // A planner that was shown nothing yet speaks for whoever runs it.
  const LabelId label = conversation.context() == kNoLabel ? operator_label_ : conversation.context();
  const auto* call = std::get_if<exchange::Call>(&part);
  const auto* text = std::get_if<exchange::Text>(&part);
  if (call == nullptr && text == nullptr) return;
  const std::string& words = own != nullptr ? *own : text != nullptr ? text->text : call->arguments;
  if (call == nullptr || !call->is_json) return conversation.planner_.add(words, label);
  const auto document = json::parse(words);
  std::vector<json::Value> open{document ? document->root() : json::Value()};
  while (!open.empty()) {
    const json::Value at = open.back();
    open.pop_back();
    if (const auto leaf = at.string()) conversation.planner_.add(*leaf, label);
    if (at.is_number()) conversation.planner_.add(at.raw(), label);
    for (const json::Value element : at.elements()) open.push_back(element);
    for (const json::Member& member : at.members()) open.push_back(member.value);
  }
}

Workspace::Emitted Workspace::emitted_in(const Conversation& conversation, const Written& said) {
  const seal::Vault* vault = conversation.vault_.get();
  return {labels_.join(conversation.planner_label(labels_), said.carries),
          vault != nullptr && vault->revealed() == kNoLabel};
}

void Workspace::emitted(const Conversation& conversation, const exchange::Message& message,
                        const WrittenOf& written) {
  remember_own_words(conversation, message, written);
  for (const exchange::Part& part : message.parts) {
    const auto* thinking = std::get_if<exchange::Thinking>(&part);
    if (thinking != nullptr ? thinking->sealed.empty() : says_nothing(part)) continue;
    const Written said = written ? written(part) : Written{};
    const Digest digest = exchange::part_digest(part);
    const Emitted now = emitted_in(conversation, said);
    auto [at, added] = emitted_.try_emplace(digest, now.label);
    // The same words written in two contexts: nobody knows later which of the two comes back.
    const LabelId joined = labels_.join(at->second, now.label);
    if (!added && joined == at->second) continue;
    at->second = joined;
    if (added) emitted_order_.push_back(digest);
    emitted_new_.push_back({digest, joined});
    if (const auto* text = std::get_if<exchange::Text>(&part)) add_written(text->text, joined);
    if (const auto* call = std::get_if<exchange::Call>(&part)) add_written_call(*call, joined);
  }
  while (emitted_.size() > limits_.emitted_max) {
    emitted_.erase(emitted_order_.front());
    emitted_order_.pop_front();
  }
}

// What the planner quotes keeps the label of its source; only what it wrote itself has its whole context's.
void Workspace::add_written(std::string_view text, LabelId label) {
  size_t at = 0;
  for (const trace::Span& quoted : index_.taint(text).spans) {
    remember(text.substr(at, quoted.begin - at), label);
    at = quoted.end;
  }
  remember(text.substr(at), label);
}

void Workspace::add_written_call(const exchange::Call& call, LabelId label) {
  const auto document = json::parse(call.arguments);
  if (!document) return add_written(call.arguments, label);
  std::vector<json::Value> open{document->root()};
  while (!open.empty()) {
    const json::Value at = open.back();
    open.pop_back();
    if (const auto text = at.string()) add_written(*text, label);
    for (const json::Value element : at.elements()) open.push_back(element);
    for (const json::Member& member : at.members()) open.push_back(member.value);
  }
}

void Workspace::restore_emitted(const EmittedPart& part) {
  const auto [at, added] = emitted_.try_emplace(part.digest);
  at->second = part.label;
  if (added) emitted_order_.push_back(part.digest);
}

}  // namespace weir::session

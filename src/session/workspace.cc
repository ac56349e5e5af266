#include "session/workspace.h"

#include <cstring>

#include "manifest/label_result.h"
#include "session/attribution.h"
#include "session/rewriting.h"
#include "session/source.h"

namespace weir::session {

using exchange::Message;
using exchange::Role;

Workspace::Workspace(trace::Key key, WorkspaceLimits limits)
    : index_(labels_, key),
      descriptions_(labels_, key),
      limits_(limits),
      user_label_(labels_.intern(Label::of(Origin::user(), Readers::everyone()))),
      operator_label_(labels_.intern(Label::of(Origin::operator_text(), Readers::everyone()))),
      attachment_label_(labels_.intern(Label::of(Origin::attachment(), Readers::owner()))),
      unseen_label_(labels_.intern(Label::of(Origin::unseen_model(), Readers::owner()))),
      places_(labels_) {}

std::string Rules::tool_name(std::string_view wire_name) const {
  if (plain_names && wire_name.find('/') != std::string_view::npos) return std::string(wire_name);
  return profile->tool_name(wire_name);
}

void Workspace::observe_tools(const std::vector<exchange::Tool>& tools, const Rules& rules) {
  for (const exchange::Tool& tool : tools) {
    const std::string name = rules.tool_name(tool.name);
    if (name.starts_with("client:") && rules.manifests->facts(name).declared_by_manifest) continue;
    // The same list comes with every request of a conversation.
    const Digest digest = sha256({name, "\n", tool.description, "\n", tool.schema});
    if (!tools_seen_.insert(digest).second) continue;
    if (rules.trust->judge(name, "", true).trusted.value_or(false)) continue;
    const LabelId label =
        labels_.intern(Label::of(Origin::tool(name, "description", false), Readers::owner()));
    if (!limits_.trace) continue;
    descriptions_.add(tool.description, label);
    descriptions_.add(tool.schema, label);
  }
  if (tools_seen_.size() > limits::kToolTextsMax) tools_seen_.clear();
}

size_t Workspace::DigestHash::operator()(const Digest& digest) const {
  size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return hash;
}

std::shared_ptr<Conversation> Workspace::observe(const exchange::Request& request, const Rules& rules,
                                                 std::string_view session) {
  arrivals_.clear();
  std::vector<Digest> prefixes;
  prefixes.reserve(request.messages.size());
  Digest prefix = exchange::conversation_start();
  for (const Message& message : request.messages)
    prefixes.push_back(prefix = exchange::extend(prefix, message));

  std::string name;
  const std::shared_ptr<seal::Vault> vault =
      rules.sealing != nullptr ? vault_for(request, prefixes, session, name) : nullptr;
  size_t known = 0;
  const std::shared_ptr<Conversation> conversation =
      continued(std::span(prefixes).first(without_strange_thoughts(request)), vault, known);
  conversation->session_ = std::move(name);
  const auto place = conversations_.begin();  // continued() moved it there
  for (size_t i = known; i < request.messages.size(); ++i) {
    const size_t replaced = conversation->replaced_.size();
    label_message(*conversation, request.messages[i], rules);
    for (size_t r = replaced; r < conversation->replaced_.size(); ++r)
      conversation->replaced_[r].spoken =
          exchange::spoken_index(request.messages[i], conversation->replaced_[r].spoken);
    conversation->push(prefixes[i], request.messages[i].role == Role::user);
    by_prefix_[prefixes[i]] = {place, i + 1};
  }
  while (conversations_.size() > limits_.conversations_max) forget(std::prev(conversations_.end()));
  return conversation;
}

// How many messages stand before the first that has a sealed thought which weir did not see thought. Thoughts
// are no part of what names a conversation, so a known one could have been given another's.
size_t Workspace::without_strange_thoughts(const exchange::Request& request) const {
  size_t count = 0;
  for (const Message& message : request.messages) {
    for (const exchange::Part& part : message.parts) {
      const auto* thinking = std::get_if<exchange::Thinking>(&part);
      if (thinking != nullptr && !thinking->sealed.empty() && !emitted_.contains(exchange::part_digest(part)))
        return count;
    }
    ++count;
  }
  return count;
}

// The conversation with the longest known prefix, cut to it and moved to the front; a copy of it where the
// original goes on differently or is in use. A new one when nothing is known.
std::shared_ptr<Conversation> Workspace::continued(std::span<const Digest> prefixes,
                                                   const std::shared_ptr<seal::Vault>& vault, size_t& known) {
  for (known = prefixes.size(); known > 0; --known) {
    const auto found = by_prefix_.find(prefixes[known - 1]);
    if (found == by_prefix_.end()) continue;
    const auto at = found->second.conversation;
    if ((*at)->vault_ != vault) continue;  // its numbers are another session's
    const bool at_tip = (*at)->size() == known;
    if (at_tip && (known == prefixes.size() || at->use_count() == 1)) {
      conversations_.splice(conversations_.begin(), conversations_, at);
    } else {
      conversations_.push_front(std::make_shared<Conversation>(**at));
      conversations_.front()->truncate(known);
      // The prefix is reached through the newest that has it, so that forgetting the older loses nothing.
      for (size_t i = 0; i < known; ++i) by_prefix_[prefixes[i]] = {conversations_.begin(), i + 1};
    }
    return conversations_.front();
  }
  conversations_.push_front(std::make_shared<Conversation>());
  conversations_.front()->vault_ = vault;
  return conversations_.front();
}

void Workspace::set_vouches(std::vector<Vouch> vouches) {
  vouches_ = std::move(vouches);
  vouched_sources_ = {};
  for (const Vouch& vouch : vouches_) {
    if (!vouch.origin.empty()) (void)vouched_sources_.add({vouch.origin, true, {}, {}}).has_value();
  }
  conversations_.clear();
  by_prefix_.clear();
}

seal::SealedPtr Workspace::sealed(const std::string& session, uint32_t number) const {
  const auto vault = vaults_.find(session);
  return vault == vaults_.end() ? nullptr : vault->second->find(number);
}

void Workspace::forget(std::list<std::shared_ptr<Conversation>>::iterator at) {
  for (const Conversation::Step& step : (*at)->steps_) {
    const auto found = by_prefix_.find(step.prefix);
    if (found != by_prefix_.end() && found->second.conversation == at) by_prefix_.erase(found);
  }
  conversations_.erase(at);
}

void Workspace::label_message(Conversation& conversation, const Message& message, const Rules& rules) {
  if (message.role == Role::planner) return label_planner(conversation, message, rules);
  for (size_t i = 0; i < message.parts.size(); ++i) {
    Arrival arrival = arrival_of(conversation, message, i, rules);
    const Arriving before = arriving(conversation);
    if (const auto* result = std::get_if<exchange::Result>(&message.parts[i])) {
      label_result(conversation, *result, i, rules);
    } else {
      label_given_text(conversation, message, i, rules);
    }
    arrived(conversation, before, std::move(arrival));
  }
  if (!message.name.empty() && message.role == Role::user) {
    Rewriting none(labels_, conversation, message.parts.size(), {});
    add_trusted_text(conversation, message.name, user_label_, false, false, none);
  }
}

// Text and media of system, user and tool messages.
void Workspace::label_given_text(Conversation& conversation, const Message& message, size_t part,
                                 const Rules& rules) {
  Rewriting rewriting(labels_, conversation, part, rules);
  if (const auto* media = std::get_if<exchange::Media>(&message.parts[part])) {
    remember(media->text, attachment_label_);
    if (!rewriting.hides(attachment_label_)) {
      conversation.next_context_ = labels_.join(conversation.next_context_, attachment_label_);
      return;
    }
    rewriting.seal(media->text, attachment_label_);
    return rewriting.finish();
  }
  for (const client::Segment& segment : rules.profile->cut(message, part))
    label_segment(conversation, segment, rules, rewriting);
  rewriting.finish();
}

void Workspace::label_segment(Conversation& conversation, const client::Segment& segment, const Rules& rules,
                              Rewriting& rewriting) {
  switch (segment.voice) {
    case client::Voice::person:
      return add_given_text(conversation, segment.text, user_label_, true, true, rewriting);
    case client::Voice::operator_text:
      return add_given_text(conversation, segment.text, operator_label_, false, true, rewriting);
    case client::Voice::agent:
      return add_given_text(conversation, segment.text, operator_label_, false, false, rewriting);
    case client::Voice::planner: {
      const auto found = emitted_.find(exchange::part_digest(exchange::Text{std::string(segment.text)}));
      return add_untrusted_text(conversation, segment.text,
                                found != emitted_.end() ? found->second : unseen_label_, rewriting);
    }
    case client::Voice::outside:
      break;
  }
  // A skill that the client read out, in its own frame: the frame says nothing.
  const auto skills = skills_.find(segment.text);
  if (skills.size() == 1 &&
      KnownSkills::is_frame(segment.text.substr(0, skills[0].begin), *skills[0].skill) &&
      KnownSkills::is_frame(segment.text.substr(skills[0].end), *skills[0].skill))
    return add_trusted_text(conversation, segment.text, skills[0].label, false, true, rewriting);
  Label label = Label::none();
  for (const std::string& text : segment.origins) {
    auto origin = parse_origin(text, false);
    if (!origin) origin = Origin::unseen_model();
    const auto verdict = rules.trust->judge(origin->name, origin->principal, true);
    origin->trusted = verdict.trusted.value_or(false);
    label = label.joined(Label::of(*origin, verdict.readers.value_or(Readers::owner())));
  }
  if (segment.origins.empty()) label = Label::of(Origin::unseen_model(), Readers::owner());
  const LabelId id = labels_.intern(label);
  if (label.trusted()) return add_trusted_text(conversation, segment.text, id, false, true, rewriting);
  add_untrusted_text(conversation, segment.text, id, rewriting);
}

void Workspace::add_given_text(Conversation& conversation, std::string_view text, LabelId label, bool person,
                               bool vouches, Rewriting& rewriting) {
  size_t at = 0;
  for (const KnownSkills::Span& span : skills_.find(text)) {
    if (span.begin > at)
      add_trusted_text(conversation, text.substr(at, span.begin - at), label, person, vouches, rewriting);
    add_trusted_text(conversation, text.substr(span.begin, span.end - span.begin), span.label, false, true,
                     rewriting);
    at = span.end;
  }
  if (at == 0 || at < text.size())
    add_trusted_text(conversation, text.substr(at), label, person, vouches, rewriting);
}

// Text with a label of its own, which vouches for nothing.
void Workspace::add_untrusted_text(Conversation& conversation, std::string_view text, LabelId label,
                                   Rewriting& rewriting) {
  if (labels_.trusted(label)) return add_trusted_text(conversation, text, label, false, false, rewriting);
  remember(text, label);
  if (rewriting.hides(label)) return rewriting.seal(text, label);
  conversation.next_context_ = labels_.join(conversation.next_context_, label);
  rewriting.show(text);
}

void Workspace::add_trusted_text(Conversation& conversation, std::string_view text, LabelId label,
                                 bool person, bool vouches, Rewriting& rewriting) {
  conversation.next_context_ = labels_.join(conversation.next_context_, label);
  trace::Vouchers& vouchers = person ? conversation.person_ : conversation.trusted_;
  const auto add = [&](std::string_view piece) {
    if (piece.empty()) return;
    rewriting.show(piece);
    remember(piece, label);
    if (vouches) vouchers.add(piece, label);
  };
  size_t at = 0;
  // Copies with white space between them are one value: of how many texts a stranger's text is made up is his
  // to say.
  trace::Span hidden;  // ends at 0: none waits
  const auto seal = [&] {
    if (hidden.end > 0) rewriting.seal(text.substr(hidden.begin, hidden.end - hidden.begin), hidden.label);
    hidden = {};
  };
  for (const trace::Span& copy : index_.copies(text)) {
    if (same_source(labels_, vouched_sources_, copy.label, label)) continue;
    const bool hides = rewriting.hides(copy.label);
    if (!hides) conversation.next_context_ = labels_.join(conversation.next_context_, copy.label);
    if (labels_.trusted(copy.label)) continue;  // private text of the owner's vouches as it did
    const std::string_view before = text.substr(at, copy.begin - at);
    if (hides && hidden.end > 0 && before.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      hidden = {hidden.begin, copy.end, labels_.join(hidden.label, copy.label)};
    } else {
      seal();
      add(before);
      if (hides) {
        hidden = copy;
      } else {
        rewriting.show(text.substr(copy.begin, copy.end - copy.begin));
      }
    }
    at = copy.end;
  }
  seal();
  // With a full index nobody can say any more what is a copy.
  if (index_.full()) conversation.next_context_ = labels_.join(conversation.next_context_, unseen_label_);
  add(text.substr(at));
}

std::shared_ptr<Conversation> Workspace::begin(bool unseen, bool sealed) {
  auto conversation = std::make_shared<Conversation>();
  if (sealed) conversation->vault_ = std::make_shared<seal::Vault>();
  conversation->next_context_ = unseen ? unseen_label_ : kNoLabel;
  conversation->push(exchange::conversation_start(), false);
  return conversation;
}

void Workspace::calling(Conversation& conversation, const exchange::Call& call, const Rules& rules) {
  if (conversation.vault_ == nullptr || rules.sealing == nullptr) return;
  const std::string tool = rules.tool_name(call.name);
  seal::reserve_numbers(rules.manifests->facts(tool), *conversation.vault_, result_key(call.id, tool, 1),
                        rules.sealing->page);
  if (conversation.exact(labels_) && conversation.vault_->revealed() == kNoLabel)
    add_planner_words(conversation, call, nullptr);
}

std::optional<std::string> Workspace::returned(Conversation& conversation, const exchange::Call& call,
                                               LabelId carries, const exchange::Result& result,
                                               const Rules& rules) {
  arrivals_.clear();
  conversation.remember_call(call.id, {rules.tool_name(call.name), call.arguments, carries});
  const Arriving before = arriving(conversation);
  Arrival arrival;
  arrival.tool = rules.tool_name(call.name);
  arrival.call = call.id;
  for (const std::string& text : result.texts) arrival.bytes += text.size();
  arrival.key = sha256({"returned/", call.id, "/", arrival.tool});
  label_result(conversation, result, 0, rules);
  arrived(conversation, before, std::move(arrival));
  std::optional<std::string> instead;
  if (!conversation.replaced_.empty()) instead = std::move(conversation.replaced_.back().text);
  // There is no history to go back to: one step stands for all, the call is over, and what was sealed is in
  // the vault.
  conversation.replaced_.clear();
  conversation.sealed_.clear();
  conversation.calls_.clear();
  conversation.call_at_.clear();
  conversation.steps_.clear();
  conversation.push(exchange::conversation_start(), false);
  return instead;
}

std::shared_ptr<seal::Vault> Workspace::vault_for(const exchange::Request& request,
                                                  const std::vector<Digest>& prefixes,
                                                  std::string_view session, std::string& name) {
  name = session;
  for (size_t i = 0; name.empty() && i < request.messages.size(); ++i) {
    if (request.messages[i].role == Role::user) name = root_of(prefixes[i]);
  }
  if (name.empty()) name = root_of(prefixes.empty() ? exchange::conversation_start() : prefixes.back());
  const auto [at, added] = vaults_.try_emplace(name);
  if (!added) return at->second;
  at->second = std::make_shared<seal::Vault>();
  vault_order_.push_back(name);
  if (vaults_.size() > limits::kVaultsMax) {
    vaults_.erase(vault_order_.front());
    vault_order_.pop_front();
  }
  return vaults_.find(name)->second;
}

std::vector<std::pair<std::string, std::string>> Workspace::drain_vaults() {
  std::vector<std::pair<std::string, std::string>> changed;
  for (const auto& [session, vault] : vaults_) {
    if (vault->take_changed()) changed.emplace_back(session, vault->json(labels_));
  }
  return changed;
}

void Workspace::restore_vault(const std::string& session, seal::Vault vault) {
  if (vaults_.insert_or_assign(session, std::make_shared<seal::Vault>(std::move(vault))).second)
    vault_order_.push_back(session);
}

}  // namespace weir::session

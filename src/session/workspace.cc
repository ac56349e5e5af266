#include "session/workspace.h"

#include <cstring>

#include "manifest/label_result.h"
#include "session/attribution.h"

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

std::shared_ptr<Conversation> Workspace::observe(const exchange::Request& request, const Rules& rules) {
  std::vector<Digest> prefixes;
  prefixes.reserve(request.messages.size());
  Digest prefix = exchange::conversation_start();
  for (const Message& message : request.messages)
    prefixes.push_back(prefix = exchange::extend(prefix, message));

  size_t known = 0;
  const std::shared_ptr<Conversation> conversation = continued(prefixes, known);
  const auto place = conversations_.begin();  // continued() moved it there
  for (size_t i = known; i < request.messages.size(); ++i) {
    label_message(*conversation, request.messages[i], rules);
    conversation->push(prefixes[i], request.messages[i].role == Role::user);
    by_prefix_[prefixes[i]] = {place, i + 1};
  }
  while (conversations_.size() > limits_.conversations_max) forget(std::prev(conversations_.end()));
  return conversation;
}

// The conversation with the longest known prefix, cut to it and moved to the front; a copy of it where the
// original goes on differently or is in use. A new one when nothing is known.
std::shared_ptr<Conversation> Workspace::continued(const std::vector<Digest>& prefixes, size_t& known) {
  for (known = prefixes.size(); known > 0; --known) {
    const auto found = by_prefix_.find(prefixes[known - 1]);
    if (found == by_prefix_.end()) continue;
    const auto at = found->second.conversation;
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
  return conversations_.front();
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
    if (const auto* result = std::get_if<exchange::Result>(&message.parts[i])) {
      label_result(conversation, *result, rules);
    } else {
      label_given_text(conversation, message, i, rules);
    }
  }
  if (!message.name.empty() && message.role == Role::user) {
    add_trusted_text(conversation, message.name, user_label_, false, false);
  }
}

// Text and media of system, user and tool messages.
void Workspace::label_given_text(Conversation& conversation, const Message& message, size_t part,
                                 const Rules& rules) {
  if (const auto* media = std::get_if<exchange::Media>(&message.parts[part])) {
    conversation.next_context_ = labels_.join(conversation.next_context_, attachment_label_);
    remember(media->text, attachment_label_);
    return;
  }
  for (const client::Segment& segment : rules.profile->cut(message, part))
    label_segment(conversation, segment, rules);
}

void Workspace::label_segment(Conversation& conversation, const client::Segment& segment,
                              const Rules& rules) {
  switch (segment.voice) {
    case client::Voice::person:
      return add_trusted_text(conversation, segment.text, user_label_, true, true);
    case client::Voice::operator_text:
      return add_trusted_text(conversation, segment.text, operator_label_, false, true);
    case client::Voice::agent:
      return add_trusted_text(conversation, segment.text, operator_label_, false, false);
    case client::Voice::outside:
      break;
  }
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
  if (label.trusted()) return add_trusted_text(conversation, segment.text, id, false, true);
  conversation.next_context_ = labels_.join(conversation.next_context_, id);
  remember(segment.text, id);
}

void Workspace::add_trusted_text(Conversation& conversation, std::string_view text, LabelId label,
                                 bool person, bool vouches) {
  conversation.next_context_ = labels_.join(conversation.next_context_, label);
  trace::Vouchers& vouchers = person ? conversation.person_ : conversation.trusted_;
  const auto add = [&](std::string_view piece) {
    if (piece.empty()) return;
    remember(piece, label);
    if (vouches) vouchers.add(piece, label);
  };
  size_t at = 0;
  for (const trace::Span& copy : index_.copies(text)) {
    conversation.next_context_ = labels_.join(conversation.next_context_, copy.label);
    if (labels_.trusted(copy.label)) continue;  // private text of the owner's vouches as it did
    add(text.substr(at, copy.begin - at));
    at = copy.end;
  }
  // With a full index nobody can say any more what is a copy.
  if (index_.full()) conversation.next_context_ = labels_.join(conversation.next_context_, unseen_label_);
  add(text.substr(at));
}

void Workspace::label_planner(Conversation& conversation, const Message& message, const Rules& rules) {
  for (const exchange::Part& part : message.parts) {
    if (std::holds_alternative<exchange::Thinking>(part)) continue;
    const LabelId label = emitted_label(part);
    conversation.next_context_ = labels_.join(conversation.next_context_, label);
    if (const auto* text = std::get_if<exchange::Text>(&part)) {
      remember(text->text, label);
      continue;
    }
    const auto* call = std::get_if<exchange::Call>(&part);
    if (call == nullptr) continue;
    Called called{rules.tool_name(call->name), call->arguments, label};
    const manifest::ToolFacts& facts = rules.manifests->facts(called.tool);
    if (auto arguments = json::parse(call->arguments); call->is_json && arguments) {
      // The conversation's own next context is not yet its context; what the call was decided against is.
      if (auto leaves = attribute(memory(), conversation, facts, arguments->root()))
        called.label = joined_label(labels_, *leaves);
    }
    conversation.remember_call(call->id, std::move(called));
  }
}

void Workspace::label_result(Conversation& conversation, const exchange::Result& result, const Rules& rules) {
  const Called* called = conversation.called(result.call_id);
  const std::string tool = called != nullptr ? called->tool : rules.tool_name(result.name);
  // A result for a call that nobody made is a stranger's text.
  static const manifest::ToolFacts kUnknown;
  const manifest::ToolFacts& facts = called != nullptr ? rules.manifests->facts(tool) : kUnknown;
  const auto arguments =
      json::parse(called != nullptr && !called->arguments.empty() ? called->arguments : std::string("{}"));
  LabelId inherited = kNoLabel;
  if (called != nullptr && !labels_.trusted(called->label)) inherited = called->label;
  if (called != nullptr && arguments && !places_.empty()) {
    if (const auto leaves = attribute(memory(), conversation, facts, arguments->root())) {
      const std::string server = tool.substr(0, tool.find('/'));
      inherited = labels_.join(inherited, places_.read(server, places_of(server, *leaves)));
    }
  }
  const json::Value root = arguments ? arguments->root() : json::Value();
  // Joined among themselves first: a label that held the context so far would be made for each record.
  std::vector<LabelId> all;
  for (manifest::LabelledText& piece :
       manifest::label_result(facts, tool, root, result, *rules.trust, labels_)) {
    const LabelId label = labels_.join(piece.label, inherited);
    if (all.empty() || all.back() != label) all.push_back(label);
    if (!labels_.trusted(label)) {
      // What stands in a raw piece letter for letter is found by that.
      if (!piece.in_raw) remember(piece.text, label);
      // A page that echoes what is the owner's is no longer only its author's.
      if (piece.outside && piece.form != manifest::LabelledText::Form::key && labels_.everyone_reads(label))
        conversation.outside_.add(piece.text, label);
    } else if (piece.form == manifest::LabelledText::Form::raw) {
      add_trusted_text(conversation, piece.text, label, false, true);
    } else if (piece.form == manifest::LabelledText::Form::leaf) {
      conversation.trusted_.add(piece.text, label);
    }
  }
  conversation.next_context_ = labels_.join(conversation.next_context_, labels_.join_all(std::move(all)));
}

std::shared_ptr<Conversation> Workspace::begin(bool unseen) {
  auto conversation = std::make_shared<Conversation>();
  conversation->next_context_ = unseen ? unseen_label_ : kNoLabel;
  conversation->push(exchange::conversation_start(), false);
  return conversation;
}

void Workspace::returned(Conversation& conversation, const exchange::Call& call, LabelId carries,
                         const exchange::Result& result, const Rules& rules) {
  conversation.remember_call(call.id, {rules.tool_name(call.name), call.arguments, carries});
  label_result(conversation, result, rules);
  // There is no history to go back to: one step stands for all, and the call is over.
  conversation.calls_.clear();
  conversation.call_at_.clear();
  conversation.steps_.clear();
  conversation.push(exchange::conversation_start(), false);
}

void Workspace::emitted(const Conversation& conversation, const Message& message) {
  for (const exchange::Part& part : message.parts) {
    if (std::holds_alternative<exchange::Thinking>(part)) continue;
    const Digest digest = exchange::part_digest(part);
    const LabelId label = labels_.join(conversation.context(), kNoLabel);
    const auto [at, added] = emitted_.try_emplace(digest, label);
    // The same words written in two contexts: nobody knows later which of the two comes back.
    const LabelId joined = labels_.join(at->second, label);
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

LabelId Workspace::emitted_label(const exchange::Part& part) const {
  const auto at = emitted_.find(exchange::part_digest(part));
  return at == emitted_.end() ? unseen_label_ : at->second;
}

void Workspace::restore_emitted(const EmittedPart& part) {
  if (emitted_.insert_or_assign(part.digest, part.label).second) emitted_order_.push_back(part.digest);
}

}  // namespace weir::session

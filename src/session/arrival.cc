#include "session/arrival.h"

#include <algorithm>

#include "session/workspace.h"

namespace weir::session {

std::string_view kind_name(Arrival::Kind kind) {
  switch (kind) {
    case Arrival::Kind::operator_text:
      return "operator";
    case Arrival::Kind::user:
      return "user";
    case Arrival::Kind::result:
      return "result";
    case Arrival::Kind::planner:
      return "planner";
    case Arrival::Kind::answer:
      return "answer";
  }
  return "result";
}

namespace {

size_t bytes_of(const exchange::Part& part) {
  if (const auto* text = std::get_if<exchange::Text>(&part)) return text->text.size();
  if (const auto* media = std::get_if<exchange::Media>(&part)) return media->text.size();
  if (const auto* call = std::get_if<exchange::Call>(&part)) return call->arguments.size();
  size_t bytes = 0;
  if (const auto* result = std::get_if<exchange::Result>(&part)) {
    for (const std::string& text : result->texts) bytes += text.size();
  }
  return bytes;
}

}  // namespace

// A result is named by its call, whatever stands before it: agents cut their histories.
Digest Workspace::result_key(const Conversation& conversation, const exchange::Result& result, size_t part,
                             std::string_view tool) {
  const auto times = std::count_if(conversation.calls_.begin(), conversation.calls_.end(),
                                   [&](const auto& call) { return call.first == result.call_id; });
  return times == 0 ? sha256({as_bytes(conversation.prefix()), "/result/", std::to_string(part)})
                    : result_key(result.call_id, tool, static_cast<size_t>(times));
}

// What was labelled between the two was one part: its label stands alone in next_context_ meanwhile.
Workspace::Arriving Workspace::arriving(Conversation& conversation) {
  return {std::exchange(conversation.next_context_, kNoLabel), conversation.sealed_.size()};
}

void Workspace::arrived(Conversation& conversation, const Arriving& before, Arrival arrival) {
  arrival.shown = conversation.next_context_;
  for (size_t i = before.sealed; i < conversation.sealed_.size(); ++i) {
    arrival.hidden = labels_.join(arrival.hidden, conversation.sealed_[i].second->label);
    arrival.sealed.push_back(conversation.sealed_[i].first);
  }
  conversation.next_context_ = labels_.join(before.context, conversation.next_context_);
  arrival.context = conversation.next_context_;
  if (conversation.vault_ != nullptr) arrival.bits = conversation.vault_->influence_bits();
  // What the planner wrote itself is no arrival.
  if (arrival.kind == Arrival::Kind::planner && arrival.sealed.empty() && labels_.trusted(arrival.shown))
    return;
  if (arrivals_.size() < limits::kMessagesMax) arrivals_.push_back(std::move(arrival));
}

Arrival Workspace::arrival_of(const Conversation& conversation, const exchange::Message& message, size_t part,
                              const Rules& rules) const {
  Arrival arrival;
  const exchange::Part& what = message.parts[part];
  arrival.bytes = bytes_of(what);
  if (const auto* result = std::get_if<exchange::Result>(&what)) {
    const Called* called = conversation.called(result->call_id);
    arrival.tool = called != nullptr ? called->tool : rules.tool_name(result->name);
    arrival.call = result->call_id;
    arrival.key = result_key(conversation, *result, part, arrival.tool);
    return arrival;
  }
  arrival.kind = message.role == exchange::Role::user      ? Arrival::Kind::user
                 : message.role == exchange::Role::planner ? Arrival::Kind::planner
                                                           : Arrival::Kind::operator_text;
  // Two messages at the same place of two histories seldom have the same length, and then one is not listed.
  arrival.key = sha256(
      {as_bytes(conversation.prefix()), "/", std::to_string(part), "/", std::to_string(arrival.bytes)});
  return arrival;
}

}  // namespace weir::session

#include "session/conversation.h"

namespace weir::session {

const Digest& Conversation::prefix() const {
  static const Digest kStart = exchange::conversation_start();
  return steps_.empty() ? kStart : steps_.back().prefix;
}

std::string Conversation::root() const {
  for (const Step& step : steps_) {
    if (step.user) return to_hex(as_bytes(step.prefix).substr(0, 8));
  }
  return to_hex(as_bytes(prefix()).substr(0, 8));
}

const Called* Conversation::called(std::string_view call_id) const {
  const auto at = call_at_.find(std::string(call_id));
  return at == call_at_.end() ? nullptr : &calls_[at->second].second;
}

void Conversation::push(const Digest& prefix, bool user) {
  steps_.push_back(
      {prefix, next_context_, person_.size(), trusted_.size(), outside_.size(), calls_.size(), user});
}

void Conversation::truncate(size_t messages) {
  if (messages >= steps_.size()) return;
  steps_.resize(messages);
  const Step last = steps_.empty() ? Step{{}, kNoLabel, 0, 0, 0, 0, false} : steps_.back();
  next_context_ = last.context;
  person_.truncate(last.person);
  trusted_.truncate(last.trusted);
  outside_.truncate(last.outside);
  calls_.resize(last.calls);
  call_at_.clear();
  for (size_t i = 0; i < calls_.size(); ++i) call_at_[calls_[i].first] = i;
}

void Conversation::remember_call(const std::string& id, Called called) {
  call_at_[id] = calls_.size();
  calls_.emplace_back(id, std::move(called));
}

}  // namespace weir::session

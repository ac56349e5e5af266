#include "session/conversation.h"

namespace weir::session {

const Digest& Conversation::prefix() const {
  static const Digest kStart = exchange::conversation_start();
  return steps_.empty() ? kStart : steps_.back().prefix;
}

std::string root_of(const Digest& prefix) {
  return to_hex(as_bytes(prefix).substr(0, 8));
}

std::string Conversation::root() const {
  for (const Step& step : steps_) {
    if (step.user) return root_of(step.prefix);
  }
  return root_of(prefix());
}

const Called* Conversation::called(std::string_view call_id) const {
  const auto at = call_at_.find(std::string(call_id));
  return at == call_at_.end() ? nullptr : &calls_[at->second].second;
}

seal::SealedPtr Conversation::sealed(uint32_t number) const {
  for (auto at = sealed_.rbegin(); at != sealed_.rend(); ++at) {
    if (at->first == number) return at->second;
  }
  return vault_ ? vault_->find(number) : nullptr;
}

seal::Resolve Conversation::resolver() const {
  return [this](const seal::Reference& reference) -> std::optional<seal::Resolved> {
    const seal::SealedPtr value = sealed(reference.number);
    if (value == nullptr) return std::nullopt;
    return seal::resolve(*value, reference.path);
  };
}

LabelId Conversation::planner_label(Labels& labels) const {
  if (!vault_ || vault_->revealed() == kNoLabel) return context();
  Label narrowed = Label::none();
  narrowed.readers = labels.get(vault_->revealed()).readers;
  return labels.join(context(), labels.intern(narrowed));
}

void Conversation::push(const Digest& prefix, bool user) {
  steps_.push_back({prefix, next_context_, person_.size(), trusted_.size(), outside_.size(), planner_.size(),
                    calls_.size(), replaced_.size(), sealed_.size(), user});
}

void Conversation::truncate(size_t messages) {
  if (messages >= steps_.size()) return;
  steps_.resize(messages);
  const Step last = steps_.empty() ? Step{{}, kNoLabel, 0, 0, 0, 0, 0, 0, 0, false} : steps_.back();
  next_context_ = last.context;
  person_.truncate(last.person);
  trusted_.truncate(last.trusted);
  outside_.truncate(last.outside);
  planner_.truncate(last.planner);
  replaced_.resize(last.replaced);
  sealed_.resize(last.sealed);
  calls_.resize(last.calls);
  call_at_.clear();
  for (size_t i = 0; i < calls_.size(); ++i) call_at_[calls_[i].first] = i;
}

void Conversation::remember_call(const std::string& id, Called called) {
  call_at_[id] = calls_.size();
  calls_.emplace_back(id, std::move(called));
}

}  // namespace weir::session

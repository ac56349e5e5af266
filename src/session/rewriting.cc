#include "session/rewriting.h"

#include <algorithm>

namespace weir::session {

bool is_open(const Sealing& sealing, const Label& label) {
  if (label.more_untrusted) return false;
  return std::all_of(label.origins.begin(), label.origins.end(), [&](const Origin& origin) {
    if (origin.trusted) return true;
    if (origin == Origin::attachment()) return sealing.attachments_open;
    if (origin.kind != OriginKind::tool || sealing.open == nullptr) return false;
    return sealing.open->judge(origin.name, origin.principal, true).trusted.value_or(false);
  });
}

Workspace::Rewriting::Rewriting(Labels& labels, Conversation& conversation, size_t part, const Rules& rules)
    : conversation_(conversation),
      labels_(labels),
      sealing_(conversation.vault() ? rules.sealing : nullptr),
      part_(part) {}

bool Workspace::Rewriting::hides(LabelId label) const {
  return on() && !labels_.trusted(label) && !is_open(*sealing_, labels_.get(label));
}

void Workspace::Rewriting::show(std::string_view text) {
  if (!on()) return;
  std::string safe = seal::without_references(text);
  changed_ = changed_ || safe != text;
  text_ += safe;
}

void Workspace::Rewriting::seal(std::string_view text, LabelId label) {
  if (!on()) return;
  changed_ = true;
  const Digest key = sha256(
      {as_bytes(conversation_.prefix()), "/part/", std::to_string(part_), "/", std::to_string(sealed_++)});
  const uint32_t number = conversation_.vault()->number(key);
  if (number == 0) {
    text_ += "(withheld: this session has too many sealed values)";
    return;
  }
  auto value = std::make_shared<const seal::Sealed>(seal::Sealed{std::string(text), false, label, {}});
  conversation_.vault()->put(number, value);
  conversation_.sealed_.emplace_back(number, std::move(value));
  text_ += seal::Reference{number, {}}.text();
}

void Workspace::Rewriting::finish() {
  if (changed_) conversation_.replaced_.push_back({conversation_.size(), part_, std::move(text_)});
}

}  // namespace weir::session

#include "gateway/shadow.h"

#include <cstring>

#include "base/json.h"
#include "base/limits.h"

namespace weir::gateway {

std::string shadow_json(const wire::Shadow& shadow) {
  json::Writer writer;
  writer.begin_array()
      .string(shadow.replacement)
      .string(shadow.prepend_blocks)
      .string(shadow.insert_after)
      .end_array();
  return writer.take();
}

Result<wire::Shadow> parse_shadow(std::string_view text) {
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text)));
  wire::Shadow shadow;
  std::string* parts[] = {&shadow.replacement, &shadow.prepend_blocks, &shadow.insert_after};
  size_t index = 0;
  for (const json::Value part : document.root().elements()) {
    if (index == std::size(parts) || !part.is_string()) return bad_input("not a shadow");
    *parts[index++] = *part.string();
  }
  if (index != std::size(parts)) return bad_input("not a shadow");
  return shadow;
}

size_t ShadowHistory::Hash::operator()(const Digest& digest) const {
  size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return hash;
}

void ShadowHistory::put(const Digest& prefix, wire::Shadow shadow) {
  const auto size = [](const wire::Shadow& s) {
    return s.replacement.size() + s.prepend_blocks.size() + s.insert_after.size();
  };
  const auto [at, added] = entries_.try_emplace(prefix);
  if (added) {
    order_.push_back(prefix);
  } else {
    bytes_ -= size(at->second);
  }
  bytes_ += size(shadow);
  at->second = std::move(shadow);
  while (entries_.size() > limits::kShadowEntriesMax || bytes_ > limits::kShadowBytesMax) {
    const auto oldest = entries_.find(order_.front());
    bytes_ -= size(oldest->second);
    entries_.erase(oldest);
    order_.pop_front();
  }
}

const wire::Shadow* ShadowHistory::find(const Digest& prefix) const {
  const auto at = entries_.find(prefix);
  return at == entries_.end() ? nullptr : &at->second;
}

std::vector<wire::Edit> shadow_edits(const ShadowHistory& history, const exchange::Request& request) {
  std::vector<wire::Edit> edits;
  if (history.empty()) return edits;
  Digest prefix = exchange::conversation_start();
  for (size_t i = 0; i < request.messages.size(); ++i) {
    prefix = exchange::extend(prefix, request.messages[i]);
    if (request.messages[i].role != exchange::Role::planner) continue;
    const wire::Shadow* shadow = history.find(prefix);
    if (shadow == nullptr) continue;
    using Kind = wire::Edit::Kind;
    if (!shadow->replacement.empty()) edits.push_back({Kind::replace, i, shadow->replacement});
    if (!shadow->insert_after.empty()) edits.push_back({Kind::insert_after, i, shadow->insert_after});
    if (!shadow->prepend_blocks.empty() && i + 1 < request.messages.size()) {
      edits.push_back({Kind::prepend_blocks, i + 1, shadow->prepend_blocks});
    }
  }
  return edits;
}

}  // namespace weir::gateway

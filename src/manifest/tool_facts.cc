#include "manifest/tool_facts.h"

#include <algorithm>

namespace weir::manifest {
namespace {

size_t literal_tokens(const PointerPattern& pattern) {
  return pattern.tokens.size() -
         static_cast<size_t>(std::count(pattern.tokens.begin(), pattern.tokens.end(), "*"));
}

// Longer is more specific, then more literal tokens.
bool more_specific(const PointerPattern& a, const PointerPattern& b) {
  if (a.tokens.size() != b.tokens.size()) return a.tokens.size() > b.tokens.size();
  return literal_tokens(a) > literal_tokens(b);
}

}  // namespace

ArgRole ToolFacts::role_of(std::string_view json_pointer_into_args) const {
  const ArgFact* fact = fact_of(json_pointer_into_args);
  return fact == nullptr ? ArgRole::target : fact->role;
}

const ArgFact* ToolFacts::fact_of(std::string_view json_pointer_into_args) const {
  const auto tokens = pointer_tokens(json_pointer_into_args);
  if (!tokens.has_value()) return nullptr;
  const ArgFact* best = nullptr;
  for (const ArgFact& arg : args) {
    if (!arg.pointer.covers(*tokens)) continue;
    const bool better = best == nullptr || more_specific(arg.pointer, best->pointer);
    // Between equals, content is the weaker claim.
    const bool tie_won = best != nullptr && !more_specific(best->pointer, arg.pointer) && !better &&
                         best->role == ArgRole::content;
    if (better || tie_won) best = &arg;
  }
  return best;
}

const RevealType* ResultFacts::reveal_at(std::string_view json_pointer) const {
  const auto tokens = pointer_tokens(json_pointer);
  if (!tokens.has_value()) return nullptr;
  for (const Reveal& entry : reveal) {
    if (entry.pointer.matches(*tokens)) return &entry.type;
  }
  return nullptr;
}

bool ResultFacts::is_authenticated(const PointerPattern& pointer) const {
  return std::find(authenticated.begin(), authenticated.end(), pointer) != authenticated.end();
}

}  // namespace weir::manifest

// Shadow history: what weir said and the planner did that the client never saw.
//
// After a denial the upstream's history differs from the client's. When the client sends the conversation
// again, the difference is put back where it was, so that the planner remembers why and the upstream's prompt
// cache sees the same bytes. It hangs on the digest of the conversation up to and including the planner's
// message, so forks share a past and never a future. One thread.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "base/error.h"
#include "session/workspace.h"
#include "wire/dialect.h"

namespace weir::gateway {

std::string shadow_json(const wire::Shadow& shadow);
Result<wire::Shadow> parse_shadow(std::string_view json);

class ShadowHistory {
 public:
  // Drops the oldest past kShadowEntriesMax entries or kShadowBytesMax bytes.
  void put(const Digest& prefix, wire::Shadow shadow);
  // What belongs at the end of the conversation with that prefix, or nullptr; good until the next put().
  const wire::Shadow* find(const Digest& prefix) const;
  bool empty() const { return entries_.empty(); }

 private:
  struct Hash {
    size_t operator()(const Digest& digest) const;
  };
  std::unordered_map<Digest, wire::Shadow, Hash> entries_;
  std::list<Digest> order_;
  size_t bytes_ = 0;
};

// The edits that put the shadow history back into a request whose messages have these prefixes.
std::vector<wire::Edit> shadow_edits(const ShadowHistory& history, const exchange::Request& request);

}  // namespace weir::gateway

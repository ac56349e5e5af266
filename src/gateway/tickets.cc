#include "gateway/tickets.h"

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"

namespace weir::gateway {

std::string arguments_digest(const exchange::Call& call) {
  const auto document = json::parse(call.arguments.empty() ? std::string("{}") : call.arguments);
  const Digest digest =
      call.is_json && document ? sha256({json::canonical(document->root())}) : sha256({call.arguments});
  return to_hex(as_bytes(digest));
}

void Tickets::issue(Ticket ticket, int64_t mono_ms) {
  expire(mono_ms);
  by_call_.emplace(Key{ticket.tool, ticket.arguments_digest}, next_);
  issued_.emplace(next_++, Issued{std::move(ticket), mono_ms});
  if (issued_.size() > limits::kTicketsMax) drop_oldest();
}

std::optional<Ticket> Tickets::take(const std::string& tool, const std::string& arguments_digest,
                                    int64_t mono_ms) {
  expire(mono_ms);
  const auto found = by_call_.find({tool, arguments_digest});
  if (found == by_call_.end()) return std::nullopt;
  const auto at = issued_.find(found->second);
  Ticket ticket = std::move(at->second.ticket);
  issued_.erase(at);
  by_call_.erase(found);
  return ticket;
}

void Tickets::expire(int64_t mono_ms) {
  while (!issued_.empty() && mono_ms - issued_.begin()->second.mono_ms >= limits::kTicketMs) drop_oldest();
}

void Tickets::drop_oldest() {
  const Ticket& oldest = issued_.begin()->second.ticket;
  auto [at, end] = by_call_.equal_range({oldest.tool, oldest.arguments_digest});
  while (at != end && at->second != issued_.begin()->first) ++at;
  if (at != end) by_call_.erase(at);
  issued_.erase(issued_.begin());
}

}  // namespace weir::gateway

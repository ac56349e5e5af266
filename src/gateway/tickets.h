// Tickets: calls that the model proxy let go and that have not come by at the other door yet.
//
// The planner's call is decided where the planner makes it; when the agent then makes it at `/mcp`, the
// ticket says so, and it is not decided or asked a second time. A ticket is for one execution of one tool
// with exactly these arguments (as canonical JSON), within ten minutes. Kept in memory: after a restart the
// call is decided anew. Whose session it was is not compared, because MCP does not say whose it is: all
// clients of one weir are one person's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "exchange/exchange.h"
#include "label/label.h"

namespace weir::gateway {

// Equal for arguments that differ only in layout or the order of keys. "{}" for none.
std::string arguments_digest(const exchange::Call& call);

struct Ticket {
  std::string tool;  // "server/tool"
  std::string arguments_digest;
  std::string session, call_id;  // of the decision
  LabelId carries = kNoLabel;    // what the call was decided to carry
};

class Tickets {
 public:
  // Past limits::kTicketsMax the oldest goes.
  void issue(Ticket ticket, int64_t mono_ms);
  // Takes the oldest that fits; nothing when there is none.
  std::optional<Ticket> take(const std::string& tool, const std::string& arguments_digest, int64_t mono_ms);
  size_t size() const { return by_call_.size(); }

 private:
  void expire(int64_t mono_ms);
  void drop_oldest();

  using Key = std::pair<std::string, std::string>;  // tool, digest
  std::multimap<Key, uint64_t> by_call_;
  struct Issued {
    Ticket ticket;
    int64_t mono_ms;
  };
  std::map<uint64_t, Issued> issued_;  // in order of issue
  uint64_t next_ = 0;
};

}  // namespace weir::gateway

// The other door: a session of an MCP client at /mcp whose model weir does not see.
#pragma once

#include "gateway/mcp/upstream.h"
#include "session.h"

namespace weir::noninterference {

// The MCP server "box" behind a weir. What it says, in which of MCP's shapes, whether it fails and how long
// it takes depends on the variant.
class Box {
 public:
  explicit Box(net::Loop& loop) : loop_(loop) {}
  gateway::mcp::Dial dial();
  // Whose session it plays from now on; the transcript must outlive the session.
  void play(uint64_t session, uint64_t variant, Transcript& transcript);

 private:
  friend class BoxLink;
  std::string answer(const gateway::mcp::Message& request);
  std::string result(std::string_view tool, std::string_view arguments, size_t run);

  net::Loop& loop_;
  uint64_t session_ = 0;
  uint64_t variant_ = 0;
  size_t runs_ = 0;
  Transcript* transcript_ = nullptr;
};

// Like run_session(): Transcript::planner has what the client's model may be shown, an entry for each of its
// turns.
Transcript run_mcp_session(net::Loop& loop, Upstream& reader, Box& box, uint16_t weir_port, const Plan& plan);

}  // namespace weir::noninterference

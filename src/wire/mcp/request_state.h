// RequestStates: what a client of the stateless era is given when its request needs more input, and has to
// bring back with it (MCP 2026-07-28, Multi Round-Trip Requests).
//
// The text holds no secret: it names the request that waits, and is authenticated by a key of this process,
// bound to the session and to one answer, and good for a bounded time. The state itself, a server's own
// requestState included, stays here and is never shown. Plain value; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace weir::wire::mcp {

class RequestStates {
 public:
  explicit RequestStates(Random& random) { random.fill(key_); }

  struct Opened {
    std::string request;  // the id of the request that waits
    uint64_t round = 0;   // which of its questions this answers
  };
  // `session` is whatever the state must not leave; `request` has no dots in it.
  std::string seal(std::string_view session, std::string_view request, uint64_t round,
                   int64_t expires_ms) const;
  // Error: denied, for all that seal() did not give for that session, and what has expired.
  Result<Opened> open(std::string_view text, std::string_view session, int64_t now_ms) const;

 private:
  Digest mac(std::string_view session, std::string_view payload) const;

  std::array<uint8_t, 32> key_{};
};

}  // namespace weir::wire::mcp

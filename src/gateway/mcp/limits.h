// Bounds of the stateless era at /mcp; the rest of MCP's stand in base/limits.h.
#pragma once

#include <cstdint>

namespace weir::limits {

inline constexpr int64_t kMcpInputMs = 600'000;        // a client that was asked for input comes back so soon
inline constexpr uint64_t kMcpInputRoundsMax = 32;     // of questions in one request
inline constexpr size_t kMcpConversationsMax = 1'000;  // names in Weir-Session that stateless clients gave
inline constexpr size_t kMcpSessionNameBytesMax = 64;  // of one; past that it is cut
inline constexpr size_t kMcpTasksMax = 1'000;          // of one session, that servers work on

}  // namespace weir::limits

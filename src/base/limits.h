// Every bound in weir, in one file. Each is tested at the limit and one past it, in the test of the
// folder that enforces it. Units and what is counted stand in the name.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::limits {

// JSON (base/json)
inline constexpr int kJsonDepthMax = 96;
inline constexpr size_t kJsonBytesMax = size_t{64} << 20;
inline constexpr size_t kJsonNodesMax = size_t{4} << 20;

// HTTP (net)
inline constexpr size_t kHttpHeaderBytesMax = size_t{64} << 10;
inline constexpr size_t kHttpHeadersMax = 128;
inline constexpr size_t kHttpBodyBytesMax = size_t{32} << 20;
inline constexpr size_t kHttpResponseBytesMax = size_t{64} << 20;  // of one upstream reply, streamed or not
inline constexpr int kHttpConnectionsMax = 20'000;
inline constexpr int64_t kHttpHeaderTimeoutMs = 15'000;
inline constexpr int64_t kHttpIdleTimeoutMs = 75'000;
inline constexpr int64_t kUpstreamConnectTimeoutMs = 10'000;
inline constexpr int64_t kUpstreamIdleTimeoutMs = 600'000;  // models may think for minutes
inline constexpr size_t kWriteBufferBytesMax = size_t{4} << 20;  // per connection; past it the source waits

// Server-sent events (wire)
inline constexpr size_t kSseEventBytesMax = size_t{8} << 20;
inline constexpr int64_t kKeepAliveIntervalMs = 10'000;

// Exchange
inline constexpr size_t kMessagesMax = 20'000;
inline constexpr size_t kToolsMax = 4'096;
inline constexpr size_t kCallsPerTurnMax = 256;
inline constexpr size_t kChoicesMax = 128;
inline constexpr size_t kHeldCallBytesMax = size_t{8} << 20;  // of one turn, all calls together
inline constexpr int kVetoRoundsMax = 4;  // times the planner may go on after a denial within one request

// Labels
inline constexpr size_t kLabelOriginsMax = 32;   // named; more are counted, not named
inline constexpr size_t kLabelReadersMax = 64;   // more: nobody but the owner
inline constexpr size_t kPrincipalBytesMax = 512;

// Trace
inline constexpr size_t kTraceEntriesMax = size_t{64} << 20;  // at capacity, unmatched text is untrusted
inline constexpr int kTraceDecodeDepthMax = 3;
inline constexpr size_t kTraceCopyCharsMin = 24;  // non-space characters that make a copy

// Policy
inline constexpr size_t kPolicyBytesMax = size_t{1} << 20;
inline constexpr size_t kPoliciesMax = 4'096;
inline constexpr int kPolicyDepthMax = 64;

// Manifests, configuration
inline constexpr size_t kTomlBytesMax = size_t{1} << 20;

// Sessions, approvals
inline constexpr size_t kSessionsMax = 10'000;  // kept in memory; older ones are rebuilt from their history
inline constexpr size_t kPendingAsksMax = 256;
inline constexpr size_t kGrantsMax = 10'000;
inline constexpr int64_t kTicketLifetimeMs = 600'000;

// Ledger
inline constexpr size_t kLedgerEntryBytesMax = 65'535;  // C2SP tlog-tiles: u16 length prefix

// Replay
inline constexpr size_t kReplayLineBytesMax = size_t{16} << 20;

}  // namespace weir::limits

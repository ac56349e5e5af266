// The bounds of one sandbox's egress.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::egress {

inline constexpr size_t kConnectionsMax = 128;            // more wait in the listeners' queues
inline constexpr size_t kBufferBytes = size_t{64} << 10;  // in each direction of each connection
inline constexpr int64_t kFirstByteMs = 60'000;           // until a client has said what it wants
inline constexpr int64_t kDialMs = 10'000;                // for each address
inline constexpr int64_t kHandshakeMs = 20'000;
inline constexpr int64_t kIdleMs = 3'600'000;      // nothing in either direction
inline constexpr int64_t kHalfClosedMs = 120'000;  // nothing, and one direction is over
inline constexpr int64_t kResolvedMs = 30'000;     // how long a resolved name is believed
inline constexpr size_t kAddressesMax = 8;         // of a name
inline constexpr size_t kSecretBytesMin = 12, kSecretBytesMax = 8'192;
inline constexpr int64_t kLedgerMs = 10'000;  // until an entry of the ledger is durable
// Refusals that are noted on the ledger: so many at once, then one in kRefusalMs.
inline constexpr int64_t kRefusalsAtOnce = 32, kRefusalMs = 1'000;
inline constexpr size_t kSaidMax = 20;  // refusals told on standard error
inline constexpr uint64_t kRecordBytesMax = uint64_t{16} << 20;

}  // namespace weir::egress

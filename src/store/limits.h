// Bounds of the store that stand apart from base/limits.h.
#pragma once

#include <cstddef>

namespace weir {

inline constexpr size_t kStoredResponsesMax = 10'000;                  // that clients may go on from
inline constexpr size_t kStoredResponsesBytesMax = size_t{256} << 20;  // of all together
inline constexpr size_t kStoredResponseBytesMax = size_t{16} << 20;    // of one, with what was new before it
inline constexpr size_t kStoredResponseTurnsMax = 1'000;               // of one conversation

}  // namespace weir

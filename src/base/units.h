// Units as people write them: durations and sizes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace weir {

// "120s", "5m", "2h", "0s" → milliseconds; at most a year.
Result<int64_t> parse_duration(std::string_view text);

// "64MiB", "1 GiB", "10kB", "4096" → bytes; at most 2^60.
Result<uint64_t> parse_bytes(std::string_view text);

// The other way round, for people: "64 MiB", "90 s". A size that is no whole number of any unit is rounded.
std::string show_bytes(uint64_t bytes);
std::string show_duration(int64_t ms);

}  // namespace weir

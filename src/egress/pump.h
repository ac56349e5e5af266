// Pump: moves bytes between a sandbox's connection and the one outside, until both directions are over.
//
// What cannot be written on one side is not read on the other (at most kBufferBytes wait in each direction).
#pragma once

#include <atomic>
#include <cstdint>

#include "base/error.h"
#include "egress/requests.h"
#include "egress/stream.h"

namespace weir::egress {

struct Counts {
  std::atomic<uint64_t> out = 0, in = 0;  // bytes that left the sandbox, and that came into it
};

// `requests` and `replies` look at what passes; both or none. Errors: denied, what a request was refused for;
// where nothing had come from outside yet the sandbox was told so in HTTP.
Status pump(Stream& inside, Stream& outside, Counts& counts, Requests* requests, Replies* replies);

}  // namespace weir::egress

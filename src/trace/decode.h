// Encoded text inside a text, decoded: what an attacker may hide a value in, or a planner be told to write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::trace {

// A decoded piece. at[i] is where text[i] began in the input, at.back() where the piece ended; empty when it
// was not asked for.
struct Decoded {
  std::string text;
  std::vector<uint32_t> at;
};

// One level: percent-encoding, HTML entities and backslash escapes (with what stands around them, so that a
// copy that is only partly encoded is whole), each base64 or base64url run and each run of hex digits that
// decodes to text, and what tag characters spell. Linear; the pieces together are at most a small multiple of
// the input.
std::vector<Decoded> decode(std::string_view input, bool offsets);

}  // namespace weir::trace

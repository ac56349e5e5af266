// Encoded bodies: nothing that comes out is past the bounds, and it is the same however the body is cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/encoding.h"

namespace {

using namespace weir::net;

constexpr size_t kBytesMax = size_t{4} << 20;

void must(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  std::string out;
  bool whole = false;
};

Outcome decode(std::string_view coding, std::string_view body, size_t step) {
  Outcome outcome;
  const auto decoder = make_decoder(coding, kBytesMax);
  for (size_t at = 0; at < body.size(); at += step) {
    const auto piece = decoder->feed(body.substr(at, step));
    if (!piece) return outcome;
    outcome.out += *piece;
    must(outcome.out.size() <= kBytesMax);
    must(outcome.out.size() <= kDecodedFreeBytes ||
         outcome.out.size() / kDecodedRatioMax <= std::min(at + step, body.size()));
  }
  outcome.whole = decoder->end().has_value();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string_view coding = (data[0] & 1) != 0 ? "zstd" : "gzip";
  const Outcome whole = decode(coding, body, std::max<size_t>(body.size(), 1));
  const Outcome pieces = decode(coding, body, 1 + data[1] % 64);
  // A bomb may be stopped earlier where less of it has come in; what is whole is whole.
  if (whole.whole && pieces.whole) must(whole.out == pieces.out);
  return 0;
}

// A TLS client's first message. What was understood of a prefix is what is understood of the whole.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "egress/hello.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::egress;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Hello whole, half;
  const HelloStep step = parse_hello(bytes, whole);
  if (step == HelloStep::done && whole.server_name.size() > kHelloBytesMax) std::abort();
  if (parse_hello(bytes.substr(0, size / 2), half) != HelloStep::done) return 0;
  if (step != HelloStep::done || half.server_name != whole.server_name || half.encrypted != whole.encrypted)
    std::abort();
  return 0;
}

// However a stream is cut into pieces, its events are the same, and their raw bytes are the stream's.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "wire/sse.h"

namespace {

using weir::wire::SseEvent;
using weir::wire::SseParser;

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  uint32_t seed = data[0] + 1U;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);

  SseParser whole;
  std::vector<SseEvent> expected;
  const bool taken = whole.feed(text, expected).has_value();

  SseParser parser;
  std::vector<SseEvent> events;
  bool ok = true;
  for (size_t at = 0; ok && at < text.size();) {
    seed = seed * 1664525U + 1013904223U;
    const size_t piece = std::min<size_t>(1 + (seed >> 16) % 7, text.size() - at);
    ok = parser.feed(text.substr(at, piece), events).has_value();
    at += piece;
  }
  expect(ok == taken);
  if (!taken) return 0;
  expect(events.size() == expected.size());
  std::string all;
  for (size_t i = 0; i < events.size(); ++i) {
    expect(events[i].name == expected[i].name && events[i].data == expected[i].data);
    expect(events[i].raw == expected[i].raw && events[i].has_data == expected[i].has_data);
    expect(events[i].has_data || events[i].data.empty());
    all += events[i].raw;
  }
  all += parser.rest();
  expect(all == text);
  return 0;
}

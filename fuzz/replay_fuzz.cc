// Replay: any lines give verdicts or one Error; what is denied is never let go.
#include <cassert>
#include <cstdint>
#include <string_view>

#include "config/config.h"
#include "replay/replay.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* config = new weir::config::Config(std::move(*weir::config::defaults()));
  weir::replay::Options options;
  options.planner_view = size > 0 && data[0] == ' ';
  weir::replay::Replay replay(*config, options);
  std::string_view text(reinterpret_cast<const char*>(data), size);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto lines = replay.feed(text.substr(0, end));
    if (!lines) break;
    for (const std::string& line : *lines) assert(weir::json::parse(line).has_value());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}

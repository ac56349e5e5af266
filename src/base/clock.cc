#include "base/clock.h"

#include <chrono>
#include <ctime>

namespace weir {

Now SystemClock::now() const {
  using namespace std::chrono;
  const int64_t wall = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  if (wall > wall_last_ms_) wall_last_ms_ = wall;
  return {wall_last_ms_, duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count()};
}

std::string rfc3339(int64_t wall_ms) {
  const std::time_t seconds = wall_ms / 1000 - (wall_ms % 1000 < 0 ? 1 : 0);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text, length};
}

}  // namespace weir

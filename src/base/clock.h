// Time, passed in. libweir never asks the system for it.
#pragma once

#include <cstdint>
#include <string>

namespace weir {

// One reading of both clocks. `wall_ms` (milliseconds since 1970-01-01 UTC) is for expiry and for people,
// `mono_ms` for waits; mono_ms never goes back.
struct Now {
  int64_t wall_ms = 0;
  int64_t mono_ms = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() const = 0;
};

// The system's clocks; its wall_ms never goes back within one object. One thread.
class SystemClock final : public Clock {
 public:
  Now now() const override;

 private:
  mutable int64_t wall_last_ms_ = 0;
};

// "2026-11-23T08:35:09Z" (RFC 3339, UTC, whole seconds).
std::string rfc3339(int64_t wall_ms);

}  // namespace weir

// Monitor: what tells machines how this weir is: health, readiness and metrics.
//
//   GET /livez    200 while the loop runs; no token
//   GET /readyz   200 while decisions can be written down, else 503 and why; no token
//   GET /metrics  Prometheus text format 0.0.4; the metrics token ("Authorization: Bearer")
//
// No name of a tool, a session or a person's is in it: whoever collects metrics learns counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/server.h"

namespace weir::gateway {

class Gateway;

// How long something took, in whole milliseconds; counted into the buckets of a Prometheus histogram.
class Histogram {
 public:
  static constexpr std::array<int64_t, 10> kBoundsMs{1, 2, 5, 10, 25, 50, 100, 250, 1'000, 10'000};

  void add(int64_t ms);
  // The lines of one histogram, in seconds.
  void write(std::string& out, std::string_view name, std::string_view help) const;

 private:
  std::array<uint64_t, kBoundsMs.size() + 1> counts_{};
  int64_t sum_ms_ = 0;
};

// Whether `path` is one of the above.
bool is_monitored(std::string_view path);
// Answers it. `token`: what the request showed.
void handle_monitor(Gateway& gateway, const std::shared_ptr<net::ServerCall>& call, std::string_view path,
                    std::string_view token);

}  // namespace weir::gateway

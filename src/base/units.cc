#include "base/units.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kDurationMsMax = int64_t{365} * 86'400'000;
constexpr uint64_t kBytesMax = uint64_t{1} << 60;

// The number at the front of `text`, and what follows it; nothing of `text` when there is none.
template <class T>
std::pair<T, std::string_view> split_number(std::string_view text) {
  T number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return {0, "not a number"};
  return {number, {at, static_cast<size_t>(end - at)}};
}

}  // namespace

Result<int64_t> parse_duration(std::string_view text) {
  const auto [number, unit] = split_number<int64_t>(text);
  const int64_t factor = unit == "ms"  ? 1
                         : unit == "s" ? 1'000
                         : unit == "m" ? 60'000
                         : unit == "h" ? 3'600'000
                         : unit == "d" ? 86'400'000
                                       : 0;
  if (number < 0 || factor == 0 || number > kDurationMsMax / factor) {
    return bad_input(fmt::format("not a duration: \"{}\"", text), {},
                     "\"90s\", \"5m\", \"2h\", at most a year");
  }
  return number * factor;
}

Result<uint64_t> parse_bytes(std::string_view text) {
  auto [number, unit] = split_number<uint64_t>(text);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  const uint64_t factor = unit.empty() || unit == "B" ? 1
                          : unit == "kB"              ? 1'000
                          : unit == "MB"              ? 1'000'000
                          : unit == "GB"              ? 1'000'000'000
                          : unit == "KiB"             ? uint64_t{1} << 10
                          : unit == "MiB"             ? uint64_t{1} << 20
                          : unit == "GiB"             ? uint64_t{1} << 30
                          : unit == "TiB"             ? uint64_t{1} << 40
                                                      : 0;
  if (factor == 0 || number > kBytesMax / factor) {
    return bad_input(fmt::format("not a size: \"{}\"", text), {}, "\"512MiB\", \"2GiB\", or bytes");
  }
  return number * factor;
}

std::string show_bytes(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  double shown = static_cast<double>(bytes);
  while (shown >= 1024 && unit + 1 < std::size(kUnits)) {
    shown /= 1024;
    ++unit;
  }
  return shown == static_cast<double>(static_cast<uint64_t>(shown))
             ? fmt::format("{} {}", static_cast<uint64_t>(shown), kUnits[unit])
             : fmt::format("{:.1f} {}", shown, kUnits[unit]);
}

std::string show_duration(int64_t ms) {
  if (ms % 3'600'000 == 0 && ms != 0) return fmt::format("{} h", ms / 3'600'000);
  if (ms % 60'000 == 0 && ms != 0) return fmt::format("{} min", ms / 60'000);
  if (ms % 1'000 == 0) return fmt::format("{} s", ms / 1'000);
  return fmt::format("{} ms", ms);
}

}  // namespace weir

// The literals of the extension types.
#include <fmt/format.h>

#include <charconv>

#include "policy/extension.h"

namespace weir::policy {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

size_t digits_at(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

// The number that the digits are; nothing past 64 bits.
std::optional<int64_t> whole(std::string_view digits) {
  int64_t number = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (code != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// Takes exactly `count` digits off the front of `text` and gives their number.
std::optional<int> take_digits(std::string_view& text, size_t count) {
  if (text.size() < count || digits_at(text.substr(0, count), 0) != count) return std::nullopt;
  const std::optional<int64_t> number = whole(text.substr(0, count));
  text.remove_prefix(count);
  return static_cast<int>(*number);
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

// Days from 1970-01-01 to the date of the proleptic Gregorian calendar, nothing if there is no such date.
std::optional<int64_t> days_since_epoch(int year, int month, int day) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return std::nullopt;
  if (day > kDays[month - 1] + (month == 2 && is_leap(year) ? 1 : 0)) return std::nullopt;
  int64_t days = day - 1;
  for (int m = 1; m < month; ++m) days += kDays[m - 1] + (m == 2 && is_leap(year) ? 1 : 0);
  // Whole years before `year`, counted from year 0, which is a leap year.
  const int64_t before = year;
  days += before * 365 + (before == 0 ? 0 : (before - 1) / 4 - (before - 1) / 100 + (before - 1) / 400 + 1);
  return days - 719'528;
}

// "hh:mm:ss" past the T, then ".SSS" at most, then "Z" or an offset; milliseconds to add to the date.
std::optional<int64_t> time_ms(std::string_view text) {
  const std::optional<int> hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const std::optional<int> minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const std::optional<int> second = take_digits(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  int64_t ms = (*hour * int64_t{3600} + *minute * 60 + *second) * 1000;
  if (take(text, '.')) {
    const std::optional<int> fraction = take_digits(text, 3);
    if (!fraction) return std::nullopt;
    ms += *fraction;
  }
  if (text == "Z") return ms;
  const bool east = take(text, '+');
  if (!east && !take(text, '-')) return std::nullopt;
  const std::optional<int> offset_hour = take_digits(text, 2);
  const std::optional<int> offset_minute = offset_hour ? take_digits(text, 2) : std::nullopt;
  if (!offset_minute || !text.empty() || *offset_hour > 23 || *offset_minute > 59) return std::nullopt;
  const int64_t offset_ms = (*offset_hour * int64_t{60} + *offset_minute) * 60'000;
  return east ? ms - offset_ms : ms + offset_ms;
}

// Four numbers of 0 to 255 without leading zeros.
bool parse_v4(std::string_view text, IpAddress& out) {
  for (size_t i = 0; i < 4; ++i) {
    if (i > 0 && !take(text, '.')) return false;
    const size_t digits = digits_at(text, 0);
    if (digits == 0 || digits > 3 || (digits > 1 && text.front() == '0')) return false;
    const std::optional<int> number = take_digits(text, digits);
    if (!number || *number > 255) return false;
    out.bytes[i] = static_cast<uint8_t>(*number);
  }
  return text.empty();
}

// Groups of one to four hex digits, at most `groups_max`, into out[0…]; how many, or nothing. Takes what it
// reads; a "::" after a group is left.
std::optional<size_t> take_groups(std::string_view& text, size_t groups_max, uint16_t* out) {
  size_t count = 0;
  while (count < groups_max && !text.empty() && text.front() != ':') {
    unsigned number = 0;
    const char* const begin = text.data();
    const auto [end, code] = std::from_chars(begin, begin + std::min<size_t>(text.size(), 5), number, 16);
    if (code != std::errc() || end - begin > 4) return std::nullopt;
    out[count++] = static_cast<uint16_t>(number);
    text.remove_prefix(static_cast<size_t>(end - begin));
    if (text.empty() || text.starts_with("::")) break;
    if (!take(text, ':') || text.empty()) return std::nullopt;
  }
  return count;
}

bool parse_v6(std::string_view text, IpAddress& out) {
  std::array<uint16_t, 8> groups = {};
  const std::optional<size_t> head = take_groups(text, 8, groups.data());
  if (!head) return false;
  if (*head < 8) {
    if (!text.starts_with("::")) return false;
    text.remove_prefix(2);
    std::array<uint16_t, 8> tail = {};
    const std::optional<size_t> count = take_groups(text, 7 - *head, tail.data());
    if (!count) return false;
    std::copy(tail.begin(), tail.begin() + *count, groups.end() - *count);
  }
  for (size_t i = 0; i < 8; ++i) {
    out.bytes[2 * i] = static_cast<uint8_t>(groups[i] >> 8);
    out.bytes[2 * i + 1] = static_cast<uint8_t>(groups[i]);
  }
  out.is_v6 = true;
  return text.empty();
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  const bool negative = take(text, '-');
  const size_t before = digits_at(text, 0);
  const size_t after = before < text.size() && text[before] == '.' ? digits_at(text, before + 1) : 0;
  if (before == 0 || after == 0 || after > 4 || before + 1 + after != text.size()) return std::nullopt;
  std::string digits(text.substr(0, before));
  digits.append(text.substr(before + 1)).append(4 - after, '0');
  const std::optional<int64_t> units = whole((negative ? "-" : "") + digits);
  if (!units) return std::nullopt;
  return Decimal{*units};
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  IpAddress out;
  const size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  if (!parse_v4(address, out) && !parse_v6(address, out)) return std::nullopt;
  const int prefix_max = out.is_v6 ? 128 : 32;
  out.prefix = static_cast<uint8_t>(prefix_max);
  if (slash == std::string_view::npos) return out;
  std::string_view prefix = text.substr(slash + 1);
  const bool fits = !prefix.empty() && prefix.size() <= (out.is_v6 ? 3u : 2u);
  if (!fits || (prefix.size() > 1 && prefix.front() == '0')) return std::nullopt;
  const std::optional<int> bits = take_digits(prefix, prefix.size());
  if (!bits || *bits > prefix_max) return std::nullopt;
  out.prefix = static_cast<uint8_t>(*bits);
  return out;
}

std::optional<Datetime> parse_datetime(std::string_view text) {
  const std::optional<int> year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const std::optional<int> month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const std::optional<int> day = take_digits(text, 2);
  const std::optional<int64_t> days = day ? days_since_epoch(*year, *month, *day) : std::nullopt;
  if (!days) return std::nullopt;
  const int64_t date_ms = *days * 86'400'000;
  if (text.empty()) return Datetime{date_ms};
  if (!take(text, 'T')) return std::nullopt;
  const std::optional<int64_t> rest = time_ms(text);
  if (!rest) return std::nullopt;
  return Datetime{date_ms + *rest};
}

std::optional<Duration> parse_duration(std::string_view text) {
  static constexpr std::pair<std::string_view, int64_t> kUnits[] = {
      {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
  const bool negative = take(text, '-');
  if (text.empty()) return std::nullopt;
  // Summed from the smallest unit up, so that an intermediate sum overflows exactly where the published
  // engine's does.
  int64_t parts[5] = {};
  size_t next = 0;
  while (!text.empty()) {
    const size_t digits = digits_at(text, 0);
    if (digits == 0) return std::nullopt;
    const std::string number = (negative ? "-" : "") + std::string(text.substr(0, digits));
    text.remove_prefix(digits);
    const size_t letters = std::min(text.find_first_of("0123456789"), text.size());
    while (next < 5 && kUnits[next].first != text.substr(0, letters)) ++next;
    if (next == 5) return std::nullopt;
    const std::optional<int64_t> count = whole(number);
    if (!count || __builtin_mul_overflow(*count, kUnits[next].second, &parts[next])) return std::nullopt;
    text.remove_prefix(letters);
    ++next;
  }
  int64_t sum = 0;
  for (size_t i = 5; i-- > 0;) {
    if (__builtin_add_overflow(sum, parts[i], &sum)) return std::nullopt;
  }
  return Duration{sum};
}

std::string text_of(Decimal decimal) {
  const uint64_t magnitude = decimal.ten_thousandths < 0 ? 0 - static_cast<uint64_t>(decimal.ten_thousandths)
                                                         : static_cast<uint64_t>(decimal.ten_thousandths);
  return fmt::format("{}{}.{:04}", decimal.ten_thousandths < 0 ? "-" : "", magnitude / 10'000,
                     magnitude % 10'000);
}

std::string text_of(const IpAddress& ip) {
  std::string out;
  for (size_t i = 0; i < (ip.is_v6 ? 8u : 4u); ++i) {
    if (i > 0) out += ip.is_v6 ? ':' : '.';
    out += ip.is_v6 ? fmt::format("{:x}", ip.bytes[2 * i] << 8 | ip.bytes[2 * i + 1])
                    : std::to_string(ip.bytes[i]);
  }
  return out + "/" + std::to_string(ip.prefix);
}

std::string text_of(Duration duration) {
  return std::to_string(duration.ms) + "ms";
}

}  // namespace weir::policy

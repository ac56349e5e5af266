#include "policy/extension.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/mutant.h"

namespace weir::policy {
namespace {

using Kind = Value::Kind;

constexpr int64_t kDayMs = 86'400'000;

constexpr std::array<FunctionInfo, 22> kFunctions = {{
    {"decimal", false, Kind::decimal, 1, {Kind::string}},
    {"ip", false, Kind::ip, 1, {Kind::string}},
    {"datetime", false, Kind::datetime, 1, {Kind::string}},
    {"duration", false, Kind::duration, 1, {Kind::string}},
    {"lessThan", true, Kind::boolean, 2, {Kind::decimal, Kind::decimal}},
    {"lessThanOrEqual", true, Kind::boolean, 2, {Kind::decimal, Kind::decimal}},
    {"greaterThan", true, Kind::boolean, 2, {Kind::decimal, Kind::decimal}},
    {"greaterThanOrEqual", true, Kind::boolean, 2, {Kind::decimal, Kind::decimal}},
    {"isIpv4", true, Kind::boolean, 1, {Kind::ip}},
    {"isIpv6", true, Kind::boolean, 1, {Kind::ip}},
    {"isLoopback", true, Kind::boolean, 1, {Kind::ip}},
    {"isMulticast", true, Kind::boolean, 1, {Kind::ip}},
    {"isInRange", true, Kind::boolean, 2, {Kind::ip, Kind::ip}},
    {"offset", true, Kind::datetime, 2, {Kind::datetime, Kind::duration}},
    {"durationSince", true, Kind::duration, 2, {Kind::datetime, Kind::datetime}},
    {"toDate", true, Kind::datetime, 1, {Kind::datetime}},
    {"toTime", true, Kind::duration, 1, {Kind::datetime}},
    {"toMilliseconds", true, Kind::integer, 1, {Kind::duration}},
    {"toSeconds", true, Kind::integer, 1, {Kind::duration}},
    {"toMinutes", true, Kind::integer, 1, {Kind::duration}},
    {"toHours", true, Kind::integer, 1, {Kind::duration}},
    {"toDays", true, Kind::integer, 1, {Kind::duration}},
}};

constexpr std::array<std::string_view, 4> kConstructorNames = {"decimal", "ip", "datetime", "duration"};
constexpr auto kMethodNames = [] {
  std::array<std::string_view, kFunctions.size() - kConstructorNames.size()> out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = kFunctions[i + kConstructorNames.size()].name;
  return out;
}();

// 0 to kDayMs - 1, also for moments before 1970.
int64_t time_of_day_ms(int64_t epoch_ms) {
  const int64_t rest = epoch_ms % kDayMs;
  return rest < 0 && !WEIR_MUTANT(9) ? rest + kDayMs : rest;
}

// Whether all addresses of `a` are in `b`.
bool is_in_range(const IpAddress& a, const IpAddress& b) {
  if (a.is_v6 != b.is_v6 || a.prefix < b.prefix) return false;
  for (int bit = 0; bit < b.prefix; ++bit) {
    const auto byte = static_cast<size_t>(bit / 8);
    if (((a.bytes[byte] ^ b.bytes[byte]) >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

bool is_loopback(const IpAddress& ip) {
  if (!ip.is_v6) return ip.bytes[0] == 127 && ip.prefix >= 8;
  return ip.prefix == 128 && ip.bytes[15] == 1 &&
         std::all_of(ip.bytes.begin(), ip.bytes.end() - 1, [](uint8_t b) { return b == 0; });
}

bool is_multicast(const IpAddress& ip) {
  return ip.is_v6 ? ip.bytes[0] == 0xff && ip.prefix >= 8 : (ip.bytes[0] & 0xf0) == 0xe0 && ip.prefix >= 4;
}

template <class T>
bool give(const std::optional<T>& parsed, Operand (*make)(T), Operand& out) {
  if (parsed) out = make(*parsed);
  return parsed.has_value();
}

// f("text"); false where the text is no literal of the type.
bool construct(Function function, std::string_view text, std::forward_list<Value>& storage, Operand& out) {
  switch (function) {
    case Function::decimal:
      return give(parse_decimal(text), Operand::decimal, out);
    case Function::datetime:
      return give(parse_datetime(text), Operand::datetime, out);
    case Function::duration:
      return give(parse_duration(text), Operand::duration, out);
    default: {
      const std::optional<IpAddress> ip = parse_ip(text);
      if (!ip) return false;
      storage.emplace_front(*ip);
      out = Operand::of(storage.front());
      return true;
    }
  }
}

// Functions of numbers: a and b are ten-thousandths or milliseconds. False on overflow.
bool compute(Function function, int64_t a, int64_t b, Operand& out) {
  int64_t result = 0;
  switch (function) {
    case Function::less_than:
      out = Operand::boolean(a < b);
      return true;
    case Function::less_than_or_equal:
      out = Operand::boolean(a <= b);
      return true;
    case Function::greater_than:
      out = Operand::boolean(a > b);
      return true;
    case Function::greater_than_or_equal:
      out = Operand::boolean(a >= b);
      return true;
    case Function::offset:
      if (__builtin_add_overflow(a, b, &result)) return false;
      out = Operand::datetime({result});
      return true;
    case Function::duration_since:
      if (__builtin_sub_overflow(a, b, &result)) return false;
      out = Operand::duration({result});
      return true;
    case Function::to_date:
      if (__builtin_sub_overflow(a, time_of_day_ms(a), &result)) return false;
      out = Operand::datetime({result});
      return true;
    case Function::to_time:
      out = Operand::duration({time_of_day_ms(a)});
      return true;
    case Function::to_seconds:
      out = Operand::integer(a / 1000);
      return true;
    case Function::to_minutes:
      out = Operand::integer(a / 60'000);
      return true;
    case Function::to_hours:
      out = Operand::integer(a / 3'600'000);
      return true;
    case Function::to_days:
      out = Operand::integer(a / kDayMs);
      return true;
    default:  // to_milliseconds
      out = Operand::integer(a);
      return true;
  }
}

bool ask_ip(Function function, const IpAddress& ip, std::span<const Operand> arguments) {
  switch (function) {
    case Function::is_ipv4:
      return !ip.is_v6;
    case Function::is_ipv6:
      return ip.is_v6;
    case Function::is_loopback:
      return is_loopback(ip);
    case Function::is_multicast:
      return is_multicast(ip);
    default:
      return is_in_range(ip, arguments[1].shared().ip());
  }
}

}  // namespace

const FunctionInfo& info(Function function) {
  return kFunctions[static_cast<size_t>(function)];
}

std::optional<Function> find_function(std::string_view name) {
  for (size_t i = 0; i < kFunctions.size(); ++i) {
    if (kFunctions[i].name == name) return static_cast<Function>(i);
  }
  return std::nullopt;
}

std::span<const std::string_view> function_names(bool methods) {
  if (methods) return kMethodNames;
  return kConstructorNames;
}

bool call(Function function, std::span<const Operand> arguments, std::forward_list<Value>& storage,
          Operand& out, std::string& error) {
  const FunctionInfo& f = info(function);
  if (arguments.size() != f.arity) {
    error = fmt::format("{} takes {} argument{}{}, got {}", f.name, f.is_method ? f.arity - 1 : f.arity,
                        f.arity - (f.is_method ? 1 : 0) == 1 ? "" : "s", f.is_method ? " in parentheses" : "",
                        arguments.size() - (f.is_method ? 1 : 0));
    return false;
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].is(f.arguments[i])) continue;
    error = fmt::format("{} expects {}, got {}", f.name, kind_name(f.arguments[i]),
                        kind_name(arguments[i].kind()));
    return false;
  }
  if (f.is_constructor()) {
    if (construct(function, arguments[0].string(), storage, out)) return true;
    error = fmt::format("this text is not {}", kind_name(f.result));
    return false;
  }
  if (f.arguments[0] == Kind::ip) {
    out = Operand::boolean(ask_ip(function, arguments[0].shared().ip(), arguments));
    return true;
  }
  if (compute(function, arguments[0].number(), f.arity > 1 ? arguments[1].number() : 0, out)) return true;
  error = fmt::format("the result of {} does not fit 64 bits", f.name);
  return false;
}

}  // namespace weir::policy

// The extension types of the language (decimal, ip, datetime, duration): their literals and functions.
//
// Formats and results are those of the Cedar specification (Cedar Policy Language Guide, "Extension
// functions"). Pure; nothing here throws or recurses.
#pragma once

#include <cstdint>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/operand.h"
#include "policy/value.h"

namespace weir::policy {

enum class Function : uint8_t {
  decimal,
  ip,
  datetime,
  duration,
  less_than,
  less_than_or_equal,
  greater_than,
  greater_than_or_equal,
  is_ipv4,
  is_ipv6,
  is_loopback,
  is_multicast,
  is_in_range,
  offset,
  duration_since,
  to_date,
  to_time,
  to_milliseconds,
  to_seconds,
  to_minutes,
  to_hours,
  to_days,
};

struct FunctionInfo {
  std::string_view name;
  bool is_method = false;  // x.f(…) rather than f(…)
  Value::Kind result = Value::Kind::boolean;
  uint8_t arity = 1;              // the receiver counts
  Value::Kind arguments[2] = {};  // the first `arity` of them

  bool is_constructor() const { return !is_method; }
};

const FunctionInfo& info(Function function);
std::optional<Function> find_function(std::string_view name);
// The names of all functions, or of all methods.
std::span<const std::string_view> function_names(bool methods);

// The literals. Nothing where the text is not one, or out of range.
//   decimal   "12.34": digits on both sides, at most four after the point
//   ip        IPv4 or IPv6, with or without "/prefix"; no IPv4 inside IPv6, no leading zeros in decimal
//   numbers datetime  "YYYY-MM-DD", then nothing or "Thh:mm:ss" with "Z", ".SSSZ", or either of an offset
//   "+hhmm" duration  "-" at most, then numbers with d h m s ms in this order, at least one
std::optional<Decimal> parse_decimal(std::string_view text);
std::optional<IpAddress> parse_ip(std::string_view text);
std::optional<Datetime> parse_datetime(std::string_view text);
std::optional<Duration> parse_duration(std::string_view text);

// As each parses back to the same.
std::string text_of(Decimal decimal);
std::string text_of(const IpAddress& ip);
std::string text_of(Duration duration);

// Calls the function. False on an error (arity, types, a text that is no literal, overflow), which is then in
// `error`. A result that does not fit an Operand itself is put into `storage`, which must outlive `out`.
bool call(Function function, std::span<const Operand> arguments, std::forward_list<Value>& storage,
          Operand& out, std::string& error);

}  // namespace weir::policy

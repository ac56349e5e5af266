// The extension types: literals at their bounds, functions, operators.
#include "policy/extension.h"

#include <gtest/gtest.h>

#include "policy/evaluate.h"
#include "policy/test_support.h"

namespace weir::policy {
namespace {

// "true", "false" or "error" of a boolean expression.
std::string run(const std::string& expression) {
  const PolicySet set = testing::parsed("permit(principal, action, resource) when { " + expression + " };");
  if (set.policies().empty()) return "parse error";
  const Request request = testing::sample_request();
  const Entities entities = testing::sample_entities();
  const Match match = Evaluator(request, entities).match(set.policies().front());
  if (match.kind == Match::Kind::error) return "error";
  return match.kind == Match::Kind::yes ? "true" : "false";
}

struct Case {
  const char* expression;
  const char* expected;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(run(c.expression), c.expected) << c.expression;
}

TEST(Extension, DecimalLiterals) {
  for (const char* good : {"0.0", "-0.0", "12.34", "-12.3456", "922337203685477.5807",
                           "-922337203685477.5808", "00.1", "000000000000000000000000001.5"}) {
    EXPECT_TRUE(parse_decimal(good)) << good;
  }
  for (const char* bad :
       {"", ".", "1", "1.", ".5", "-.5", "+1.0", "1.23456", "1.2.3", "1.-2", "--1.0", "a.b", " 1.0", "1.0 ",
        "922337203685477.5808", "-922337203685477.5809", "99999999999999999999.0"}) {
    EXPECT_FALSE(parse_decimal(bad)) << bad;
  }
  EXPECT_EQ(text_of(*parse_decimal("-0.05")), "-0.0500");
  EXPECT_EQ(text_of(*parse_decimal("-922337203685477.5808")), "-922337203685477.5808");
  EXPECT_EQ(parse_decimal("1.5"), parse_decimal("01.5000"));
}

TEST(Extension, IpLiterals) {
  for (const char* good : {"0.0.0.0", "255.255.255.255", "1.2.3.4/0", "1.2.3.4/32", "::", "::1",
                           "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "a::F/128",
                           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "::/0"}) {
    EXPECT_TRUE(parse_ip(good)) << good;
    EXPECT_EQ(parse_ip(text_of(*parse_ip(good))), parse_ip(good)) << good;
  }
  for (const char* bad : {"",
                          "1",
                          "1.2.3",
                          "1.2.3.4.5",
                          "01.2.3.4",
                          "256.1.1.1",
                          "1.2.3.4/",
                          "1.2.3.4/33",
                          "1.2.3.4/032",
                          "1.2.3.4/00",
                          "1.2.3.4/1/2",
                          "1.2.3.4 ",
                          ":",
                          ":::",
                          "1:2",
                          "1:2:3:4:5:6:7:8:9",
                          "1:2:3:4:5:6:7:8::",
                          "::1:2:3:4:5:6:7:8",
                          "1::2::3",
                          "12345::",
                          "g::",
                          "::ffff:1.2.3.4",
                          "::1/129",
                          "::1/0128",
                          "::1%0",
                          "1:2:3:4:5:6:7:",
                          ":1::",
                          "0x1::",
                          "+1::"}) {
    EXPECT_FALSE(parse_ip(bad)) << bad;
  }
}

TEST(Extension, DatetimeLiterals) {
  const auto ms = [](const char* text) {
    const auto parsed = parse_datetime(text);
    return parsed ? parsed->epoch_ms : -1;
  };
  EXPECT_EQ(ms("1970-01-01"), 0);
  EXPECT_EQ(ms("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ms("1970-01-02T00:00:00.001+0100"), 86'400'001 - 3'600'000);
  EXPECT_EQ(ms("2024-02-29"), 1'709'164'800'000);
  EXPECT_EQ(ms("2024-10-15T11:38:02.101-0134"), 1'728'997'922'101);
  EXPECT_EQ(ms("0000-01-01"), -62'167'219'200'000);
  EXPECT_EQ(ms("9999-12-31T23:59:59.999Z"), 253'402'300'799'999);
  EXPECT_EQ(ms("1900-03-01"), -2'203'891'200'000);
  for (const char* bad : {"",
                          "1970",
                          "1970-1-1",
                          "1970-01-01T",
                          "1970-13-01",
                          "1970-00-01",
                          "1970-02-29",
                          "1900-02-29",
                          "1970-04-31",
                          "1970-01-00",
                          "1970-01-01T24:00:00Z",
                          "1970-01-01T00:60:00Z",
                          "1970-01-01T00:00:60Z",
                          "1970-01-01T00:00:00",
                          "1970-01-01T00:00:00.1Z",
                          "1970-01-01T00:00:00.1234Z",
                          "1970-01-01T00:00:00+2400",
                          "1970-01-01T00:00:00+0060",
                          "1970-01-01T00:00:00+01:00",
                          "1970-01-01t00:00:00Z",
                          "1970-01-01Z",
                          "+1970-01-01",
                          "1970-01-01T00:00:00ZZ",
                          "1970-01-01T00:00:00.000",
                          "1970-01-01 00:00:00Z"}) {
    EXPECT_FALSE(parse_datetime(bad)) << bad;
  }
}

TEST(Extension, DurationLiterals) {
  const auto ms = [](const char* text) {
    const auto parsed = parse_duration(text);
    return parsed ? parsed->ms : 999;
  };
  EXPECT_EQ(ms("1d2h3m4s5ms"), 93'784'005);
  EXPECT_EQ(ms("-1h"), -3'600'000);
  EXPECT_EQ(ms("5ms"), 5);
  EXPECT_EQ(ms("0s"), 0);
  EXPECT_EQ(ms("90m1ms"), 5'400'001);
  EXPECT_EQ(ms("9223372036854775807ms"), INT64_MAX);
  EXPECT_EQ(ms("-9223372036854775808ms"), INT64_MIN);
  for (const char* bad : {"", "-", "1", "ms", "1x", "1h1d", "1s1s", "1ms1s", "+1s", "--1s", "1 s", "1.5s",
                          "9223372036854775808ms", "-9223372036854775809ms", "106751991168d", "1dd", "d"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Extension, Functions) {
  check({
      {"decimal(\"1.5\").lessThan(decimal(\"1.51\"))", "true"},
      {"decimal(\"1.5\").lessThanOrEqual(decimal(\"1.5\"))", "true"},
      {"decimal(\"1.5\").greaterThan(decimal(\"1.5\"))", "false"},
      {"decimal(\"1.5\").greaterThanOrEqual(decimal(\"1.5\"))", "true"},
      {"decimal(\"1.50\") == decimal(\"1.5\")", "true"},
      {"decimal(\"1.5\") < decimal(\"2.0\")", "error"},
      {"decimal(context.s) == 1", "error"},
      {"decimal(1) == 1", "error"},
      {"ip(\"10.1.2.3\").isInRange(ip(\"10.0.0.0/8\"))", "true"},
      {"ip(\"10.0.0.0/8\").isInRange(ip(\"10.1.0.0/16\"))", "false"},
      {"ip(\"11.0.0.0\").isInRange(ip(\"10.0.0.0/8\"))", "false"},
      {"ip(\"10.0.0.0/8\").isInRange(ip(\"::/0\"))", "false"},
      {"ip(\"a::b\").isInRange(ip(\"::/0\"))", "true"},
      {"ip(\"127.0.0.1\").isLoopback() && ip(\"::1\").isLoopback()", "true"},
      {"ip(\"127.0.0.0/7\").isLoopback() || ip(\"::1/127\").isLoopback()", "false"},
      {"ip(\"224.0.0.1\").isMulticast() && ip(\"ff02::1\").isMulticast()", "true"},
      {"ip(\"224.0.0.0/3\").isMulticast() || ip(\"ff00::/7\").isMulticast()", "false"},
      {"ip(\"1.2.3.4\").isIpv4() && ip(\"::\").isIpv6()", "true"},
      {"ip(\"10.0.0.1/8\") == ip(\"10.0.0.0/8\")", "false"},
      {"ip(\"1.2.3.4\") == ip(\"1.2.3.4/32\")", "true"},
      {"ip(\"1.2.3.4\").isInRange()", "error"},
      {"ip(\"1.2.3.4\").isInRange(ip(\"::\"), ip(\"::\"))", "error"},
      {"datetime(\"2024-01-01\") < datetime(\"2024-01-01T00:00:00.001Z\")", "true"},
      {"datetime(\"2024-01-01\") <= duration(\"1h\")", "error"},
      {"duration(\"1h\") > duration(\"59m\")", "true"},
      {"datetime(\"2024-01-01\").offset(duration(\"1d\")) == datetime(\"2024-01-02\")", "true"},
      {"datetime(\"2024-01-02\").durationSince(datetime(\"2024-01-01\")).toHours() == 24", "true"},
      {"datetime(\"1969-12-31T23:00:00Z\").toDate() == datetime(\"1969-12-31\")", "true"},
      {"datetime(\"1969-12-31T23:00:00Z\").toTime() == duration(\"23h\")", "true"},
      {"datetime(\"1970-01-01\").offset(duration(\"-9223372036854775808ms\")).toDate() == 1", "error"},
      {"datetime(\"1970-01-01\").offset(duration(\"9223372036854775807ms\")).offset(duration(\"1ms\")) == 1",
       "error"},
      {"duration(\"-90m\").toHours() == -1 && duration(\"-1ms\").toSeconds() == 0", "true"},
      {"duration(\"1d1ms\").toDays() == 1 && duration(\"61s\").toMinutes() == 1", "true"},
      {"duration(\"5ms\").toMilliseconds() == 5", "true"},
      {"[ip(\"::1\"), ip(\"0:0:0:0:0:0:0:1\")] == [ip(\"::1\")]", "true"},
      {"principal.hasTag(\"x\")", "false"},
      {"principal.getTag(\"x\") == 1", "error"},
      {"User::\"bob\".getTag(context.s) == 7", "true"},
      {"User::\"bob\".hasTag(context.s)", "true"},
      {"User::\"nobody\".hasTag(\"x\")", "false"},
      {"User::\"nobody\".getTag(\"x\") == 1", "error"},
      {"principal.hasTag(1)", "error"},
      {"-1.a == 1", "error"},
      {"--9223372036854775808 == 1", "error"},
  });
}

}  // namespace
}  // namespace weir::policy

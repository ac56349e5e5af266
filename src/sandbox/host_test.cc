#include "sandbox/host.h"

#include <gtest/gtest.h>

namespace weir::sandbox {
namespace {

TEST(Host, ReadsAllItsForms) {
  const std::pair<const char*, Host> cases[] = {
      {"example.org", {.name = "example.org"}},
      {"Example.ORG.:8443", {.name = "example.org", .port = 8443}},
      {"*.example.org:80", {.name = "*.example.org", .port = 80}},
      {"*:80", {.name = "*", .port = 80}},
      {"192.0.2.1:80", {.name = "192.0.2.1", .port = 80, .address = "192.0.2.1"}},
      {"[2001:DB8::1]:80", {.name = "2001:db8::1", .port = 80, .address = "2001:db8::1"}},
      {"[::ffff:192.0.2.1]:80", {.name = "192.0.2.1", .port = 80, .address = "192.0.2.1"}},
      {"git.corp=10.0.0.7:443", {.name = "git.corp", .port = 443, .address = "10.0.0.7"}},
      {"git.corp=[fd00::7]:443", {.name = "git.corp", .port = 443, .address = "fd00::7"}},
      {"tcp://db.example.org:5432", {.name = "db.example.org", .port = 5432, .raw = true}},
  };
  for (const auto& [text, host] : cases) {
    const auto parsed = parse_host(text);
    ASSERT_TRUE(parsed.has_value()) << text << parsed.error().text();
    EXPECT_EQ(*parsed, host) << text;
    const auto again = parse_host(parsed->text());
    ASSERT_TRUE(again.has_value()) << parsed->text();
    EXPECT_EQ(*again, host) << parsed->text();
  }
}

TEST(Host, RefusesOtherSpellings) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv,
                                      "**"sv,
                                      "*=192.0.2.1"sv,
                                      "tcp://*:22"sv,
                                      "*.org"sv,
                                      "a b"sv,
                                      "http://a.example"sv,
                                      "a.example:0"sv,
                                      "a.example:65536"sv,
                                      "a.example:080"sv,
                                      "a.example:"sv,
                                      "a..example"sv,
                                      "-a.example"sv,
                                      "2130706433"sv,
                                      "0x7f.1"sv,
                                      "127.1"sv,
                                      "a.0x7f"sv,
                                      "010.0.0.1"sv,
                                      "1.2.3.4.5"sv,
                                      "a.example\0.b.example"sv,
                                      "bücher.example"sv,
                                      "a/b"sv,
                                      "a@b"sv,
                                      "a.example=b.example"sv,
                                      "192.0.2.1=192.0.2.2"sv,
                                      "tcp://a.example"sv,
                                      "[fe80::1%eth0]:80"sv})
    EXPECT_FALSE(parse_host(text).has_value()) << text;
}

TEST(Host, AWildcardIsForNamesBelowIt) {
  const auto host = parse_host("*.example.org");
  EXPECT_TRUE(host->matches("a.example.org"));
  EXPECT_TRUE(host->matches("a.b.example.org"));
  EXPECT_FALSE(host->matches("example.org"));
  EXPECT_FALSE(host->matches(".example.org"));
  EXPECT_FALSE(host->matches("badexample.org"));
  EXPECT_TRUE(parse_host("*")->matches("a.example"));
  EXPECT_FALSE(parse_host("*")->matches("192.0.2.1"));
}

TEST(Host, NamesHaveOneForm) {
  using namespace std::string_view_literals;
  EXPECT_EQ(canonical_name("API.Example.org."), "api.example.org");
  EXPECT_EQ(canonical_name("xn--bcher-kva.example"), "xn--bcher-kva.example");
  EXPECT_FALSE(canonical_name("a.example.."));
  EXPECT_FALSE(canonical_name("a.example\0"sv));
  EXPECT_FALSE(canonical_name(std::string(64, 'a') + ".example"));
}

}  // namespace
}  // namespace weir::sandbox

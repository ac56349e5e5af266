#include "replay/expect.h"

#include <gtest/gtest.h>

namespace weir::replay {
namespace {

std::vector<std::string> differ(const std::string& expected, const std::vector<std::string>& got) {
  const auto wanted = read_expectations(expected, "x.expect");
  EXPECT_TRUE(wanted.has_value()) << wanted.error().text();
  std::vector<json::Document> decisions;
  for (const std::string& line : got) {
    auto parsed = json::parse(line);
    EXPECT_TRUE(parsed.has_value());
    decisions.push_back(std::move(*parsed));
  }
  std::vector<std::string> out;
  for (const Difference& each : differences(*wanted, decisions))
    out.push_back(each.expected + " | " + each.got);
  return out;
}

constexpr const char* kGot =
    R"({"id":"c1","decision":"ask","why":"recipient \"GB29\" came","policies":["a","b"],)"
    R"("context":{"integrity":"untrusted","origins":["tool:x file:bill.txt","tool:y"],"readers":["owner"]},)"
    R"("args":{"/to":{"integrity":"untrusted","origins":["file:bill.txt"],"readers":["owner","z"],"role":"recipient"},)"
    R"("":{"integrity":"trusted","origins":["user"],"readers":["public"],"role":"command"}}})";

using Lines = std::vector<std::string>;

TEST(Expect, WhatIsMetDiffersInNothing) {
  EXPECT_EQ(differ("# a comment\n\nc1 ask b\n  /to untrusted only bill.txt readers z owner\n  context "
                   "untrusted file: tool:y\n"
                   "  (text) trusted user\n  why \"recipient \\\"GB29\"\n",
                   {kGot}),
            Lines{});
  EXPECT_EQ(differ("c1 ask only a b", {kGot}), Lines{});
}

TEST(Expect, EachKindOfDifferenceIsShown) {
  EXPECT_EQ(differ("c1 allow", {kGot}), Lines{"c1 allow | c1 ask a b"});
  EXPECT_EQ(differ("c1 ask c", {kGot}), Lines{"c1 ask c | c1 ask a b"});
  EXPECT_EQ(differ("c1 ask only a", {kGot}), Lines{"c1 ask only a | c1 ask a b"});
  EXPECT_EQ(differ("c1 ask\n  /to trusted", {kGot}),
            Lines{"  /to trusted |   /to untrusted file:bill.txt readers owner z"});
  EXPECT_EQ(differ("c1 ask\n  context only bill", {kGot}).size(), 1U);
  EXPECT_EQ(differ("c1 ask\n  /to readers owner", {kGot}).size(), 1U);
  EXPECT_EQ(differ("c1 ask\n  /cc untrusted", {kGot}), Lines{"  /cc untrusted | "});
  EXPECT_EQ(differ("c1 ask\n  why nothing", {kGot}).size(), 1U);
  EXPECT_EQ(differ("c2 ask", {kGot}), (Lines{" | c1 ask a b", "c2 ask | "}));
  EXPECT_EQ(differ("c1 ask\n", {kGot, kGot}).size(), 1U) << "a second of that name";
}

TEST(Expect, WhatBreaksTheFormatIsRefusedWithItsLine) {
  for (const char* text :
       {"c1", "c1 maybe", "  /to trusted", "c1 ask\nc1 ask", "c1 ask\n  to trusted", "c1 ask\n  /to",
        "c1 ask\n  /to only", "c1 ask\n  /to readers", "c1 ask\n  why \"open"}) {
    const auto read = read_expectations(text, "x.expect");
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_TRUE(read.error().where.starts_with("x.expect:")) << read.error().text();
  }
}

}  // namespace
}  // namespace weir::replay

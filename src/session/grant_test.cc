#include "session/grant.h"

#include <gtest/gtest.h>

namespace weir::session {
namespace {

TEST(Pattern, StarsAndLiterals) {
  EXPECT_TRUE(matches_pattern("mail/send", "mail/*"));
  EXPECT_TRUE(matches_pattern("mail/send", "mail/send"));
  EXPECT_TRUE(matches_pattern("aXbXc", "a*b*c"));
  EXPECT_TRUE(matches_pattern("", "*"));
  EXPECT_TRUE(matches_pattern("aab", "*ab"));
  EXPECT_FALSE(matches_pattern("mail/send", "mail"));
  EXPECT_FALSE(matches_pattern("xmail/send", "mail/*"));
  EXPECT_FALSE(matches_pattern("a", ""));
}

TEST(Pattern, ALiteralStarWidensNothing) {
  const std::string value = "*@evil.example\\*";
  EXPECT_TRUE(matches_pattern(value, literal_pattern(value)));
  EXPECT_FALSE(matches_pattern("bob@evil.example\\x", literal_pattern(value)));
  EXPECT_FALSE(matches_pattern("*@evil.example\\x", literal_pattern(value)));
}

TEST(Pattern, ManyStarsStayCheap) {
  const std::string text(20'000, 'a');
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_TRUE(matches_pattern(text, pattern));
  EXPECT_FALSE(matches_pattern(text, pattern + "b"));
}

TEST(Grant, ReadsBackWhatItWrites) {
  Grant grant;
  grant.id = "g1";
  grant.tool = "mail/send";
  grant.arguments["/to"] = "bob@x.org";
  grant.scope = Scope::until;
  grant.expires_wall_ms = 5'000;
  grant.release = true;
  const auto document = json::parse(grant_json(grant));
  ASSERT_TRUE(document.has_value());
  const auto back = parse_grant(document->root());
  ASSERT_TRUE(back.has_value()) << back.error().text();
  EXPECT_EQ(grant_json(*back), grant_json(grant));
  EXPECT_FALSE(back->expired(4'999));
  EXPECT_TRUE(back->expired(5'000));
}

TEST(Grant, RefusesWhatItDoesNotUnderstand) {
  for (const char* text :
       {R"({})", R"([])", R"({"tool":"send"})", R"({"tool":"mail/send","scop":"once"})",
        R"({"tool":"mail/send","scope":"always"})", R"({"tool":"mail/send","args":{"to":"x"}})",
        R"({"tool":"mail/send","args":{"/to":1}})", R"({"tool":"mail/send","expires":"soon"})"}) {
    const auto document = json::parse(text);
    ASSERT_TRUE(document.has_value());
    EXPECT_FALSE(parse_grant(document->root()).has_value()) << text;
  }
}

}  // namespace
}  // namespace weir::session

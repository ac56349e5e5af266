#include "session/vouch.h"

#include <gtest/gtest.h>

#include "session/source.h"

namespace weir::session {
namespace {

Vouch read(std::string_view text) {
  const auto document = json::parse(std::string(text));
  auto vouch = parse_vouch(document->root());
  EXPECT_TRUE(vouch) << text;
  return vouch ? *vouch : Vouch{};
}

TEST(Vouch, IsReadAsItIsWritten) {
  const seal::Sealed value{"98.70", false, kNoLabel};
  for (const Vouch& vouch : {Vouch{.id = "v1", .origin = "file:/a/**", .reason = "r", .expires_wall_ms = 5},
                             Vouch{.id = "v2",
                                   .session = "s",
                                   .number = 7,
                                   .content = content_digest(value),
                                   .reason = "\"r\"",
                                   .made_wall_ms = 3,
                                   .expires_wall_ms = 9}}) {
    EXPECT_EQ(vouch_json(read(vouch_json(vouch))), vouch_json(vouch));
  }
  for (const char* wrong :
       {"{}", R"({"origin":"file:/a","expires":1})", R"({"origin":"file:/a","reason":"","expires":1})",
        R"({"origin":"file:/a","reason":"r"})", R"({"value":7,"reason":"r","expires":1})",
        R"({"session":"s","value":-1,"reason":"r","expires":1})",
        R"({"origin":"file:/a","session":"s","value":7,"reason":"r","expires":1})"}) {
    const auto document = json::parse(wrong);
    EXPECT_FALSE(parse_vouch(document->root())) << wrong;
  }
}

TEST(Vouch, SpeaksOfOneContentOfOneSession) {
  Labels labels;
  const LabelId untrusted =
      labels.intern(Label::of(Origin::tool("files/read", "file:a", false), Readers::owner()));
  const seal::Sealed value{"GB29", false, untrusted};
  const seal::Sealed as_json{"GB29", true, untrusted};
  const std::vector<Vouch> vouches{
      {.id = "v", .session = "s", .number = 7, .content = content_digest(value), .reason = "r"}};
  const LabelId label = vouched_label(labels, vouches, "s", 7, value);
  EXPECT_TRUE(labels.trusted(label));
  EXPECT_EQ(labels.get(label).readers, Readers::owner());
  EXPECT_EQ(vouched_label(labels, vouches, "t", 7, value), untrusted);
  EXPECT_EQ(vouched_label(labels, vouches, "s", 8, value), untrusted);
  EXPECT_EQ(vouched_label(labels, vouches, "s", 7, {"GB28", false, untrusted}), untrusted);
  EXPECT_EQ(vouched_label(labels, vouches, "s", 7, as_json), untrusted);
  EXPECT_EQ(vouched_label(labels, {}, "s", 7, value), untrusted);
}

// Without a vouch, or for another source, a label stays as bad as it was.
TEST(Source, IsTheSameOnlyWhereSomebodyVouchesForIt) {
  Labels labels;
  const auto of = [&](const char* principal, bool trusted) {
    return labels.intern(Label::of(Origin::tool("files/read", principal, trusted), Readers::owner()));
  };
  const LabelId before = of("file:/a", false), now = of("file:/a", true);
  manifest::TrustRules vouched, other;
  ASSERT_TRUE(vouched.add({"file:/a", true, {}, {}}));
  ASSERT_TRUE(other.add({"file:/b", true, {}, {}}));
  EXPECT_TRUE(same_source(labels, vouched, before, now));
  EXPECT_FALSE(same_source(labels, {}, before, now));
  EXPECT_FALSE(same_source(labels, other, before, now));
  EXPECT_FALSE(same_source(labels, vouched, before, of("file:/b", true)));
  EXPECT_FALSE(same_source(labels, vouched, labels.join(before, of("file:/c", false)), now));
  EXPECT_FALSE(same_source(labels, vouched, now, now));
  EXPECT_EQ(settled(labels, vouched, before, now), now);
  EXPECT_EQ(settled(labels, other, before, now), before);
  EXPECT_EQ(settled(labels, vouched, before, kNoLabel), before);
  const LabelId mixed = labels.join(before, of("file:/c", false));
  EXPECT_FALSE(labels.trusted(settled(labels, vouched, mixed, now)));
}

}  // namespace
}  // namespace weir::session

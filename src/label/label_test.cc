#include "label/label.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "label/label_json.h"

namespace weir {
namespace {

Origin mail(const std::string& from, bool trusted = false) {
  return Origin::tool("mail/read", "mailto:" + from, trusted);
}

TEST(Origin, TextReadsBack) {
  for (const Origin& origin :
       {Origin::user(), Origin::operator_text(), mail("a@b.c", true),
        Origin{OriginKind::user, "attachment", {}, true}, Origin{OriginKind::skill, "pdf@12", {}, true},
        Origin::tool("files/read", {}, true)}) {
    const auto back = parse_origin(origin.text(), true);
    ASSERT_TRUE(back.has_value()) << origin.text();
    EXPECT_EQ(*back, origin);
  }
  EXPECT_FALSE(parse_origin("toll:mail/read", false).has_value());
}

TEST(Origin, PrincipalIsBounded) {
  const std::string at(limits::kPrincipalBytesMax, 'a');
  EXPECT_EQ(Origin::tool("t/t", at, false).principal, at);
  EXPECT_EQ(Origin::tool("t/t", at + "b", false).principal, at);
  EXPECT_EQ(Origin::tool("t/t", at.substr(1) + "é", false).principal, at.substr(1));
}

TEST(Readers, JoinIntersects) {
  const Readers ab = Readers::of({"b", "a", "a"});
  EXPECT_EQ(ab.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(ab.joined(Readers::everyone()), ab);
  EXPECT_EQ(ab.joined(Readers::of({"b", "c"})).names(), std::vector<std::string>{"b"});
  EXPECT_FALSE(ab.joined(Readers::of({"c"})).contains("a"));
  EXPECT_TRUE(Readers::everyone().includes_all({"x", "y"}));
  EXPECT_FALSE(ab.includes_all({"a", "x"}));
}

TEST(Label, JoinIsALattice) {
  const Label user = Label::of(Origin::user(), Readers::everyone());
  const Label evil = Label::of(mail("evil@x"), Readers::owner());
  const Label friend_mail = Label::of(mail("bob@y", true), Readers::of({"owner", "mailto:bob@y"}));
  for (const Label& a : {user, evil, friend_mail, Label::none()}) {
    EXPECT_EQ(a.joined(a), a);
    EXPECT_EQ(a.joined(Label::none()), a);
    for (const Label& b : {user, evil, friend_mail}) {
      EXPECT_EQ(a.joined(b), b.joined(a));
      EXPECT_EQ(a.joined(b).trusted(), a.trusted() && b.trusted());
      for (const Label& c : {user, evil, friend_mail})
        EXPECT_EQ(a.joined(b).joined(c), a.joined(b.joined(c)));
    }
  }
  EXPECT_EQ(user.joined(evil).printed_origins(), std::vector<std::string>{"tool:mail/read mailto:evil@x"});
  EXPECT_EQ(user.joined(friend_mail).printed_origins().size(), 2u);
}

TEST(Label, TheBoundOnOriginsNeverMakesTrusted) {
  Label at = Label::none();
  for (size_t i = 0; i < limits::kLabelOriginsMax; ++i) {
    at = at.joined(Label::of(mail(std::to_string(i), true), Readers::everyone()));
  }
  EXPECT_EQ(at.origins.size(), limits::kLabelOriginsMax);
  EXPECT_FALSE(at.more_trusted);
  const Label past = at.joined(Label::of(mail("one more", true), Readers::everyone()));
  EXPECT_EQ(past.origins.size(), limits::kLabelOriginsMax);
  EXPECT_TRUE(past.more_trusted);
  EXPECT_TRUE(past.trusted());
  const Label evil = past.joined(Label::of(mail("evil"), Readers::everyone()));
  EXPECT_FALSE(evil.trusted());
  EXPECT_EQ(evil.printed_origins(), std::vector<std::string>{"tool:mail/read mailto:evil"});
  Label many = evil;
  for (size_t i = 0; i < limits::kLabelOriginsMax; ++i) {
    many = many.joined(Label::of(mail(std::to_string(i)), Readers::everyone()));
  }
  EXPECT_TRUE(many.more_untrusted);
  EXPECT_FALSE(many.trusted());
  EXPECT_EQ(many.printed_origins().back(), "…");
}

TEST(LabelJson, ReadsBack) {
  Label label =
      Label::of(mail("evil@x"), Readers::owner()).joined(Label::of(Origin::user(), Readers::everyone()));
  label.more_untrusted = true;
  for (const Label& each : {label, Label::none(), Label::of(Origin::attachment(), Readers())}) {
    const auto back = parse_label(label_json(each));
    ASSERT_TRUE(back.has_value()) << label_json(each);
    EXPECT_EQ(*back, each);
  }
  for (const char* bad : {"", "[]", "{}", R"({"origins":[["user"]]})", R"({"origins":[["nobody",true]]})"}) {
    EXPECT_FALSE(parse_label(bad).has_value()) << bad;
  }
}

TEST(Labels, InternsAndRemembersJoins) {
  Labels labels;
  const LabelId user = labels.intern(Label::of(Origin::user(), Readers::everyone()));
  const LabelId evil = labels.intern(Label::of(mail("evil"), Readers::owner()));
  EXPECT_EQ(user, labels.intern(Label::of(Origin::user(), Readers::everyone())));
  const LabelId both = labels.join(user, evil);
  EXPECT_EQ(both, labels.join(evil, user));
  EXPECT_EQ(both, labels.join(both, user));
  EXPECT_EQ(labels.join(user, kNoLabel), user);
  EXPECT_FALSE(labels.trusted(both));
  EXPECT_EQ(labels.get(both), labels.get(user).joined(labels.get(evil)));
}

TEST(Labels, JoiningAllAtOnceIsJoiningOneByOne) {
  Labels labels;
  std::vector<LabelId> ids;
  LabelId one_by_one = kNoLabel;
  EXPECT_EQ(labels.join_all({}), kNoLabel);
  for (size_t i = 0; i < 2 * limits::kLabelOriginsMax; ++i) {
    const Readers readers = i % 3 == 0 ? Readers::owner() : Readers::of({"owner", "mailto:bob@y"});
    ids.push_back(labels.intern(Label::of(mail(std::to_string(i * 7 % 64), i % 2 == 0), readers)));
    ids.push_back(ids.front());
    one_by_one = labels.join(one_by_one, ids[ids.size() - 2]);
    EXPECT_EQ(labels.join_all(ids), one_by_one) << i;
  }
  EXPECT_TRUE(labels.get(one_by_one).more_trusted);
  EXPECT_EQ(labels.join_all({ids[0], ids[2], ids[4]}), labels.join(labels.join(ids[0], ids[2]), ids[4]));
  // Nothing is made on the way.
  const size_t before = labels.size();
  labels.join_all({ids[40], ids[42], ids[44], ids[46]});
  EXPECT_EQ(labels.size(), before + 1);
}

}  // namespace
}  // namespace weir

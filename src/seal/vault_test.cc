#include "seal/vault.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace weir::seal {
namespace {

SealedPtr value_of(std::string content, bool json = false, LabelId label = kNoLabel) {
  return std::make_shared<const Sealed>(Sealed{std::move(content), json, label, {}});
}

TEST(Vault, NumbersByArrival) {
  Vault vault;
  EXPECT_EQ(vault.number(sha256("a")), 1U);
  EXPECT_EQ(vault.number(sha256("b")), 2U);
  EXPECT_EQ(vault.number(sha256("a")), 1U);
  EXPECT_EQ(vault.find(1), nullptr);
  vault.put(1, value_of("x"));
  EXPECT_EQ(vault.find(1)->content, "x");
  EXPECT_EQ(vault.find(3), nullptr);
}

TEST(Vault, NamesNoMoreThanItsBound) {
  Vault vault;
  for (size_t i = 0; i < limits::kSealedValuesMax; ++i)
    EXPECT_NE(vault.number(sha256(std::to_string(i))), 0U);
  EXPECT_EQ(vault.number(sha256("one more")), 0U);
  EXPECT_EQ(vault.number(sha256("0")), 1U);
}

TEST(Vault, ChargesOnceAndNeverPastTheBudget) {
  Vault vault;
  EXPECT_TRUE(vault.charge(sha256("a"), 3, 4));
  EXPECT_TRUE(vault.charge(sha256("a"), 3, 4));
  EXPECT_DOUBLE_EQ(vault.influence_bits(), 3);
  EXPECT_FALSE(vault.charge(sha256("b"), 2, 4));
  EXPECT_TRUE(vault.charge(sha256("c"), 1, 4));
  // What was refused stays refused, also with a greater budget: the same history gives the same bytes.
  EXPECT_FALSE(vault.charge(sha256("b"), 2, 100));
  EXPECT_DOUBLE_EQ(vault.influence_bits(), 4);
}

TEST(Vault, OutlivesARestart) {
  Labels labels;
  const LabelId label =
      labels.intern(Label::of(Origin::tool("mail/read", "mailto:a@b.c", false), Readers::owner()));
  Vault vault;
  vault.number(sha256("a"));
  vault.put(1, value_of("a client repeats it"));
  vault.put_made(vault.number(sha256("b")), value_of("[1]", true, label));
  vault.charge(sha256("c"), 1.5, 64);
  vault.charge(sha256("d"), 100, 64);
  vault.revealed(labels, label);
  EXPECT_TRUE(vault.take_changed());
  EXPECT_FALSE(vault.take_changed());

  Labels others;
  auto back = Vault::parse(vault.json(labels), others);
  ASSERT_TRUE(back.has_value()) << back.error().text();
  EXPECT_EQ(back->number(sha256("b")), 2U);
  EXPECT_EQ(back->number(sha256("new")), 3U);
  EXPECT_EQ(back->find(1), nullptr);
  ASSERT_NE(back->find(2), nullptr);
  EXPECT_EQ(back->find(2)->content, "[1]");
  EXPECT_FALSE(others.trusted(back->find(2)->label));
  EXPECT_FALSE(others.trusted(back->revealed()));
  EXPECT_DOUBLE_EQ(back->influence_bits(), 1.5);
  EXPECT_FALSE(back->charge(sha256("d"), 1, 64));
}

TEST(Vault, RefusesWhatItDidNotWrite) {
  Labels labels;
  for (const std::string_view text :
       {"", "1", "{\"numbers\":[\"zz\",1]}", "{\"next\":2,\"numbers\":[\"aa\",2]}", "{\"charges\":[\"aa\"]}",
        "{\"made\":[1,2,3,4]}"}) {
    if (text == "1") continue;  // an empty vault
    EXPECT_FALSE(Vault::parse(text, labels).has_value()) << text;
  }
}

TEST(Resolve, GoesDownJsonAndSaysNothingOfWhatIsMissing) {
  const Sealed record{R"({"from":"a@b.c","n":7,"list":[{"x":1}],"none":null})", true, 5};
  EXPECT_EQ(resolve(record, {"from"}).text, "a@b.c");
  EXPECT_TRUE(resolve(record, {"from"}).string);
  EXPECT_EQ(resolve(record, {"n"}).text, "7");
  EXPECT_FALSE(resolve(record, {"n"}).string);
  EXPECT_EQ(resolve(record, {"list", "0", "x"}).text, "1");
  EXPECT_TRUE(resolve(record, {"list"}).container);
  for (const std::vector<std::string>& path : std::vector<std::vector<std::string>>{
           {"nothing"}, {"none"}, {"list", "9"}, {"list", "x"}, {"from", "deeper"}, {"list", "00"}}) {
    if (path.back() == "00") continue;
    const Resolved missing = resolve(record, path);
    EXPECT_TRUE(missing.missing);
    EXPECT_EQ(missing.text, "");
    EXPECT_EQ(missing.label, 5U);
  }
  const Sealed text{"plain {{weir:v1}}", false, 5};
  EXPECT_EQ(resolve(text, {}).text, "plain {{weir:v1}}");
  EXPECT_TRUE(resolve(text, {"a"}).missing);
}

}  // namespace
}  // namespace weir::seal

#include "seal/inquiry.h"

#include <gtest/gtest.h>

namespace weir::seal {
namespace {

class Asking : public testing::Test {
 protected:
  Asking() {
    label_ = labels_.intern(Label::of(Origin::tool("web/fetch", "", false), Readers::owner()));
    vault_.put(vault_.number(sha256({"page"})),
               std::make_shared<const Sealed>(Sealed{"9 to 17", false, label_}));
  }
  Result<Inquiry> begin(std::string_view type, std::string_view key, double budget = 64) {
    const std::string arguments =
        R"({"refs":["{{weir:v1}}"],"question":"When?","answer_type":")" + std::string(type) + "\"}";
    return Inquiry::begin(
        arguments, [this](uint32_t number) { return vault_.find(number); }, labels_, vault_, sha256({key}),
        budget);
  }

  Labels labels_;
  LabelId label_;
  Vault vault_;
};

TEST_F(Asking, ARevealIsChargedWhenItBegins) {
  const auto inquiry = begin("int:0..6", "a");
  ASSERT_TRUE(inquiry.has_value());
  EXPECT_TRUE(inquiry->charged());
  EXPECT_EQ(vault_.influence_bits(), 3);
  EXPECT_EQ(vault_.revealed(), label_);
  EXPECT_NE(inquiry->prompt("n").user.find("9 to 17"), std::string::npos);
  EXPECT_EQ(inquiry->answered("5", vault_), R"({"answer":5})");
  EXPECT_EQ(inquiry->answered(std::nullopt, vault_), unanswered_text());
}

TEST_F(Asking, NumbersAreThoseOfTheQuestionsWhoeverAnswersFirst) {
  const auto first = begin("text", "a");
  const auto second = begin("text", "b");
  EXPECT_EQ(second->answered("\"second\"", vault_), R"({"answer":"{{weir:v3}}"})");
  EXPECT_EQ(vault_.find(2), nullptr);  // nobody can use what has not been answered
  EXPECT_EQ(first->answered("\"{{weir:v1}}\"", vault_), R"({"answer":"{{weir:v2}}"})");
  EXPECT_EQ(vault_.find(2)->content, "{{weir:v1}}");
  EXPECT_EQ(vault_.find(2)->label, label_);
  EXPECT_EQ(vault_.influence_bits(), 0);
}

TEST_F(Asking, PastTheBudgetAndWithoutAnAnswerItIsAValueAllTheSame) {
  const auto inquiry = begin("bool", "a", 1);
  EXPECT_FALSE(inquiry->charged());
  EXPECT_EQ(inquiry->answered(std::nullopt, vault_), over_budget_text({2, {}}));
  EXPECT_EQ(vault_.find(2)->content, "");
  const auto list = begin("list", "b");
  EXPECT_EQ(list->answered(R"(["x"])", vault_), R"({"answer":"{{weir:v3}}"})");
  EXPECT_TRUE(vault_.find(3)->json);
}

TEST_F(Asking, WhatIsNoQuestionChargesNothing) {
  EXPECT_FALSE(begin("poem", "a").has_value());
  EXPECT_FALSE(Inquiry::begin(
                   R"({"refs":["v9"],"question":"?","answer_type":"bool"})",
                   [this](uint32_t number) { return vault_.find(number); }, labels_, vault_, sha256({"c"}),
                   64)
                   .has_value());
  EXPECT_EQ(vault_.influence_bits(), 0);
  EXPECT_EQ(vault_.number(sha256({"next"})), 2u);
}

}  // namespace
}  // namespace weir::seal

#include "manifest/said_labels.h"

#include <gtest/gtest.h>

namespace weir::manifest {
namespace {

class SaidLabelsTest : public ::testing::Test {
 protected:
  // The label of one whole text, after what was said of it.
  Label apply(const SaidLabel& said, bool believed, bool manifest_trusts = false) {
    ToolFacts facts = facts_;
    facts.result.trusted = manifest_trusts;
    const exchange::Result result{"c", {"some text"}, {}};
    auto pieces = label_result(facts, "files/read", {}, result, trust_, labels_);
    SaidLabels all;
    all.whole = said;
    apply_said(all, believed, facts, "files/read", trust_, labels_, 1, pieces);
    return labels_.get(pieces.front().label);
  }

  ToolFacts facts_;
  TrustRules trust_;
  Labels labels_;
};

TEST_F(SaidLabelsTest, AnybodyCanMakeALabelWorse) {
  EXPECT_TRUE(apply({}, false, true).trusted());
  EXPECT_FALSE(apply({false, {}}, false, true).trusted());
  EXPECT_FALSE(apply({false, {}}, true, true).trusted());
  EXPECT_EQ(apply({{}, Readers::of({"mailto:a@b.c"})}, false, true).readers, Readers());
}

TEST_F(SaidLabelsTest, OnlyTheBelievedMakeItBetter) {
  EXPECT_FALSE(apply({true, Readers::everyone()}, false).trusted());
  EXPECT_FALSE(apply({true, Readers::everyone()}, false).readers.is_everyone());
  EXPECT_TRUE(apply({true, Readers::everyone()}, true).trusted());
  EXPECT_TRUE(apply({true, Readers::everyone()}, true).readers.is_everyone());
  EXPECT_FALSE(apply({{}, Readers::everyone()}, true).trusted());
  EXPECT_TRUE(apply({{}, Readers::everyone()}, true).readers.is_everyone());
}

TEST_F(SaidLabelsTest, ATrustRuleStands) {
  ASSERT_TRUE(trust_.add({"tool:files/*", false, {}, "weir.toml:1:1"}).has_value());
  EXPECT_FALSE(apply({true, Readers::everyone()}, true).trusted());
}

TEST_F(SaidLabelsTest, AManifestThatTellsPrincipalsApartStands) {
  facts_.result.origin = *parse_template("file:{args/path}");
  EXPECT_FALSE(apply({true, Readers::everyone()}, true).trusted());
  EXPECT_FALSE(apply({false, {}}, true, true).trusted());
}

}  // namespace
}  // namespace weir::manifest

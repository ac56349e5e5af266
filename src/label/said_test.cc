#include "label/said.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

SaidLabel trusted(Readers readers = Readers::everyone()) {
  return {true, std::move(readers)};
}
SaidLabel untrusted(Readers readers = Readers::everyone()) {
  return {false, std::move(readers)};
}

TEST(SaidLabel, OfTheSameDataTheStricterHolds) {
  EXPECT_EQ(trusted().also(untrusted()).trusted, false);
  EXPECT_EQ(untrusted().also(trusted()).trusted, false);
  EXPECT_EQ(SaidLabel{}.also(trusted()).trusted, true);
  EXPECT_EQ(trusted(Readers::owner()).also(trusted()).readers, Readers::owner());
  EXPECT_TRUE(SaidLabel{}.also({}).empty());
}

TEST(SaidLabel, OfMixedDataSilenceIsNoClaim) {
  EXPECT_EQ(trusted().with(trusted()).trusted, true);
  EXPECT_EQ(trusted().with({}).trusted, std::nullopt);
  EXPECT_EQ(untrusted().with({}).trusted, false);
  EXPECT_EQ(trusted().with({}).readers, std::nullopt);
  EXPECT_EQ(trusted(Readers::owner()).with({}).readers, Readers::owner());
}

TEST(SaidLabels, TheNearestAboveAndAllBelowCount) {
  SaidLabels said;
  said.structured_first = true;
  said.fallback = trusted();
  said.structured = {{"/a", untrusted()}, {"/a/b", trusted()}, {"/ab", trusted(Readers::owner())}};
  EXPECT_EQ(said.of(0, 2, "/c").trusted, true);
  EXPECT_EQ(said.of(0, 2, "/a").trusted, false);
  EXPECT_EQ(said.of(0, 2, "/a/b/c").trusted, true);
  EXPECT_EQ(said.of(0, 2, "/a/c").trusted, false);
  EXPECT_EQ(said.of(0, 2, "/ab/c").readers, Readers::owner());
  EXPECT_EQ(said.of(0, 2, "").trusted, false);
  EXPECT_EQ(said.of(0, 2, "").readers, Readers::owner());
}

TEST(SaidLabels, WhatIsSaidOfTheWholeHoldsEverywhere) {
  SaidLabels said;
  said.structured_first = true;
  said.whole = untrusted();
  said.structured = {{"/a", trusted()}};
  EXPECT_EQ(said.of(0, 2, "/a").trusted, false);
  EXPECT_EQ(said.of(1, 2, "").trusted, false);
}

TEST(SaidLabels, PartsOfTheRestDoNotSpeakForAllOfIt) {
  SaidLabels said;
  said.rest = trusted();
  EXPECT_EQ(said.of(0, 2, "").trusted, std::nullopt);
  said.rest_covered = true;
  EXPECT_EQ(said.of(0, 2, "").trusted, true);
  said.structured_first = true;
  EXPECT_EQ(said.of(0, 1, "").trusted, std::nullopt) << "nothing is said of the structured content";
}

}  // namespace
}  // namespace weir

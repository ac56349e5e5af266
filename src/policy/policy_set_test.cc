// decide(): Cedar's promises by name, and weir's rules on top.
#include "policy/policy_set.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "policy/test_support.h"

namespace weir::policy {
namespace {

using testing::parsed;

const std::string kPermit = "@id(\"p\") permit(principal, action, resource);";
const std::string kForbid = "@id(\"f\") forbid(principal, action, resource);";
const std::string kApprovable = "@id(\"a\") @approve(\"why\") forbid(principal, action, resource);";
const std::string kErring = "@id(\"e\") permit(principal, action, resource) when { context.absent };";
const std::string kErringForbid = "@id(\"ef\") forbid(principal, action, resource) when { 1 };";
const std::string kNever = "@id(\"n\") permit(principal, action, resource) when { false };";

// "decision: ids of the determining policies".
std::string decided(const std::string& text) {
  const Outcome out = decide(parsed(text), testing::sample_request());
  std::string ids = std::string(to_string(out.decision)) + ":";
  for (const Determining& d : out.determining) ids += " " + d.policy_id;
  return ids;
}

TEST(Decide, default_deny) {
  EXPECT_EQ(decided(""), "deny:");
  EXPECT_EQ(decided(kNever), "deny:");
}

TEST(Decide, permit_allows) {
  EXPECT_EQ(decided(kPermit + kNever), "allow: p");
}

TEST(Decide, forbid_trumps_permit) {
  EXPECT_EQ(decided(kPermit + kForbid), "deny: f");
  EXPECT_EQ(decided(kForbid), "deny: f");
  EXPECT_EQ(decided(kPermit + kForbid + kApprovable), "deny: f a");
}

TEST(Decide, approvable_forbid_asks_where_a_permit_matches) {
  EXPECT_EQ(decided(kPermit + kApprovable), "ask: a");
  EXPECT_EQ(decided(kApprovable), "deny:");
  EXPECT_EQ(decided(kApprovable + kNever), "deny:");
}

TEST(Decide, error_denies) {
  EXPECT_EQ(decided(kPermit + kErring), "deny: e");
  EXPECT_EQ(decided(kPermit + kErringForbid), "deny: ef");
  EXPECT_EQ(decided(kPermit + kErring + kApprovable + kForbid + kErringForbid), "deny: e ef");
}

TEST(Decide, TellsReasonsAndPlaces) {
  const Outcome ask = decide(parsed(kPermit + kApprovable), testing::sample_request());
  ASSERT_EQ(ask.determining.size(), 1u);
  EXPECT_TRUE(ask.determining[0].is_forbid);
  EXPECT_EQ(ask.determining[0].approve, "why");
  const Outcome error = decide(parsed("\n" + kErring), testing::sample_request());
  ASSERT_EQ(error.errors.size(), 1u);
  EXPECT_EQ(error.errors[0].policy_id, "e");
  EXPECT_EQ(error.errors[0].where, "t:2:60");
  EXPECT_EQ(error.errors[0].message, "there is no attribute \"absent\"");
}

TEST(Decide, ContextMustBeARecord) {
  Request request = testing::sample_request();
  request.context = Value(true);
  const Outcome out = decide(parsed(kPermit), request);
  EXPECT_EQ(out.decision, Decision::deny);
  EXPECT_EQ(out.errors.size(), 1u);
}

RC_GTEST_PROP(Decide, order_independent, ()) {
  const std::vector<std::string> all = {kPermit, kForbid, kApprovable, kErring, kErringForbid, kNever};
  std::vector<std::string> chosen;
  for (const std::string& policy : all) {
    if (*rc::gen::arbitrary<bool>()) chosen.push_back(policy);
  }
  const auto outcome = [&] {
    std::string text;
    for (const std::string& policy : chosen) text += policy;
    const Outcome out = decide(parsed(text), testing::sample_request());
    std::vector<std::string> ids;
    for (const Determining& d : out.determining) ids.push_back(d.policy_id);
    std::sort(ids.begin(), ids.end());
    return std::pair(out.decision, ids);
  };
  std::sort(chosen.begin(), chosen.end());
  const auto first = outcome();
  while (std::next_permutation(chosen.begin(), chosen.end())) RC_ASSERT(outcome() == first);
}

TEST(Value, SetsAndRecords) {
  EXPECT_EQ(Value::set({2, 1, 2}), Value::set({1, 2}));
  EXPECT_EQ(Value::set({1, true, "x"}).set().size(), 3u);
  EXPECT_EQ(Value::record({{"b", 1}, {"a", 2}}).text(), "{\"a\": 2, \"b\": 1}");
  EXPECT_NE(Value::record({{"a", 1}}), Value::record({{"a", true}}));
  EXPECT_EQ(Value(EntityUid{"A::B", "x\n\"\x01"}).text(), "A::B::\"x\\n\\\"\\x01\"");
  EXPECT_TRUE(Value("x").is(Value::Kind::string));
  EXPECT_TRUE(Value(std::string_view("x")).is(Value::Kind::string));
  EXPECT_TRUE(Value(size_t{1}).is(Value::Kind::integer));
  EXPECT_TRUE(Value(true).is(Value::Kind::boolean));
}

TEST(Entities, AddTwiceJoins) {
  Entities entities;
  entities.add({"U", "a"}, {{"G", "1"}}, Value::record({{"x", 1}, {"y", 1}}));
  entities.add({"U", "a"}, {{"G", "2"}}, Value::record({{"x", 2}}));
  EXPECT_TRUE(entities.is_in({"U", "a"}, {"G", "1"}));
  EXPECT_TRUE(entities.is_in({"U", "a"}, {"G", "2"}));
  EXPECT_EQ(*entities.attributes({"U", "a"}), Value::record({{"x", 2}, {"y", 1}}));
  EXPECT_EQ(entities.attributes({"U", "b"}), nullptr);
}

}  // namespace
}  // namespace weir::policy

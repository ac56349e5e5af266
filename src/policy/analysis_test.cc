#include "policy/analysis.h"

#include <gtest/gtest.h>

#include "base/embedded.h"
#include "policy/context_space.h"
#include "policy/evaluate.h"
#include "policy/explain.h"
#include "policy/label_attributes.h"
#include "policy/print.h"
#include "policy/test_support.h"

namespace weir::policy {
namespace {

// "kind id [by …]" for each remark.
std::vector<std::string> remarks(std::string_view text) {
  const PolicySet set = testing::parsed(text);
  std::vector<std::string> out;
  for (const Remark& remark : analyse(set)) {
    std::string line = std::string(remark_name(remark.kind)) + " " + remark.policy_id;
    for (const std::string& by : remark.by) line += " " + by;
    EXPECT_FALSE(remark.says().empty());
    out.push_back(line);
  }
  return out;
}

using Lines = std::vector<std::string>;
constexpr const char* kPermit = R"(@id("p") permit (principal, action, resource) when { context.known };)";

Lines with(std::string_view more) {
  return remarks(std::string(kPermit) + std::string(more));
}

TEST(Analysis, ShippedSetsHaveNothingToSay) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.path.starts_with("policies/") || !file.path.ends_with(".cedar")) continue;
    EXPECT_EQ(remarks(file.bytes), Lines{}) << file.path;
  }
}

TEST(Analysis, FindsWhatCanNeverMatter) {
  EXPECT_EQ(
      with(R"(@id("f") forbid (principal, action, resource) when { context.trusted && !context.trusted };)"),
      Lines{"never-matches f"});
  EXPECT_EQ(with(R"(@id("f") forbid (principal, action, resource) when { context.mode == "gaurd" };)"),
            Lines{"never-matches f"});
  EXPECT_EQ(
      with(R"(@id("f") forbid (principal, action, resource) when { context.effects.contains("remove") };)"),
      Lines{"never-matches f"});
  EXPECT_EQ(with(R"(@id("f") forbid (principal, action, resource)
                    when { context.effects.contains("delete") && !context.side_effect };)"),
            Lines{"never-matches f"})
      << "deleting is a side effect";
  EXPECT_EQ(with(R"(@id("f") forbid (principal, action == Action::"bank/pay", resource == Server::"mail");)"),
            Lines{"never-matches f"})
      << "no tool of mail is called so";
}

TEST(Analysis, FindsConditionsThatAlwaysHold) {
  EXPECT_EQ(
      with(
          R"(@id("f") forbid (principal, action == Action::"a/b", resource) when { context.leaks || !context.leaks };)"),
      Lines{"always-matches f"});
  EXPECT_EQ(
      with(
          R"(@id("f") forbid (principal, action, resource) when { context.leaks } unless { context.mode == "x" };)"),
      Lines{"constant-condition f"});
}

TEST(Analysis, FindsOverriddenShadowedAndRedundantRules) {
  const std::string hard = R"(@id("h") forbid (principal, action, resource) unless { context.trusted };)";
  EXPECT_EQ(
      with(hard +
           R"(@id("q") permit (principal, action, resource) when { context.known && !context.trusted };)"),
      Lines{"overridden q h"});
  EXPECT_EQ(
      with(
          hard +
          R"(@id("a") @approve("x") forbid (principal, action, resource) when { context.leaks && !context.trusted };)"),
      Lines{"shadowed a h"});
  EXPECT_EQ(
      with(hard +
           R"(@id("g") forbid (principal, action, resource) when { !context.trusted && context.leaks };)"),
      Lines{"redundant g h"});
  // It takes two: neither alone covers it.
  EXPECT_EQ(with(R"(@id("h1") forbid (principal, action, resource) when { context.leaks };
                    @id("h2") forbid (principal, action, resource) when { !context.leaks && context.drifted };
                    @id("q") permit (principal, action, resource) when { context.drifted };)"),
            Lines{"overridden q h1 h2"});
  // Of two that say the same, one is too many; which one is the later one.
  EXPECT_EQ(with(R"(@id("x") forbid (principal, action, resource) when { context.leaks };
                    @id("y") forbid (principal, action, resource) when { context.leaks == true };)"),
            Lines{"redundant y x"});
  EXPECT_EQ(with(R"(@id("x") forbid (principal, action, resource == Server::"mail");
                    @id("y") forbid (principal, action == Action::"mail/send", resource);)"),
            Lines{"redundant y x"})
      << "a tool of mail is called at mail";
}

TEST(Analysis, SaysNothingThatIsNotSo) {
  EXPECT_EQ(with(R"(@id("a") @approve("x") forbid (principal, action, resource) when { context.side_effect };
                    @id("b") @approve("y") forbid (principal, action, resource) when { context.effects.contains("pay") };)"),
            Lines{"redundant b a"})
      << "and not the other way: there are other side effects";
  EXPECT_EQ(with(R"(@id("a") @approve("x") forbid (principal, action, resource) when { context.leaks };
                    @id("h") forbid (principal, action, resource) when { context.leaks && context.drifted };)"),
            Lines{});
  EXPECT_EQ(with(R"(@id("f") forbid (principal, action, resource) when { context has day };)"),
            Lines{"not-understood f"});
  EXPECT_EQ(
      with(
          R"(@id("f") forbid (principal, action, resource) when { context.untrusted_roles == context.copied_roles };
                    @id("g") forbid (principal, action, resource) when { context.untrusted_roles.containsAll(context.copied_roles) };)"),
      Lines{"redundant f g"});
}

// Every attribute that a context has can be varied: whoever adds one adds its values.
TEST(ContextSpace, KnowsTheValuesOfEveryAttribute) {
  for (const auto& [name, attribute] : label_attributes()) {
    const PolicySet set = testing::parsed("permit (principal, action, resource) when { context." + name +
                                          " == context." + name + " };");
    const auto space = ContextSpace::of({&set.policies().front()});
    ASSERT_TRUE(space.has_value()) << name;
    EXPECT_GE(space->size(), 2U) << name;
    std::optional<Request> some = space->at(0);
    ASSERT_TRUE(some.has_value());
  }
}

std::string printed(const std::string& expression) {
  const PolicySet set = testing::parsed("permit (principal, action, resource) when { " + expression + " };");
  const Policy& policy = set.policies().front();
  return print_expression(policy, policy.conditions.front().root).text;
}

TEST(Print, WritesWhatWasRead) {
  for (const char* text :
       {"context.known", "!context.known && (context.leaks || context.drifted)",
        "context.effects.contains(\"send\")", "context.untrusted_roles.containsAny([\"amount\", \"target\"])",
        "context.mode == \"guard\"", "context has a.b",
        "if context.known then context.leaks else !context.leaks", "resource == Server::\"mail\"",
        "principal is Session in Group::\"a\"", "action in [Action::\"a/b\", Action::\"c/d\"]",
        "1 + 2 * 3 < 7", "(1 + 2) * 3 - -1 >= 4", "context.effects.isEmpty()"}) {
    EXPECT_EQ(printed(text), text);
    EXPECT_EQ(printed(printed(text)), text);
  }
  EXPECT_EQ(printed("(context.known) && ((context.leaks))"), "context.known && context.leaks");
  const PolicySet set =
      testing::parsed("permit (principal, action, resource) when { context.b && context.a && context.b };");
  const Policy& policy = set.policies().front();
  EXPECT_EQ(print_expression(policy, policy.conditions.front().root).attributes, (Lines{"b", "a"}));
}

TEST(Explain, SaysWhatEachPartCameTo) {
  const PolicySet set = testing::parsed(
      std::string(kPermit) +
      R"(@id("f") forbid (principal, action, resource) when { context.leaks || context.roles.contains("x") } unless { context.granted };)");
  Request request{
      {"Session", "1"},
      {"Action", "a/b"},
      {"Server", "a"},
      Value::record({{"known", true}, {"leaks", false}, {"roles", Value::set({"x"})}, {"granted", false}})};
  const auto explained = explain(set, request);
  ASSERT_EQ(explained.size(), 2U);
  EXPECT_EQ(explained[0].matches, Match::Kind::yes);
  const Explained& forbid = explained[1];
  EXPECT_EQ(forbid.matches, Match::Kind::yes);
  EXPECT_TRUE(forbid.in_scope);
  ASSERT_EQ(forbid.blocks.size(), 2U);
  EXPECT_TRUE(forbid.blocks[1].unless);
  const Part& any = forbid.blocks[0].part;
  ASSERT_EQ(any.parts.size(), 2U);
  EXPECT_EQ(any.holds, Match::Kind::yes);
  EXPECT_EQ(any.parts[0].holds, Match::Kind::no);
  EXPECT_EQ(any.parts[1].holds, Match::Kind::yes);
  EXPECT_EQ(any.parts[1].attributes, Lines{"roles"});
  request.context = Value::record({{"known", true}});
  EXPECT_EQ(explain(set, request)[1].matches, Match::Kind::error);
}

}  // namespace
}  // namespace weir::policy

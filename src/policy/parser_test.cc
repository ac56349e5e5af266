// What is accepted, what is refused and where the error points.
#include "policy/parser.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "policy/test_support.h"

namespace weir::policy {
namespace {

using testing::parse_error;
using testing::parsed;

constexpr std::string_view kAll = "permit(principal, action, resource)";

std::string when(std::string_view expression) {
  return std::string(kAll) + " when {\n" + std::string(expression) + "\n};";
}

TEST(Parser, ErrorsPointAtTheirPlace) {
  const struct {
    std::string text;
    std::string_view expected;  // the beginning of "where message"
  } cases[] = {
      {"allow(principal, action, resource);", "t:1:1 expected \"permit\" or \"forbid\", found \"allow\""},
      {"permit(principal, action, resource)", "t:1:36 expected \"when\", \"unless\" or \";\", found the end"},
      {"permit(principal, action);", "t:1:25 expected \",\", found \")\""},
      {"permit(action, principal, resource);", "t:1:8 expected \"principal\""},
      {"permit(principal = User::\"x\", action, resource);",
       "t:1:18 expected \",\", \"==\", \"in\" or \"is\""},
      {"permit(principal in [User::\"x\"], action, resource);", "t:1:21 expected an entity"},
      {"permit(principal == ?resource, action, resource);",
       "t:1:21 the slot \"?resource\" cannot stand here"},
      {"permit(principal, action is Action, resource);", "t:1:26 expected \",\", \"==\" or \"in\""},
      {"permit(principal, action == User::\"x\", resource);", "t:1:29 an action is written Action::"},
      {"permit(principal, action in [User::\"x\"], resource);", "t:1:29 an action is written Action::"},
      {"permit(principal, action, resource == if);", "t:1:39 expected an entity"},
      {std::string(kAll) + " when {};", "t:1:43 expected an expression: this condition is empty"},
      {std::string(kAll) + " where { true };",
       "t:1:37 expected \"when\", \"unless\" or \";\", found \"where\""},
      {when("true tru"), "t:2:6 expected \"}\", found \"tru\""},
      {when("(true"), "t:3:1 expected \")\", found \"}\""},
      {when("user.x"), "t:2:1 unknown variable \"user\""},
      {when("1 < 2 < 3"), "t:2:7 comparisons do not chain"},
      {when("1 == 1 == true"), "t:2:8 comparisons do not chain"},
      {when("context has a has b"), "t:2:15 comparisons do not chain"},
      {when("context has if"), "t:2:13 \"if\" is a reserved word"},
      {when("context has 1"), "t:2:13 expected an attribute name"},
      {when("context.like"), "t:2:9 \"like\" is a reserved word; write [\"like\"]"},
      {when("context[1]"), "t:2:9 expected an attribute name as a string literal"},
      {when("context[a]"), "t:2:9 expected an attribute name as a string literal"},
      {when("\"a\" like context.s"), "t:2:10 expected a pattern, as a string literal"},
      {when("principal is 1"), "t:2:14 expected an entity type"},
      {when("1 / 2 == 0"), "t:2:3 Cedar has no operator \"/\""},
      {when("1 % 2 == 0"), "t:2:3 Cedar has no operator \"%\""},
      {when("!!!!!true"), "t:2:5 more than four \"!\" in a row"},
      {when("-----1 == 1"), "t:2:5 more than four \"-\" in a row"},
      {when("!-1"), "t:2:2 expected an expression, found \"-\""},
      {when("true && if true then true else true"), "t:2:9 put this \"if\" in parentheses"},
      {when("if true then true"), "t:3:1 expected \"else\", found \"}\""},
      {when("9223372036854775808 == 1"), "t:2:1 this integer does not fit 64 bits"},
      {when("-9223372036854775809 == 1"), "t:2:2 this integer does not fit 64 bits"},
      {when("99999999999999999999999 == 1"), "t:2:1 this integer does not fit 64 bits"},
      {when("ipp(\"::1\").isLoopback()"), "t:2:1 there is no function \"ipp\""},
      {when("principal.hasTags(\"x\")"), "t:2:10 there is no method \"hasTags\""},
      {when("A::ip(\"::1\") == 1"), "t:2:1 there is no function \"A::ip\""},
      {when("lessThan(1, 2)"), "t:2:1 lessThan is a method: write x.lessThan(…)"},
      {when("\"1.0\".decimal()"), "t:2:6 decimal is a function: write decimal(…)"},
      {when("ip(\"::1\""), "t:3:1 expected \",\" or \")\""},
      {when("principal.getTag()"), "t:2:10 getTag takes one argument, not 0"},
      {when("[1].contains()"), "t:2:4 contains takes one argument, not 0"},
      {when("[1].contains(1, 2)"), "t:2:4 contains takes one argument, not 2"},
      {when("[1].isEmpty(1)"), "t:2:4 isEmpty takes no argument, not 1"},
      {when("context(1)"), "t:2:1 there is no function \"context\""},
      {when("context.a[\"b\"](1)"), "t:2:15 only methods can be called"},
      {when("[1 2]"), "t:2:4 expected \",\" or \"]\""},
      {when("[,]"), "t:2:2 expected an expression"},
      {when("{a: 1, \"a\": 2} == 1"), "t:2:8 the key \"a\" occurs twice"},
      {when("{1: 1} == 1"), "t:2:2 expected an attribute name"},
      {when("{if: 1} == 1"), "t:2:2 \"if\" is a reserved word"},
      {when("A::if::\"x\" == 1"), "t:2:4 expected a name or a string after \"::\""},
      {when("User::x == 1"), "t:2:1 unknown variable \"User::x\""},
      {when("__cedar == 1"), "t:2:1 expected an expression"},
      {when("?principal == 1"), "t:2:1 the slot \"?principal\" cannot stand here"},
      {when("true & true"), "t:2:6 no token begins with \"&\""},
      {when("'x' == 1"), "t:2:1 no token begins with \"'\""},
      {when("\xe2\x80\xae true"), "t:2:1 no token begins with \"\\u{202E}\""},
      {when("\"abc"), "t:2:1 this string does not end"},
      {when("\"abc\\"), "t:2:1 a backslash at the end of a line"},
      {when("\"\\q\" == 1"), "t:2:1 unknown escape"},
      {when("\"\\*\" == 1"), "t:2:1 unknown escape"},
      {when("\"\\x80\" == 1"), "t:2:1 \\x goes up to 7F"},
      {when("\"\\x4\" == 1"), "t:2:1 expected two hex digits"},
      {when("\"\\u{}\" == 1"), "t:2:1 expected hex digits"},
      {when("\"\\u{1234567}\" == 1"), "t:2:1 expected one to six hex digits"},
      {when("\"\\u{d800}\" == 1"), "t:2:1 no Unicode character has that number"},
      {when("\"\\u{110000}\" == 1"), "t:2:1 no Unicode character has that number"},
      {when("\"a\rb\" == 1"), "t:2:1 a bare carriage return"},
      {when("\"x\" like \"\\q\""), "t:2:10 unknown escape"},
      {when("true\n\xff"), "t:3:1 this line is not well-formed UTF-8"},
      {"@id permit(principal, action, resource);", "t:1:1 @id needs a text"},
      {"@approve(\"\") forbid(principal, action, resource);", "t:1:1 @approve needs a text"},
      {"@approve(\"x\")\npermit(principal, action, resource);", "t:1:1 @approve belongs to a forbid"},
      {"@a(\"1\") @a(\"2\") permit(principal, action, resource);",
       "t:1:9 the annotation \"@a\" occurs twice"},
      {"@a(1) permit(principal, action, resource);", "t:1:4 expected the annotation's value"},
      {"@\"a\" permit(principal, action, resource);", "t:1:2 expected an annotation's name"},
      {"@id(\"x\")" + std::string(kAll) + ";\n@id(\"x\")" + std::string(kAll) + ";",
       "t:2:9 two policies have the id"},
      {"@id(\"policy1\")" + std::string(kAll) + ";" + std::string(kAll) + ";",
       "t:1:51 two policies have the id"},
      {"/* */", "t:1:1 expected \"permit\" or \"forbid\", found \"/\""},
  };
  for (const auto& c : cases) {
    const std::string got = parse_error(c.text);
    EXPECT_TRUE(got.starts_with(c.expected))
        << c.text << "\n  got      " << got << "\n  expected " << c.expected;
  }
}

TEST(Parser, ErrorsAreBadInput) {
  EXPECT_EQ(PolicySet::parse("x", "f").error().code, Code::bad_input);
  EXPECT_EQ(PolicySet::parse("x", "a:b").error().where, "a:b:1:1");
}

TEST(Parser, IdsAndAnnotations) {
  const PolicySet set = parsed(
      "permit(principal, action, resource);\n@id(\"named\") @note @if(\"kept\")\n"
      "forbid(principal, action, resource);\npermit(principal,action,resource);");
  ASSERT_EQ(set.policies().size(), 3u);
  EXPECT_EQ(set.policies()[0].id, "policy0");
  EXPECT_EQ(set.policies()[1].id, "named");
  EXPECT_EQ(set.policies()[2].id, "policy2");
  EXPECT_TRUE(set.policies()[1].is_forbid);
  ASSERT_EQ(set.policies()[1].annotations.size(), 3u);
  EXPECT_EQ(set.policies()[1].annotations[1].key, "note");
  EXPECT_EQ(set.policies()[1].annotations[2].value, "kept");
  EXPECT_EQ(set.find("named"), &set.policies()[1]);
  EXPECT_EQ(set.find("absent"), nullptr);
}

TEST(Parser, EmptyTextsAndBlanks) {
  EXPECT_TRUE(parsed("").policies().empty());
  EXPECT_TRUE(parsed(" \t\r\n// only this").policies().empty());
  EXPECT_EQ(parsed("\xc2\xa0permit\xe3\x80\x80(principal,action,resource)//c\r;").policies().size(), 1u);
}

TEST(Parser, SetAddRefusesDuplicates) {
  PolicySet set = parsed("@id(\"a\") permit(principal, action, resource);");
  const Status twice = set.add(parsed("\n @id(\"a\") permit(principal, action, resource);"));
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().where, "t:2:11");
  EXPECT_EQ(set.policies().size(), 1u);
  EXPECT_TRUE(set.add(parsed("@id(\"b\") permit(principal, action, resource);")).has_value());
  EXPECT_EQ(set.policies().size(), 2u);
}

TEST(Parser, CaretStandsUnderTheColumn) {
  const std::string text = "permit(principal, action, resource)\nwhen { \"é\" = 1 };\n";
  const Result<PolicySet> set = PolicySet::parse(text, "p.cedar");
  ASSERT_FALSE(set.has_value());
  EXPECT_EQ(with_caret(set.error(), text),
            "p.cedar:2:12: expected \"}\", found \"=\"\n  when { \"é\" = 1 };\n             ^");
  EXPECT_EQ(with_caret(bad_input("m", "p:99:1"), text), "p:99:1: m");
  EXPECT_EQ(with_caret(bad_input("m", "p"), text), "p: m");
  EXPECT_EQ(with_caret(bad_input("m", "p:1:3"), "\ta\xe2\x80\xae"), "p:1:3: m\n   a?\n    ^");
  const std::string long_line = std::string(1000, ' ') + "x";
  EXPECT_LT(with_caret(bad_input("m", "p:1:1001"), long_line).size(), 250u);
}

std::string nested(std::string_view open, std::string_view inner, std::string_view close, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += open;
  out += inner;
  for (int i = 0; i < times; ++i) out += close;
  return out;
}

TEST(Parser, DepthIsBounded) {
  // The innermost expression is a level too.
  constexpr int kMax = limits::kPolicyDepthMax;
  const struct {
    std::string_view open, inner, close;
  } cases[] = {
      {"(", "true", ")"}, {"[", "true", "]"}, {"{a: ", "true", "}"}, {"if true then true else ", "true", ""}};
  for (const auto& c : cases) {
    const std::string good = when("(" + nested(c.open, c.inner, c.close, kMax - 2) + ") == 1");
    EXPECT_TRUE(PolicySet::parse(good, "t").has_value()) << c.open;
    const Result<PolicySet> bad =
        PolicySet::parse(when("(" + nested(c.open, c.inner, c.close, kMax - 1) + ") == 1"), "t");
    ASSERT_FALSE(bad.has_value()) << c.open;
    EXPECT_EQ(bad.error().code, Code::too_large);
  }
  // Trees may also be tall without nesting.
  const auto sum = [](int terms) { return when("1" + nested("+1", "", "", terms - 1) + " == 1"); };
  EXPECT_TRUE(PolicySet::parse(sum(kMax - 1), "t").has_value());
  EXPECT_EQ(PolicySet::parse(sum(kMax), "t").error().code, Code::too_large);
  const auto chain = [](int dots) { return when("context" + nested(".a", "", "", dots)); };
  EXPECT_TRUE(PolicySet::parse(chain(kMax - 1), "t").has_value());
  EXPECT_EQ(PolicySet::parse(chain(kMax), "t").error().code, Code::too_large);
  EXPECT_EQ(PolicySet::parse(when(std::string(500'000, '(')), "t").error().code, Code::too_large);
}

TEST(Parser, LongChainsOfAndAreFlat) {
  std::string text = "true";
  for (int i = 0; i < 10'000; ++i) text += i % 2 == 0 ? " && true" : "&& !false";
  const PolicySet set = parsed(when(text));
  EXPECT_EQ(decide(set, {}).decision, Decision::allow);
}

TEST(Parser, SizeIsBounded) {
  std::string text = std::string(kAll) + ";";
  text.resize(limits::kPolicyBytesMax, ' ');
  EXPECT_TRUE(PolicySet::parse(text, "t").has_value());
  text += ' ';
  EXPECT_EQ(PolicySet::parse(text, "t").error().code, Code::too_large);
}

TEST(Parser, CountIsBounded) {
  std::string text;
  for (size_t i = 0; i < limits::kPoliciesMax; ++i) text += std::string(kAll) + ";\n";
  PolicySet set = parsed(text);
  EXPECT_EQ(set.policies().size(), limits::kPoliciesMax);
  EXPECT_EQ(PolicySet::parse(text + std::string(kAll) + ";", "t").error().code, Code::too_large);
  EXPECT_EQ(set.add(parsed("@id(\"x\")" + std::string(kAll) + ";")).error().code, Code::too_large);
  EXPECT_TRUE(set.add(PolicySet()).has_value());
}

}  // namespace
}  // namespace weir::policy

// Every operator: values, type errors, precedence, short circuits.
#include "policy/evaluate.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "base/limits.h"
#include "policy/test_support.h"

namespace weir::policy {
namespace {

using testing::parsed;

// "true", "false", or "error: …" of a boolean expression.
std::string run(const std::string& expression) {
  const PolicySet set = parsed("permit(principal, action, resource) when { " + expression + " };");
  if (set.policies().empty()) return "parse error";
  const Request request = testing::sample_request();
  const Entities entities = testing::sample_entities();
  const Match match = Evaluator(request, entities).match(set.policies().front());
  if (match.kind == Match::Kind::error) return "error: " + match.error;
  return match.kind == Match::Kind::yes ? "true" : "false";
}

struct Case {
  const char* expression;
  const char* expected;  // "error" stands for any error
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    std::string got = run(c.expression);
    if (std::string_view(c.expected) == "error" && got.starts_with("error: ")) got = "error";
    EXPECT_EQ(got, c.expected) << c.expression;
  }
}

TEST(Evaluate, Literals) {
  check({{"true", "true"},
         {"false", "false"},
         {"1", "error: expected a boolean, got an integer"},
         {"\"x\"", "error"},
         {"User::\"x\"", "error"},
         {"[]", "error"},
         {"{}", "error"},
         {"9223372036854775807 == context.max", "true"},
         {"-9223372036854775808 == context.min", "true"},
         {"007 == 7", "true"},
         {"\"\\n\\r\\t\\\\\\0\\'\\\"\\x41\\u{e9}\" == \"\\u{a}\\u{d}\\u{9}\\u{5c}\\u{0}'\\u{22}A\\u{00E9}\"",
          "true"},
         {"\"a\nb\" == \"a\\nb\"", "true"},
         {"App::File::\"f\" == resource", "true"},
         {"principal == User::\"alice\" && action == Action::\"read\"", "true"},
         {"true // comment\n", "true"}});
}

TEST(Evaluate, Equality) {
  check({{"1 == 1", "true"},
         {"1 == true", "false"},
         {"1 != \"1\"", "true"},
         {"User::\"a\" == User::\"a\"", "true"},
         {"User::\"a\" == Group::\"a\"", "false"},
         {"[1, 2] == [2, 1, 1,]", "true"},
         {"[1] == [[1]]", "false"},
         {"{a: 1, \"b c\": [true]} == {\"b c\": [true], a: 1,}", "true"},
         {"{a: 1} == {a: 1, b: 2}", "false"},
         {"{a: context.n, b: context.s} == {b: \"hello\", a: 7}", "true"},
         {"[context.n, 1] == [1, 7]", "true"},
         {"[] == context.empty", "true"},
         {"context == context", "true"},
         {"(1 + true) == 2", "error"},
         {"1 == context.absent", "error"}});
}

TEST(Evaluate, Logic) {
  check({{"true && true", "true"},
         {"true && false", "false"},
         {"false || true", "true"},
         {"false || false", "false"},
         {"!false", "true"},
         {"!!!!true", "true"},
         {"!1", "error"},
         {"false && 1", "false"},
         {"true || 1", "true"},
         {"true && 1", "error"},
         {"false || 1", "error"},
         {"1 && false", "error"},
         {"1 || true", "error"},
         {"false && context.absent", "false"},
         {"context.absent && false", "error"},
         {"false && context.absent || true", "true"},
         {"true || context.absent && context.absent", "true"},
         {"true && true && false && context.absent", "false"},
         {"true && 1 && false", "error"},
         {"if true then true else context.absent", "true"},
         {"if false then context.absent else false", "false"},
         {"if 1 then true else true", "error"},
         {"if true then 1 else true", "error"},
         {"(if context.t then 1 else \"x\") == 1", "true"},
         {"if false then true else if true then true else false", "true"}});
}

TEST(Evaluate, Integers) {
  check({{"1 < 2", "true"},           {"2 < 2", "false"},
         {"2 <= 2", "true"},          {"3 <= 2", "false"},
         {"3 > 2", "true"},           {"2 > 2", "false"},
         {"2 >= 2", "true"},          {"1 >= 2", "false"},
         {"true < false", "error"},   {"\"a\" < \"b\"", "error"},
         {"1 < true", "error"},       {"1 <= \"x\"", "error"},
         {"[] > 1", "error"},         {"1 >= {}", "error"},
         {"1 + 2 == 3", "true"},      {"1 - 2 - 3 == -4", "true"},
         {"2 + 3 * 4 == 14", "true"}, {"(2 + 3) * 4 == 20", "true"},
         {"-3 * -2 == 6", "true"},    {"1 - -1 == 2", "true"},
         {"- - 5 == 5", "true"},      {"-context.n == -7", "true"},
         {"-(1 + 2) == -3", "true"},  {"1 + true == 2", "error"},
         {"true - 1 == 0", "error"},  {"\"a\" * 2 == 2", "error"},
         {"-true == 1", "error"},     {"1 + 2 < 2 * 2", "true"}});
  check({{"context.max + 1 > 0", "error"},
         {"context.min - 1 < 0", "error"},
         {"context.max * 2 > 0", "error"},
         {"-context.min > 0", "error"},
         {"--9223372036854775808 > 0", "error"},
         {"context.min * -1 > 0", "error"},
         {"context.max + 0 > 0", "true"},
         {"-context.max < 0", "true"},
         {"context.min + context.max == -1", "true"}});
}

TEST(Evaluate, AttributesAndHas) {
  check({{"context.n == 7", "true"},
         {"context[\"n\"] == 7", "true"},
         {"context.r[\"x y\"] == 2", "true"},
         {"context.r.a.b == 1", "true"},
         {"context.r.a.c == 1", "error"},
         {"context.n.x == 1", "error"},
         {"{a: {b: context.n}}.a.b == 7", "true"},
         {"{a: 1}.a == 1", "true"},
         {"principal.age == 30", "true"},
         {"principal.boss.age == 50", "true"},
         {"principal.absent == 1", "error"},
         {"resource.x == 1", "error"},
         {"context has n", "true"},
         {"context has \"n\"", "true"},
         {"context has absent", "false"},
         {"context.r has \"x y\"", "true"},
         {"context has r.a.b", "true"},
         {"context has r.a.z", "false"},
         {"context has r.z.b", "false"},
         {"context has n.x", "error"},
         {"principal has boss.age", "true"},
         {"principal has boss.boss.age", "false"},
         {"resource has x", "false"},
         {"1 has x", "error"},
         {"[] has x", "error"},
         {"context has n && context.n > 6", "true"},
         {"!(context has n)", "false"}});
}

TEST(Evaluate, Like) {
  check({{"\"hello\" like \"hello\"", "true"},
         {"\"hello\" like \"h*o\"", "true"},
         {"\"hello\" like \"*\"", "true"},
         {"\"\" like \"*\"", "true"},
         {"\"\" like \"\"", "true"},
         {"\"a\" like \"\"", "false"},
         {"\"hello\" like \"*l*l*\"", "true"},
         {"\"hello\" like \"*l*l*l*\"", "false"},
         {"\"hello\" like \"hel*lo\"", "true"},
         {"\"hel\" like \"hel*l\"", "false"},
         {"\"aXbXc\" like \"a*X*c\"", "true"},
         {"\"a*b\" like \"a\\*b\"", "true"},
         {"\"axb\" like \"a\\*b\"", "false"},
         {"\"aaa\" like \"a*a\"", "true"},
         {"\"a\" like \"a*a\"", "false"},
         {"\"é\" like \"\\u{e9}\"", "true"},
         {"\"ababac\" like \"*abac\"", "true"},
         {"\"xababacx\" like \"*abac*\"", "true"},
         {"\"xababax\" like \"*abac*\"", "false"},
         {"context.s like \"h**o\"", "true"},
         {"1 like \"1\"", "error"},
         {"principal like \"*\"", "error"}});
}

TEST(Evaluate, LikeIsLinear) {
  // Quadratic or worse matchers need minutes for this.
  const std::string text(200'000, 'a');
  const Pattern hard({"", std::string(100'000, 'a') + "b", ""});
  EXPECT_FALSE(hard.matches(text));
  std::vector<std::string> many(50'000, "a");
  many.push_back("b");
  EXPECT_FALSE(Pattern(many).matches(text));
  many.back() = "";
  EXPECT_TRUE(Pattern(many).matches(text));
}

TEST(Evaluate, InAndIs) {
  check({{"principal in User::\"alice\"", "true"},
         {"principal in Group::\"g\"", "true"},
         {"principal in Group::\"all\"", "true"},
         {"principal in Group::\"none\"", "false"},
         {"Group::\"g\" in principal", "false"},
         {"Ghost::\"x\" in Ghost::\"x\"", "true"},
         {"principal in [Group::\"none\", Group::\"g\"]", "true"},
         {"principal in []", "false"},
         {"principal in context.users", "true"},
         {"principal in context.mixed", "error"},
         {"principal in [User::\"alice\", 1]", "error"},
         {"principal in 1", "error"},
         {"1 in principal", "error"},
         {"principal is User", "true"},
         {"principal is Group", "false"},
         {"resource is App::File", "true"},
         {"resource is File", "false"},
         {"principal is User in Group::\"g\"", "true"},
         {"principal is User in Group::\"none\"", "false"},
         {"principal is Group in 1", "false"},
         {"principal is User in 1", "error"},
         {"principal is User in [Group::\"g\"]", "true"},
         {"1 is User", "error"}});
}

TEST(Evaluate, Sets) {
  check({{"[1, 2].contains(1)", "true"},
         {"[1, 2].contains(3)", "false"},
         {"[1, 2].contains(\"1\")", "false"},
         {"[[1]].contains([1])", "true"},
         {"context.set.contains(2)", "true"},
         {"context.set.contains(context.n)", "false"},
         {"1.contains(1)", "error"},
         {"context.set.containsAll([1, 2])", "true"},
         {"context.set.containsAll([1, 4])", "false"},
         {"context.set.containsAll([])", "true"},
         {"[].containsAll([1])", "false"},
         {"context.set.containsAll(1)", "error"},
         {"1.containsAll([1])", "error"},
         {"context.set.containsAny([4, 2])", "true"},
         {"context.set.containsAny([4])", "false"},
         {"context.set.containsAny([])", "false"},
         {"context.set.containsAny(1)", "error"},
         {"{}.containsAny([1])", "error"},
         {"[].isEmpty()", "true"},
         {"context.set.isEmpty()", "false"},
         {"context.s.isEmpty()", "error"},
         {"[context.absent].isEmpty()", "error"},
         {"{a: context.absent} == {}", "error"}});
}

TEST(Evaluate, Precedence) {
  check({{"true || false && false", "true"},
         {"(true || false) && false", "false"},
         {"!true || true", "true"},
         {"!(true || true)", "false"},
         {"1 + 1 == 2 && 2 * 2 == 4", "true"},
         {"2 - 1 - 1 == 0", "true"},
         {"!context.f", "true"},
         {"!context.set.contains(9)", "true"},
         {"-context.n + 7 == 0", "true"},
         {"1 < 2 && 3 > 2 || false", "true"},
         {"(1 < 2) == true", "true"},
         {"[1] == [1] || context.absent", "true"},
         {"if true then true else false || context.absent", "true"}});
}

TEST(Evaluate, ScopesAndConditions) {
  const auto matches = [](std::string_view text) {
    const PolicySet set = parsed(text);
    const Request request = testing::sample_request();
    const Entities entities = testing::sample_entities();
    return set.policies().empty() ? Match::Kind::error
                                  : Evaluator(request, entities).match(set.policies().front()).kind;
  };
  const struct {
    const char* text;
    Match::Kind kind;
  } cases[] = {
      {"permit(principal, action, resource);", Match::Kind::yes},
      {"permit(principal, action, resource,);", Match::Kind::yes},
      {"permit(principal == User::\"alice\", action, resource);", Match::Kind::yes},
      {"permit(principal == User::\"bob\", action, resource);", Match::Kind::no},
      {"permit(principal in Group::\"g\", action, resource);", Match::Kind::yes},
      {"permit(principal is User, action, resource is App::File);", Match::Kind::yes},
      {"permit(principal is User in Group::\"all\", action, resource);", Match::Kind::yes},
      {"permit(principal is User in Group::\"z\", action, resource);", Match::Kind::no},
      {"permit(principal, action == Action::\"read\", resource);", Match::Kind::yes},
      {"permit(principal, action in Action::\"write\", resource);", Match::Kind::no},
      {"permit(principal, action in [Action::\"write\", Action::\"read\"], resource);", Match::Kind::yes},
      {"permit(principal, action in [], resource);", Match::Kind::no},
      {"permit(principal, action, resource == File::\"f\");", Match::Kind::no},
      {"permit(principal, action, resource in App::File::\"f\");", Match::Kind::yes},
      {"permit(principal, action, resource) unless { context.t };", Match::Kind::no},
      {"permit(principal, action, resource) unless { context.f };", Match::Kind::yes},
      {"permit(principal, action, resource) when { context.t } unless { context.f } when { true };",
       Match::Kind::yes},
      {"permit(principal, action, resource) when { context.f } when { context.absent };", Match::Kind::no},
      {"permit(principal, action, resource) when { context.absent } when { context.f };", Match::Kind::error},
      {"permit(principal, action, resource) unless { 1 };", Match::Kind::error},
      {"permit(principal == User::\"bob\", action, resource) when { context.absent };", Match::Kind::no},
  };
  for (const auto& c : cases) EXPECT_EQ(matches(c.text), c.kind) << c.text;
}

}  // namespace
}  // namespace weir::policy

// The check by example, and against brute force over random policies.
#include "policy/monotone.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>

#include "policy/test_support.h"

namespace weir::policy {
namespace {

using testing::parsed;

AttributeTable table() {
  using enum Polarity;
  return {{"bad", worse_when_true},
          {"good", worse_when_false},
          {"bads", worse_when_present},
          {"goods", better_when_present},
          {"b", {neutral, Attribute::Type::boolean}},
          {"i", {neutral, Attribute::Type::integer}},
          {"s", {neutral, Attribute::Type::set}},
          {"r", {neutral, Attribute::Type::record}},
          {"x", neutral}};
}

std::string verdict(std::string_view effect, std::string_view condition) {
  const std::string text =
      std::string(effect) + "(principal, action, resource) when {\n" + std::string(condition) + "\n};";
  const Status status = check_monotone(parsed(text), table());
  return status ? "ok" : status.error().where + " " + status.error().message;
}

TEST(Monotone, DirectionOfEveryOperator) {
  // Conditions that can only become true as labels get worse: fit for a forbid, never for a permit; their
  // negation the other way round.
  for (const std::string up : {"context.bad",
                               "!context.good",
                               "context[\"bad\"]",
                               "!!context.bad",
                               "context.bad == true",
                               "context.bad != false",
                               "false != context.bad",
                               "context.good == false",
                               "true != context.good",
                               "context.bad && context.b",
                               "context.b && context.bad",
                               "context.bad || context.b",
                               "context.bad && !context.good",
                               "context.bads.contains(\"x\")",
                               "!context.goods.contains(context.x)",
                               "context.bads.containsAny([\"x\"])",
                               "context.bads.containsAll([\"x\"])",
                               "[\"x\"].containsAny(context.bads)",
                               "[\"x\"].containsAll(context.goods)",
                               "context.bads.containsAll(context.goods)",
                               "!context.bads.isEmpty()",
                               "context.goods.isEmpty()",
                               "context.bads != []",
                               "[] == context.goods",
                               "if context.b then context.bad else !context.good",
                               "if context.b then context.bad else false",
                               "if context.bad then true else context.b",
                               "if context.bad then context.b else false",
                               "if context.good then false else context.b",
                               "if context.good then context.b else true",
                               "(if context.b then context.bads else []).contains(1)",
                               "context.i < 3 && context.bad",
                               "context.bad && context.i + 1 > 2",
                               "context.x && context.bad",
                               "!context.good && context.x",
                               "context.s.contains(1) || context.bad",
                               "principal.age > 3 && context.bad",
                               "context.bad && (principal has age && principal.age > 3)",
                               "context has bad && context.bad",
                               "context has r.a && context.bad",
                               "principal in Group::\"g\" && context.bad",
                               "principal is User && context.bad",
                               "context.bad && {a: context.x}.a == 1"}) {
    EXPECT_EQ(verdict("forbid", up), "ok") << up;
    EXPECT_NE(verdict("permit", up), "ok") << up;
    EXPECT_EQ(verdict("permit", "!(" + up + ")"), "ok") << up;
    EXPECT_NE(verdict("forbid", "!(" + up + ")"), "ok") << up;
  }
}

TEST(Monotone, NeutralIsFree) {
  for (const std::string free :
       {"context.b", "context.x like \"*\"", "context.i * 2 < 7", "context.s == [1]", "context has x",
        "context has x.y.z", "context.r.a", "principal.x in resource", "[context.x].contains(principal)",
        "if context.b then context.x else 1"}) {
    EXPECT_EQ(verdict("forbid", free), "ok") << free;
    EXPECT_EQ(verdict("permit", free), "ok") << free;
  }
}

TEST(Monotone, RefusalsSayWhichAndWhere) {
  const struct {
    std::string_view effect, condition, expected;
  } cases[] = {
      {"permit", "context.b &&\n context.bad",
       "t:3:9 the permit \"policy0\" could begin to match when context.bad"},
      {"forbid", "context.good", "t:2:8 the forbid \"policy0\" could cease to match when context.good"},
      {"forbid", "context.bad && context.good",
       "t:2:23 this depends on context.bad and context.good in opposite"},
      {"forbid", "context.bad == context.good",
       "t:2:8 context.bad is a label and stands beside another label"},
      {"forbid", "context.bad == context.b", "t:2:8 context.bad is a label and stands in a comparison"},
      {"forbid", "context.bads == [1]", "t:2:8 context.bads is a label and stands in a comparison"},
      {"forbid", "context.unknown", "t:2:8 the context has no attribute \"unknown\""},
      {"forbid", "context has unknown", "t:2:9 the context has no attribute \"unknown\""},
      {"forbid", "context has bad.x", "t:2:9 context.bad is a label and has no attributes"},
      {"forbid", "context == {}", "t:2:1 the context as a whole"},
      {"forbid", "[context].isEmpty()", "t:2:2 the context as a whole"},
      {"forbid", "[context.bad].contains(true)", "t:2:9 context.bad is a label and stands inside a set"},
      {"forbid", "{a: context.bad}.a", "t:2:12 context.bad is a label and stands inside a set or record"},
      {"forbid", "(if context.bad then 1 else 2) > 1",
       "t:2:12 context.bad is a label and stands as the condition"},
      {"forbid", "if context.bad then context.b else context.x",
       "t:2:11 context.bad is a label and stands as the"},
      {"forbid", "if context.b then context.bad else !context.bad",
       "t:2:1 this depends on context.bad in opposite"},
      {"forbid", "if context.b then context.bad else 1",
       "t:2:26 context.bad is a label and stands in branches"},
      {"forbid", "context.s.contains(context.bad)", "t:2:27 context.bad is a label and stands as an element"},
      {"forbid", "context.bad < 1", "t:2:8 context.bad is a label and stands where an integer"},
      {"forbid", "context.bad in principal", "t:2:8 context.bad is a label and stands beside \"in\""},
      {"forbid", "context.bad is User", "t:2:8 context.bad is a label and stands beside \"is\""},
      {"forbid", "context.bad like \"x\"", "t:2:8 context.bad is a label and stands before \"like\""},
      {"forbid", "context.bads && true", "t:2:8 context.bads is a label and stands where a boolean"},
      {"forbid", "context.bad.contains(1)", "t:2:8 context.bad is a label and stands where a set"},
      {"forbid", "context.bad.x", "t:2:8 context.bad is a label and stands before an attribute"},
      {"forbid", "context.bad || context.x",
       "t:2:23 this can err, which denies, and it is not evaluated when"},
      {"permit", "context.good && context.i + 1 > 0",
       "t:2:31 this can err, which denies, and it is not evaluated"},
      {"permit", "if context.good then context.i + 1 > 0 else false", "t:2:36 this can err, which denies"},
      {"permit", "context.good && principal.age > 3", "t:2:31 this can err, which denies"},
  };
  for (const auto& c : cases) {
    const std::string got = verdict(c.effect, c.condition);
    EXPECT_TRUE(got.starts_with(c.expected))
        << c.condition << "\n  got      " << got << "\n  expected " << c.expected;
  }
}

TEST(Monotone, ConditionsAndScopesAreOneConjunction) {
  const auto ok = [](std::string_view text) { return check_monotone(parsed(text), table()).has_value(); };
  const std::string forbid = "forbid(principal is User in Group::\"g\", action == Action::\"a\", resource)";
  EXPECT_TRUE(ok(forbid + "when { context.bad } unless { context.good };"));
  EXPECT_FALSE(ok(forbid + "when { context.bad } unless { context.bad };"));
  EXPECT_FALSE(ok(forbid + "unless { context.bad };"));
  const std::string permit = "permit(principal, action, resource)";
  EXPECT_TRUE(ok(permit + "when { context.x } when { context.good };"));
  EXPECT_FALSE(ok(permit + "when { context.good } when { context.x };"));
  EXPECT_FALSE(ok(permit + "; @approve(\"w\")" + forbid + "unless { context.bad };"));
}

TEST(Monotone, TagsAndExtensionTypes) {
  const auto ok = [](std::string_view text) { return check_monotone(parsed(text), table()).has_value(); };
  const std::string forbid = "forbid(principal, action, resource) ";
  EXPECT_TRUE(ok(forbid + "when { context.bad && decimal(\"1.0\").lessThan(decimal(\"2.0\")) };"))
      << "always the same";
  EXPECT_TRUE(ok(forbid + "when { context.bad && resource.hasTag(\"t\") };"));
  EXPECT_TRUE(ok(forbid + "when { resource.getTag(\"t\") == 1 && context.bad };"));
  EXPECT_TRUE(ok(forbid + "when { context.bads.contains(resource.getTag(\"t\")) };"));
  EXPECT_TRUE(ok(forbid + "when { datetime(\"2024-01-01\") < context.x && context.bad };"));
  EXPECT_FALSE(ok(forbid + "when { !context.bad && context.x.isIpv4() };")) << "its error could be hidden";
  EXPECT_FALSE(ok(forbid + "when { resource.hasTag(if context.bad then \"a\" else \"b\") };"));
  EXPECT_FALSE(ok(forbid + "when { [context.bad].contains(true) };"));
  EXPECT_FALSE(ok(forbid + "unless { context.bads.contains(decimal(\"1.0\")) };"));
  EXPECT_FALSE(ok("permit(principal == ?principal, action, resource) when { context.bad };"))
      << "templates too";
}

TEST(Monotone, ContextMustFitTheTable) {
  const AttributeTable small = {{"bad", Polarity::worse_when_true}, {"x", Polarity::neutral}};
  EXPECT_TRUE(check_context(Value::record({{"bad", true}, {"x", 1}}), small).has_value());
  EXPECT_FALSE(check_context(Value::record({{"bad", true}}), small).has_value());
  EXPECT_FALSE(check_context(Value::record({{"bad", true}, {"y", 1}}), small).has_value());
  EXPECT_FALSE(check_context(Value::record({{"bad", true}, {"x", 1}, {"y", 1}}), small).has_value());
  EXPECT_EQ(check_context(Value::record({{"bad", 1}, {"x", 1}}), small).error().where, "context.bad");
  EXPECT_FALSE(check_context(Value(1), small).has_value());
}

// Writes random policies from a tape of choices; an empty tape gives leaves, so rapidcheck shrinks to small
// ones.
class Writer {
 public:
  explicit Writer(const std::vector<uint8_t>& tape) : tape_(tape) {}

  std::string set() {
    std::string text;
    const size_t count = 1 + pick(2);
    for (size_t i = 0; i < count; ++i) {
      const size_t effect = pick(3);
      text += effect == 0 ? "permit" : effect == 1 ? "forbid" : "@approve(\"w\") forbid";
      text += "(principal, action, resource)";
      const size_t conditions = 1 + pick(2);
      for (size_t k = 0; k < conditions; ++k) {
        text += (pick(3) == 0 ? " unless { " : " when { ") + boolean(static_cast<int>(pick(3))) + " }";
      }
      text += ";\n";
    }
    // So that the others matter.
    return text + "permit(principal, action, resource) when { context.b };";
  }

 private:
  size_t pick(size_t below) { return at_ < tape_.size() ? tape_[at_++] % below : 0; }

  std::string boolean(int depth) {
    if (depth == 0) {
      static const char* const kLeaves[] = {"context.bad",  "context.good", "context.b", "context.x",
                                            "context.good", "context.bad",  "true",      "false"};
      return kLeaves[pick(8)];
    }
    const int d = depth - 1;
    switch (pick(11)) {
      case 0:
        return boolean(0);
      case 1:
      case 2:
        return "(" + boolean(d) + " && " + boolean(d) + ")";
      case 3:
      case 4:
        return "(" + boolean(d) + " || " + boolean(d) + ")";
      case 5:
        return "!(" + boolean(d) + ")";
      case 6:
        return "(if " + boolean(d) + " then " + boolean(d) + " else " + boolean(d) + ")";
      case 7:
        return "(" + boolean(d) + (pick(2) == 0 ? " == " : " != ") + boolean(d) + ")";
      case 8:
        if (pick(4) == 1) return "decimal(\"1.0\").lessThan(" + integer(d) + ")";
        if (pick(4) == 1) return "(duration(\"1h\") < duration(\"2h\") && " + boolean(d) + ")";
        return "(" + integer(d) + (pick(2) == 0 ? " < " : " >= ") + integer(d) + ")";
      case 9:
        return set(d) + ".contains(" + (pick(2) == 0 ? "1" : integer(d)) + ")";
      default:
        switch (pick(4)) {
          case 0:
            return set(d) + ".containsAll(" + set(d) + ")";
          case 1:
            return set(d) + ".containsAny(" + set(d) + ")";
          case 2:
            return set(d) + ".isEmpty()";
          default:
            return "(" + set(d) + " == " + set(d) + ")";
        }
    }
  }

  std::string integer(int depth) {
    if (depth > 0 && pick(4) == 1) return "(" + integer(depth - 1) + " + 1)";
    if (depth > 0 && pick(4) == 1) return "(if " + boolean(depth - 1) + " then 1 else 2)";
    static const char* const kLeaves[] = {"1", "context.i", "context.x", "2"};
    return kLeaves[pick(4)];
  }

  std::string set(int depth) {
    if (depth > 0 && pick(5) == 1) return "(if " + boolean(depth - 1) + " then context.bads else context.s)";
    static const char* const kLeaves[] = {"context.bads", "context.goods", "[1]", "[1, 2]",
                                          "[]",           "context.s"};
    return kLeaves[pick(6)];
  }

  const std::vector<uint8_t>& tape_;
  size_t at_ = 0;
};

// A context by number: one bit for each boolean and each possible element. The first six bits are labels,
// a set bit the worse one.
constexpr unsigned kLabelBits = 6;
constexpr unsigned kBits = 10;

Value context_of(unsigned bits) {
  const auto bit = [&](unsigned i) { return (bits >> i & 1) != 0; };
  const auto elements = [](bool one, bool two) {
    std::vector<Value> out;
    if (one) out.push_back(1);
    if (two) out.push_back(2);
    return Value::set(std::move(out));
  };
  const Value x = bit(8) ? (bit(9) ? Value(1) : Value("x")) : Value(bit(9));
  return Value::record({{"bad", bit(0)},
                        {"good", !bit(1)},
                        {"bads", elements(bit(2), bit(3))},
                        {"goods", elements(!bit(4), !bit(5))},
                        {"b", bit(6)},
                        {"i", bit(7) ? INT64_MAX : int64_t{1}},
                        {"s", elements(bit(7), false)},
                        {"r", Value::record({})},
                        {"x", x}});
}

// Whether no single label that gets worse relaxes the decision; enough, since steps add up.
bool is_monotone(const PolicySet& set) {
  static const std::vector<Request> kRequests = [] {
    std::vector<Request> out(1u << kBits);
    for (unsigned bits = 0; bits < out.size(); ++bits) out[bits].context = context_of(bits);
    return out;
  }();
  std::vector<Decision> decisions;
  for (const Request& request : kRequests) decisions.push_back(decide(set, request).decision);
  for (unsigned bits = 0; bits < decisions.size(); ++bits) {
    for (unsigned label = 0; label < kLabelBits; ++label) {
      if ((bits >> label & 1) == 0 && decisions[bits | 1u << label] < decisions[bits]) return false;
    }
  }
  return true;
}

TEST(Monotone, AcceptedPoliciesAreMonotoneByBruteForce) {
  size_t accepted = 0;
  size_t refused = 0;
  size_t refused_rightly = 0;
  const bool ok = rc::check("what the check accepts is monotone", [&] {
    const auto tapes = *rc::gen::container<std::vector<std::vector<uint8_t>>>(
        8, rc::gen::resize(120, rc::gen::arbitrary<std::vector<uint8_t>>()));
    for (const std::vector<uint8_t>& tape : tapes) {
      const std::string text = Writer(tape).set();
      const PolicySet set = parsed(text);
      if (check_monotone(set, table())) {
        ++accepted;
        if (!is_monotone(set)) RC_FAIL(text);
      } else if (++refused % 8 == 0) {  // brute force is slow, and this only tells that bad ones are written
        refused_rightly += is_monotone(set) ? 0 : 1;
      }
    }
  });
  EXPECT_TRUE(ok);
  EXPECT_GE(accepted, 150u);
  EXPECT_GE(refused_rightly, 5u);
  RecordProperty("accepted", static_cast<int>(accepted));
}

}  // namespace
}  // namespace weir::policy

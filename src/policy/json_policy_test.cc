// JSON forms: policies in and out, entities, requests; places of errors.
#include "policy/json_policy.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "policy/json_data.h"
#include "policy/test_support.h"

namespace weir::policy {
namespace {

json::Document doc(std::string_view text) {
  Result<json::Document> out = json::parse(std::string(text));
  EXPECT_TRUE(out.has_value()) << text;
  return out ? std::move(*out) : json::Document();
}

// One policy with every operator in it.
constexpr std::string_view kAll = R"(
@id("all") @note permit(principal == A::U::"x", action in [Action::"a", Action::"b"], resource is R in G::"g")
when { context.a.b && context has "x y" && context has p.q.r || !(1 + 2 - 3 * -4 < 5) }
unless { if context.n <= 1 then context.s like "a*\*b" else [1, context.n].contains(-context.n) }
when { {a: 1, "b c": [principal]} != context && [].isEmpty() && [1].containsAll([2]) && [1].containsAny(context.s) }
when { resource is R in [resource, G::"h"] && principal in resource && 2 > 1 && 2 >= 1 && context == {} }
when { principal.hasTag("t") && principal.getTag(context.s) == decimal("1.5") && ip("::1").isInRange(ip("::/0")) }
when { datetime("2024-01-01").offset(duration("1h")).toDate() < context.when && ip("x").isIpv4() };)";

TEST(JsonPolicy, WritesWhatItReads) {
  const PolicySet set = testing::parsed(kAll);
  ASSERT_EQ(set.policies().size(), 1u);
  const std::string once = to_json(set.policies()[0]);
  const Result<PolicySet> again = policies_from_json(once, "f");
  ASSERT_TRUE(again.has_value()) << again.error().text() << "\n" << once;
  EXPECT_EQ(again->policies()[0].id, "all");
  EXPECT_EQ(to_json(again->policies()[0]), once);
}

TEST(JsonPolicy, SetsWithTemplatesAndLinks) {
  PolicySet set = testing::parsed(
      "permit(principal == ?principal, action, resource in ?resource);\n"
      "permit(principal is U in ?principal, action, resource);\n"
      "@id(\"s\") forbid(principal, action, resource == R::\"no\");");
  EXPECT_EQ(set.templates().size(), 2u);
  ASSERT_TRUE(set.link("policy0", "l", EntityUid{"U", "u"}, EntityUid{"R", "r"}).has_value());
  const std::string text = to_json(set);
  const Result<PolicySet> again = policies_from_json(text, "f");
  ASSERT_TRUE(again.has_value()) << again.error().text() << "\n" << text;
  EXPECT_EQ(to_json(*again), text);
  const auto decision = [&](const char* user, const char* resource) {
    return decide(*again, {{"U", user}, {"Action", "a"}, {"R", resource}}).decision;
  };
  EXPECT_EQ(decision("u", "r"), Decision::allow);
  EXPECT_EQ(decision("v", "r"), Decision::deny);
  EXPECT_EQ(decision("u", "s"), Decision::deny);

  EXPECT_FALSE(set.link("policy0", "l", EntityUid{"U", "u"}, EntityUid{"R", "r"}).has_value()) << "id taken";
  EXPECT_FALSE(set.link("policy0", "m", EntityUid{"U", "u"}, std::nullopt).has_value()) << "slot open";
  EXPECT_FALSE(set.link("policy1", "m", EntityUid{"U", "u"}, EntityUid{"R", "r"}).has_value())
      << "no such slot";
  EXPECT_FALSE(set.link("s", "m", std::nullopt, std::nullopt).has_value()) << "no template";
  EXPECT_TRUE(set.link("policy1", "m", EntityUid{"U", "u"}, std::nullopt).has_value());
  EXPECT_EQ(set.policies().size(), 3u);
}

TEST(JsonPolicy, ErrorsPointAtTheirPlace) {
  const auto policy = [](std::string_view body) {
    return "{\"effect\": \"permit\", \"principal\": {\"op\": \"All\"}, \"action\": {\"op\": "
           "\"All\"},\n\"resource\": "
           "{\"op\": \"All\"}, \"conditions\": [{\"kind\": \"when\", \"body\":\n" +
           std::string(body) + "}]}";
  };
  const struct {
    std::string text;
    std::string_view expected;
  } cases[] = {
      {"", "f:1:1 "},
      {"{\n  \"a\": 01}", "f:2:9 "},
      {"[]", "f:1:1 expected an object"},
      {"{\"staticPolices\": {}}", "f:1:2 unknown key \"staticPolices\""},
      {"{\"staticPolicies\": {\"p\": {}}}", "f:1:26 expected the effect"},
      {policy("{\"&&&\": 1}"), "f:3:2 there is no operator \"&&&\""},
      {policy("{\"&&\": {\"left\": {\"Var\": \"context\"}}}"), "f:3:8 expected \"right\""},
      {policy("{\"Var\": \"user\"}"), "f:3:9 expected \"principal\""},
      {policy("{\"Value\": 1.5}"), "f:3:11 expected a whole number"},
      {policy("{\"Value\": [true, null]}"), "f:3:18 expected a value, not null"},
      {policy("{\"Slot\": \"?principal\"}"), "f:3:1 a slot can stand in the scope only"},
      {policy("{\"Set\": 1}"), "f:3:9 expected a list"},
      {policy("{\"lessThan\": []}"), "f:3:14 lessThan needs what it is called on"},
      {policy("{\"is\": {\"left\": {\"Var\": \"resource\"}, \"entity_type\": \"if\"}}"),
       "f:3:8 expected an entity_type"},
      {"{\"templates\": {\"t\": " + policy("{\"Value\": true}") + "}}", "f:1:21 a template without a slot"},
      {"{\"templateLinks\": [{\"templateId\": \"t\", \"newId\": \"n\"}]}",
       "f:1:20 there is no template \"t\""},
  };
  for (const auto& c : cases) {
    const Result<PolicySet> out = policies_from_json(c.text, "f");
    ASSERT_FALSE(out.has_value()) << c.text;
    const std::string got = out.error().where + " " + out.error().message;
    EXPECT_TRUE(got.starts_with(c.expected))
        << c.text << "\n  got      " << got << "\n  expected " << c.expected;
  }
}

TEST(JsonPolicy, DepthIsBounded) {
  const auto nested = [](int times) {
    std::string out = "{\"Value\": true}";
    for (int i = 0; i < times; ++i) out = "{\"!\": {\"arg\": " + out + "}}";
    return "{\"effect\": \"permit\", \"principal\": {\"op\": \"All\"}, \"action\": {\"op\": \"All\"}, "
           "\"resource\": "
           "{\"op\": \"All\"}, \"conditions\": [{\"kind\": \"when\", \"body\": " +
           out + "}]}";
  };
  EXPECT_TRUE(policies_from_json(nested(limits::kPolicyDepthMax - 1), "f").has_value());
  const Result<PolicySet> bad = policies_from_json(nested(limits::kPolicyDepthMax), "f");
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().code, Code::too_large);
}

TEST(JsonPolicy, LongChainsStayShallow) {
  std::string text = "permit(principal, action, resource) when { true";
  for (int i = 0; i < 3000; ++i) text += " && context.t";
  const PolicySet set = testing::parsed(text + " };");
  const Result<PolicySet> again = policies_from_json(to_json(set.policies()[0]), "f");
  ASSERT_TRUE(again.has_value()) << again.error().text();
  EXPECT_EQ(decide(*again, testing::sample_request()).decision, Decision::allow);
}

TEST(JsonData, Values) {
  const auto text = [](std::string_view json) {
    const json::Document document = doc(json);
    const Result<Value> value = value_from_json(document.root());
    if (!value) return value.error().where + " " + value.error().message;
    json::Writer out;
    write_json(out, *value);
    const json::Document again = doc(out.text());
    EXPECT_EQ(value_from_json(again.root()).value(), *value) << out.text();
    return value->text();
  };
  EXPECT_EQ(text("[2, 1, 2]"), "[1, 2]");
  EXPECT_EQ(text("{\"b\": true, \"a\": \"x\"}"), "{\"a\": \"x\", \"b\": true}");
  EXPECT_EQ(text("{\"__entity\": {\"type\": \"A::B\", \"id\": \"i\\\"\"}}"), "A::B::\"i\\\"\"");
  EXPECT_EQ(text("{\"__extn\": {\"fn\": \"decimal\", \"arg\": \"1.50\"}}"), "decimal(\"1.5000\")");
  EXPECT_EQ(text("{\"__extn\": {\"fn\": \"ip\", \"args\": [\"::1/64\"]}}"), "ip(\"0:0:0:0:0:0:0:1/64\")");
  EXPECT_EQ(text("{\"__extn\": {\"fn\": \"offset\", \"args\": [{\"__extn\": {\"fn\": \"datetime\", \"arg\": "
                 "\"1970-01-02\"}}, {\"__extn\": {\"fn\": \"duration\", \"arg\": \"-1ms\"}}]}}"),
            "datetime(\"1970-01-01\").offset(duration(\"86399999ms\"))");
  EXPECT_EQ(text("{\"__entity\": {\"type\": \"a b\", \"id\": \"\"}}"),
            "/__entity/type \"a b\" is no entity type");
  EXPECT_EQ(text("[1, 2.0]"), "/1 expected a whole number of 64 bits");
  EXPECT_EQ(text("{\"a/b\": [null]}"), "/a~1b/0 expected a value, not null");
  EXPECT_EQ(text("{\"__extn\": {\"fn\": \"ip\", \"arg\": \"x\"}}"), "/__extn this text is not an IP address");
}

TEST(JsonData, EntitiesAndRequests) {
  const json::Document document =
      doc("[{\"uid\": {\"type\": \"U\", \"id\": \"u\"}, \"attrs\": {\"a\": 1}, \"parents\": "
          "[\"G::\\\"g\\\"\"], \"tags\": "
          "{\"t\": 2}}, {\"uid\": \"G::\\\"g\\\"\", \"parents\": [{\"type\": \"G\", \"id\": \"h\"}]}]");
  const Result<Entities> entities = entities_from_json(document.root());
  ASSERT_TRUE(entities.has_value()) << entities.error().text();
  EXPECT_TRUE(entities->is_in({"U", "u"}, {"G", "h"}));
  EXPECT_FALSE(entities->is_in({"G", "h"}, {"U", "u"}));
  EXPECT_EQ(entities->tags({"U", "u"})->text(), "{\"t\": 2}");
  EXPECT_EQ(entities->attributes({"G", "h"}), nullptr);
  const std::string text = to_json(*entities);
  const json::Document again = doc(text);
  EXPECT_EQ(to_json(entities_from_json(again.root()).value()), text);

  const auto error = [](std::string_view json) {
    const json::Document bad = doc(json);
    const Result<Entities> out = entities_from_json(bad.root());
    return out ? "accepted" : out.error().where + " " + out.error().message;
  };
  EXPECT_EQ(error("{}"), " expected a list of entities");
  EXPECT_EQ(error("[{\"uid\": \"U::\\\"u\\\"\"}, {\"uid\": \"U::\\\"u\\\"\"}]"), "/1 U::\"u\" occurs twice");
  EXPECT_EQ(error("[{\"uid\": \"U::\\\"u\\\"\", \"parents\": [\"U::\\\"u\\\"\"]}]"),
            " U::\"u\" is its own ancestor");
  EXPECT_EQ(error("[{\"uid\": 1}]"), "/0/uid expected an entity: {\"type\": …, \"id\": …}");
  EXPECT_EQ(error("[{\"uid\": \"U::u\"}]").substr(0, 19), "/0/uid expected \"::");
  EXPECT_EQ(error("[{\"uid\": \"U::\\\"u\\\"\", \"attr\": {}}]"), "/0/attr unknown key");

  const json::Document good =
      doc("{\"principal\": \"U::\\\"u\\\"\", \"action\": {\"type\": \"Action\", \"id\": \"a\"}, "
          "\"resource\": \"R::\\\"r\\\"\", \"context\": {\"x\": 1}}");
  const Result<Request> request = request_from_json(good.root());
  ASSERT_TRUE(request.has_value()) << request.error().text();
  EXPECT_EQ(request->context.text(), "{\"x\": 1}");
  const json::Document bad = doc("{\"principal\": \"U::\\\"u\\\"\"}");
  EXPECT_EQ(request_from_json(bad.root()).error().where, "/action");
}

}  // namespace
}  // namespace weir::policy

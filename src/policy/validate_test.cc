// Schemas and the validator: what is accepted, what is refused and where it points. (That both agree with the
// published engine is tests/suites/policy_differential's to show.)
#include "policy/validate.h"

#include <gtest/gtest.h>

#include "base/embedded.h"
#include "base/limits.h"
#include "policy/label_attributes.h"
#include "policy/test_support.h"

namespace weir::policy {
namespace {

constexpr std::string_view kSchema = R"(
namespace App { entity Doc in [Folder] { owner: User, size?: Long, meta: { a?: { b: String } } } tags Set<String>; }
entity Folder;
entity User in [Group] { age: Long, home: ipaddr, "x y"?: Bool };
entity Group, Color enum ["red"];
type Where = { at: datetime, for?: duration, level: decimal };
action read, "all" appliesTo { principal: User, resource: [App::Doc, Folder], context: Where };
action write in [read] appliesTo { principal: [User], resource: App::Doc };
)";

std::string schema_error(std::string_view text) {
  const Result<Schema> out = Schema::parse(text, "s");
  return out ? "accepted" : out.error().text();
}

// The findings of one policy with this scope and condition, one a line.
std::string findings(std::string_view text, const Schema& schema) {
  std::string out;
  for (const Finding& finding : validate(testing::parsed(text), schema)) {
    out += (finding.kind == Finding::Kind::warning ? "warning " : "") + to_error(finding).text() + "\n";
  }
  return out;
}

const Schema& sample() {
  static const Schema kOut = [] {
    // Enumerated types stand alone.
    std::string text(kSchema);
    text.replace(text.find("entity Group, Color enum"), 24, "entity Group; entity Color enum");
    Result<Schema> out = Schema::parse(text, "s");
    EXPECT_TRUE(out.has_value()) << out.error().text();
    return std::move(*out);
  }();
  return kOut;
}

TEST(Schema, SaysWhatItMeans) {
  const Schema& schema = sample();
  EXPECT_EQ(schema.entity_types().size(), 5u);
  EXPECT_EQ(schema.entity_type("App::Doc")->attributes.at("owner").type->text(), "User");
  EXPECT_EQ(schema.entity_type("App::Doc")->attributes.at("meta").type->text(), "{a?: {b: String}}");
  EXPECT_EQ(schema.entity_type("App::Doc")->tags->text(), "Set<String>");
  EXPECT_TRUE(schema.may_be_in("App::Doc", "Folder"));
  EXPECT_FALSE(schema.may_be_in("Folder", "App::Doc"));
  const ActionType* write = schema.action({"Action", "write"});
  ASSERT_NE(write, nullptr);
  EXPECT_TRUE(write->ancestors.contains({"Action", "read"}));
  EXPECT_EQ(schema.action({"Action", "all"})->context.at("for").type->text(), "duration");
}

TEST(Schema, ErrorsPointAtTheirPlace) {
  const struct {
    std::string_view text;
    std::string_view expected;
  } cases[] = {
      {"entity A { a: Strnig };", "s:1:15: there is no type Strnig (did you mean \"String\"?)"},
      {"entity A;\nentity A;", "s:2:8: A is declared twice"},
      {"entity A { a: Long, a: Bool };", "s:1:21: the attribute \"a\" occurs twice"},
      {"entity Action;", "s:1:8: Action is the type of all actions"},
      {"entity A in B;", "s:1:13: there is no entity type B"},
      {"entity A {\n  a Long };", "s:2:5: expected \":\", found \"Long\""},
      {"type Set = Long;", "s:1:6: Set is a word of the schema language"},
      {"type A = B; type B = A;", "s:1:6: A is made of itself"},
      {"entity A; type A = Long; namespace N { entity A; }",
       "s:1:47: A is also declared outside of the namespace"},
      {"action a in a;", "s:1:8: the action \"a\" is in itself"},
      {"action a in b;", "s:1:13: there is no action Action::\"b\""},
      {"entity A; action a appliesTo { principal: A };", "s:1:20: appliesTo needs a resource"},
      {"entity A; action a appliesTo { principal: A, resource: [] };",
       "s:1:46: no resource at all: leave out appliesTo"},
      {"entity A; action a appliesTo { principal: A, resource: A, context: A };",
       "s:1:68: there is no common type A"},
      {"namespace __cedar {}", "s:1:11: names with __cedar are Cedar's own"},
      {"entity if;", "s:1:8: \"if\" is a reserved word"},
      {"entity A enum [];", "s:1:16: expected an entity id, as a string literal, found \"]\""},
      {"entity A = Long;", "s:1:12: expected \"{\", found \"Long\""},
      {"@x @x entity A;", "s:1:4: the annotation \"@x\" occurs twice"},
      {"entity A;\n\xff", "s:2:1: this line is not well-formed UTF-8"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(schema_error(c.text).substr(0, c.expected.size()), c.expected) << c.text;
  }
}

TEST(Schema, JsonErrorsPointAtTheirPlace) {
  const auto error = [](std::string_view text) {
    const Result<Schema> out = Schema::from_json(text, "s");
    return out ? "accepted" : out.error().text();
  };
  EXPECT_EQ(error("{\"\": {\"entityTypes\": {\"A\": {}}, \"actions\": {}}}"), "accepted");
  EXPECT_EQ(error("{\"\": {\"entityTypes\": {}}}"), "s:1:6: expected \"actions\": an object");
  EXPECT_EQ(error("{\"\": {\"entityTypes\": {\"A\": {\"shap\": 1}}, \"actions\": {}}}"),
            "s:1:29: unknown key \"shap\" (did you mean \"shape\"?)");
  EXPECT_EQ(error("{\"\": {\"entityTypes\": {\"A\":\n{\"shape\": {\"type\": \"Lnog\"}}}, \"actions\": {}}}"),
            "s:2:11: there is no common type Lnog (did you mean \"Long\"?)");
  EXPECT_EQ(error("{\"\": {\"entityTypes\": {\"A\": {\"shape\": {\"type\": \"Long\"}}}, \"actions\": {}}}"),
            "s:1:38: expected a record");
  EXPECT_EQ(error("{\"\": {\"entityTypes\": {\"A\": {\"tags\": {\"type\": \"Set\"}}}, \"actions\": {}}}"),
            "s:1:37: expected \"element\"");
}

TEST(Schema, SizesAreBounded) {
  const auto chain = [](int doublings) {
    std::string text = "type T0 = { a: Long };";
    for (int i = 1; i <= doublings; ++i) {
      text += "type T" + std::to_string(i) + " = { a: T" + std::to_string(i - 1) + ", b: T" +
              std::to_string(i - 1) + " };";
    }
    return text;
  };
  EXPECT_EQ(schema_error(chain(14)), "accepted");
  EXPECT_EQ(Schema::parse(chain(16), "s").error().code, Code::too_large) << "2^16 parts, written out";
  const auto nested = [](int levels) {
    std::string text = "type T = ";
    for (int i = 0; i < levels; ++i) text += "Set<";
    text += "Long";
    for (int i = 0; i < levels; ++i) text += ">";
    return text + ";";
  };
  EXPECT_EQ(schema_error(nested(limits::kPolicyDepthMax - 1)), "accepted");
  EXPECT_EQ(Schema::parse(nested(limits::kPolicyDepthMax), "s").error().code, Code::too_large);
  EXPECT_EQ(Schema::parse(nested(100'000), "s").error().code, Code::too_large);
  const auto types = [](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += "entity E" + std::to_string(i) + ";";
    return text;
  };
  EXPECT_EQ(schema_error(types(limits::kSchemaTypesMax)), "accepted");
  EXPECT_EQ(Schema::parse(types(limits::kSchemaTypesMax + 1), "s").error().code, Code::too_large);
  EXPECT_EQ(Schema::parse(std::string(limits::kPolicyBytesMax + 1, ' '), "s").error().code, Code::too_large);
}

TEST(Validate, FindingsPointAtTheirPlace) {
  const struct {
    std::string_view scope;
    std::string_view condition;
    std::string_view expected;  // all of it
  } cases[] = {
      {"principal, action, resource", "principal.age > 18", ""},
      {"principal, action, resource", "principal.agee > 18",
       "t:1:53: User has no attribute \"agee\" (did you mean \"age\"?)\n"},
      {"principal, action, resource == App::Doc::\"d\"", "resource.size > 1",
       "t:1:69: the attribute \"size\" may be missing here (ask first: … has size && …)\n"},
      {"principal, action, resource == App::Doc::\"d\"", "resource has size && resource.size > 1", ""},
      {"principal, action, resource == App::Doc::\"d\"",
       "resource.meta has a.b && resource.meta.a.b like \"x\"", ""},
      {"principal, action, resource == App::Doc::\"d\"", "resource.getTag(\"a\").isEmpty()",
       "t:1:69: this tag may be missing here (ask first: ….hasTag(…) && …)\n"},
      {"principal, action, resource == App::Doc::\"d\"",
       "resource.hasTag(\"a\") && resource.getTag(\"a\").isEmpty()", ""},
      {"principal == Usr::\"u\", action, resource", "true",
       "t:1:21: there is no entity type Usr (did you mean \"User\"?)\n"
       "warning t:1:1: no action that this policy names applies to a principal and a resource that it "
       "names\n"},
      {"principal, action == Action::\"raed\", resource", "true",
       "t:1:29: there is no action Action::\"raed\" (did you mean \"read\"?)\n"
       "warning t:1:1: this policy can never match\n"
       "warning t:1:1: no action that this policy names applies to a principal and a resource that it "
       "names\n"},
      {"principal is Group, action, resource", "true",
       "warning t:1:1: this policy can never match\n"
       "warning t:1:1: no action that this policy names applies to a principal and a resource that it "
       "names\n"},
      {"principal, action, resource", "principal == Color::\"blue\"",
       "t:1:57: there is no Color::\"blue\" (one of: red)\nwarning t:1:1: this policy can never match\n"},
      {"principal, action, resource", "principal.age == \"x\"",
       "t:1:58: the two sides are of different types: Long and String\n"},
      {"principal, action, resource", "principal.home.isInRange(ip(\"10.0.0.0/33\"))",
       "t:1:72: \"10.0.0.0/33\" is not an IP address (such as 10.0.0.1 or 10.0.0.0/8)\n"},
      {"principal, action == Action::\"all\", resource", "context.level < context.level",
       "t:1:68: expected Long, datetime or duration, got decimal (decimals are compared with lessThan and "
       "its like)\n"},
      {"principal, action, resource", "context.at == datetime(\"2024-01-01\")",
       "t:1:51: the context has no attribute \"at\" for Action::\"write\"\n"},
      {"principal, action, resource", "[].contains(1)", "t:1:44: an empty set has no type here\n"},
      {"principal, action, resource", "1 + principal.age", "t:1:46: expected Bool, got Long\n"},
  };
  for (const auto& c : cases) {
    const std::string text =
        "permit(" + std::string(c.scope) + ") when { " + std::string(c.condition) + " };";
    EXPECT_EQ(findings(text, sample()), c.expected) << text;
  }
}

TEST(Validate, TemplatesAndLinks) {
  PolicySet set =
      testing::parsed("permit(principal in ?principal, action, resource) when { principal.age > 1 };");
  EXPECT_TRUE(validate(set, sample()).empty());
  ASSERT_TRUE(set.link("policy0", "good", EntityUid{"Group", "g"}, std::nullopt).has_value());
  EXPECT_TRUE(check_valid(set, sample()).has_value());
  ASSERT_TRUE(set.link("policy0", "bad", EntityUid{"Grop", "g"}, std::nullopt).has_value());
  const Status status = check_valid(set, sample());
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().text(), "t:1:1: there is no entity type Grop (did you mean \"Group\"?)");
}

TEST(Validate, TimeIsBounded) {
  // Each `has` hands on what all before it found.
  std::string text = "permit(principal, action, resource) when { ";
  for (int i = 0; i < 20'000; ++i) text += "principal has a" + std::to_string(i) + " || true && ";
  const Result<PolicySet> set = PolicySet::parse(text + "true };", "t");
  ASSERT_TRUE(set.has_value());
  std::string schema = "entity R; entity U { ";
  for (int i = 0; i < 20'000; ++i) schema += "a" + std::to_string(i) + "?: Long, ";
  schema += "}; ";
  for (int i = 0; i < 100; ++i)
    schema += "action a" + std::to_string(i) + " appliesTo { principal: U, resource: R };";
  const Result<Schema> parsed = Schema::parse(schema, "s");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  const std::vector<Finding> findings = validate(*set, *parsed);
  ASSERT_FALSE(findings.empty());
  EXPECT_TRUE(findings[0].message.starts_with("too much to validate")) << findings[0].message;
}

TEST(WeirSchema, SaysWhatGuardPutsIn) {
  const AttributeTable table = label_attributes();
  const Attributes& context = weir_schema().action({"Action", "any/tool"})->context;
  ASSERT_EQ(context.size(), table.size());
  for (const auto& [name, attribute] : table) {
    const auto it = context.find(name);
    ASSERT_NE(it, context.end()) << name;
    EXPECT_TRUE(it->second.is_required) << name;
    const std::string_view type = attribute.type == Attribute::Type::boolean  ? "Bool"
                                  : attribute.type == Attribute::Type::string ? "String"
                                                                              : "Set<String>";
    EXPECT_EQ(it->second.type->text(), type) << name;
  }
}

TEST(WeirSchema, CatchesWhatIsMisspelt) {
  EXPECT_EQ(findings(embedded_file("policies/default.cedar"), weir_schema()), "");
  EXPECT_EQ(
      findings("forbid(principal, action, resource) unless { context.trustd };", weir_schema()),
      "t:1:53: the context has no attribute \"trustd\" for Action::\"answer\" (did you mean \"trusted\"?)\n"
      "t:1:53: the context has no attribute \"trustd\" for Action::\"any/tool\" (did you mean "
      "\"trusted\"?)\n");
  const std::vector<std::string> tools = {"files/read", "mail/send"};
  const Result<Schema> schema = weir_schema(tools);
  ASSERT_TRUE(schema.has_value()) << schema.error().text();
  EXPECT_EQ(findings("permit(principal, action == Action::\"files/read\", resource == Server::\"files\");",
                     *schema),
            "");
  EXPECT_EQ(findings("permit(principal, action == Action::\"files/reed\", resource);", *schema).substr(0, 82),
            "t:1:29: there is no action Action::\"files/reed\" (did you mean \"files/read\"?)\nwarni");
  EXPECT_EQ(
      named_tools(testing::parsed("permit(principal, action in [Action::\"b\", Action::\"a\"], resource);")),
      (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace weir::policy

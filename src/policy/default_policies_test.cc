// policies/default.cedar: each rule by example, and what must hold for every context.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "base/embedded.h"
#include "policy/label_attributes.h"
#include "policy/test_support.h"

namespace weir::policy {
namespace {

const PolicySet& defaults() {
  static const PolicySet kSet = testing::parsed(embedded_file("policies/default.cedar"));
  return kSet;
}

using Context = std::map<std::string, Value>;

// A call of a declared tool without side effect, in a trusted context.
Context calm() {
  return {{"mode", "guard"},
          {"effects", Value::set({"read"})},
          {"known", true},
          {"drifted", false},
          {"side_effect", false},
          {"trusted", true},
          {"untrusted_roles", Value::set({})},
          {"copied_roles", Value::set({})},
          {"remote", false},
          {"leaks", false},
          {"url_copied_whole", false},
          {"granted", false},
          {"released", false},
          {"intent", "off"},
          {"over_budget", false}};
}

Value record(const Context& context) {
  return Value::record({context.begin(), context.end()});
}

// "decision: ids".
std::string decided(const Context& context) {
  Request request{{"Agent", "a"}, {"Action", "files/read"}, {"Server", "files"}, record(context)};
  EXPECT_TRUE(check_context(request.context, label_attributes()).has_value());
  const Outcome out = decide(defaults(), request);
  EXPECT_TRUE(out.errors.empty());
  std::string text = std::string(to_string(out.decision)) + ":";
  for (const Determining& d : out.determining) text += " " + d.policy_id;
  return text;
}

std::string decided_with(const std::vector<std::pair<std::string, Value>>& changes) {
  Context context = calm();
  for (const auto& [name, value] : changes) context[name] = value;
  return decided(context);
}

TEST(DefaultPolicies, LoadAndAreMonotone) {
  EXPECT_EQ(defaults().policies().size(), 9u);
  const Status status = check_monotone(defaults(), label_attributes());
  EXPECT_TRUE(status.has_value()) << status.error().text();
}

TEST(DefaultPolicies, ByExample) {
  const Value selector = Value::set({"selector"});
  const Value command = Value::set({"command"});
  const Value recipient = Value::set({"recipient"});
  const struct {
    const char* what;
    std::vector<std::pair<std::string, Value>> changes;
    const char* expected;
  } cases[] = {
      {"reading", {}, "allow: known-tools"},
      {"reading after untrusted data", {{"trusted", false}}, "allow: known-tools"},
      {"reading by a local untrusted selector",
       {{"trusted", false}, {"untrusted_roles", selector}},
       "allow: known-tools"},
      {"reading by a remote trusted selector", {{"remote", true}}, "allow: known-tools"},
      {"reading by a remote untrusted selector",
       {{"remote", true}, {"untrusted_roles", selector}},
       "ask: remote-selector"},
      {"a URL that a stranger wrote, whole",
       {{"remote", true}, {"untrusted_roles", selector}, {"url_copied_whole", true}},
       "allow: known-tools"},
      {"a search that was granted",
       {{"remote", true}, {"untrusted_roles", selector}, {"granted", true}},
       "allow: known-tools"},
      {"reading to an untrusted recipient", {{"untrusted_roles", recipient}}, "ask: untrusted-authority"},
      {"a side effect on the user's words", {{"side_effect", true}}, "allow: known-tools"},
      {"the same with an untrusted amount",
       {{"side_effect", true}, {"untrusted_roles", Value::set({"amount"})}},
       "ask: untrusted-authority"},
      {"untrusted content decides nothing",
       {{"side_effect", true}, {"untrusted_roles", Value::set({"content"})}},
       "allow: known-tools"},
      {"the same, granted",
       {{"side_effect", true}, {"untrusted_roles", recipient}, {"granted", true}},
       "allow: known-tools"},
      {"intent vouches for no argument",
       {{"side_effect", true}, {"untrusted_roles", recipient}, {"intent", "yes"}},
       "ask: untrusted-authority"},
      {"a side effect after untrusted data",
       {{"side_effect", true}, {"trusted", false}},
       "ask: untrusted-context"},
      {"the same, granted",
       {{"side_effect", true}, {"trusted", false}, {"granted", true}},
       "allow: known-tools"},
      {"the same, intended",
       {{"side_effect", true}, {"trusted", false}, {"intent", "yes"}},
       "allow: known-tools"},
      {"the same, not intended",
       {{"side_effect", true}, {"trusted", false}, {"intent", "no"}},
       "ask: untrusted-context"},
      {"a command written after untrusted data",
       {{"side_effect", true}, {"trusted", false}, {"untrusted_roles", command}},
       "ask: untrusted-authority untrusted-context"},
      {"a command that was copied",
       {{"side_effect", true}, {"untrusted_roles", command}, {"copied_roles", command}},
       "deny: copied-command untrusted-authority"},
      {"the same, granted",
       {{"side_effect", true},
        {"copied_roles", command},
        {"granted", true},
        {"released", true},
        {"intent", "yes"}},
       "deny: copied-command"},
      {"a copied recipient can be approved",
       {{"side_effect", true}, {"untrusted_roles", recipient}, {"copied_roles", recipient}},
       "ask: untrusted-authority"},
      {"a leak", {{"side_effect", true}, {"leaks", true}}, "ask: leak"},
      {"a grant releases nothing", {{"side_effect", true}, {"leaks", true}, {"granted", true}}, "ask: leak"},
      {"a leak that was released",
       {{"side_effect", true}, {"leaks", true}, {"released", true}},
       "allow: known-tools"},
      {"over budget", {{"over_budget", true}, {"granted", true}}, "ask: over-budget"},
      {"an unknown server", {{"known", false}, {"granted", true}}, "deny: unknown-tool"},
      {"a drifted tool", {{"drifted", true}, {"granted", true}}, "deny: drifted-tool"},
  };
  for (const auto& c : cases) EXPECT_EQ(decided_with(c.changes), c.expected) << c.what;
}

Value any_roles() {
  std::vector<Value> out;
  for (const char* role : {"selector", "target", "recipient", "command", "amount", "content"}) {
    if (*rc::gen::inRange(0, 3) == 0) out.push_back(role);
  }
  return Value::set(std::move(out));
}

Context any_context() {
  Context context = calm();
  for (auto& [name, value] : context) {
    if (value.is(Value::Kind::boolean)) value = *rc::gen::arbitrary<bool>();
  }
  // Mostly known and not drifted: else nearly everything is a denial.
  context["known"] = *rc::gen::inRange(0, 8) != 0;
  context["drifted"] = *rc::gen::inRange(0, 8) == 0;
  context["intent"] = *rc::gen::element(std::string("off"), std::string("yes"), std::string("no"));
  context["mode"] = *rc::gen::element(std::string("watch"), std::string("guard"), std::string("seal"));
  context["untrusted_roles"] = any_roles();
  context["copied_roles"] = any_roles();
  return context;
}

Decision decision(const Context& context) {
  return decide(defaults(), {{}, {}, {}, record(context)}).decision;
}

RC_GTEST_PROP(DefaultPolicies, WorseNeverRelaxes, ()) {
  const Context before = any_context();
  const Decision decided_before = decision(before);
  for (const auto& [name, attribute] : label_attributes()) {
    std::vector<Value> worse;
    if (attribute.polarity == Polarity::worse_when_true) worse = {true};
    if (attribute.polarity == Polarity::worse_when_false) worse = {false};
    if (attribute.polarity == Polarity::worse_when_present) {
      for (const char* role : {"selector", "target", "recipient", "command", "amount", "content"}) {
        Value::Set more = before.at(name).set();
        more.push_back(role);
        worse.push_back(Value::set(std::move(more)));
      }
    }
    for (const Value& value : worse) {
      Context after = before;
      after[name] = value;
      RC_ASSERT(decision(after) >= decided_before);
    }
  }
}

RC_GTEST_PROP(DefaultPolicies, NoGrantLiftsADenial, ()) {
  Context context = any_context();
  RC_PRE(decision(context) == Decision::deny);
  context["granted"] = true;
  context["released"] = true;
  context["intent"] = "yes";
  RC_ASSERT(decision(context) == Decision::deny);
}

TEST(DefaultPolicies, NothingUnknownIsAllowed) {
  EXPECT_EQ(decide(defaults(), {}).decision, Decision::deny);
  for (const char* name : {"known", "drifted", "copied_roles", "untrusted_roles", "side_effect", "leaks",
                           "remote", "over_budget"}) {
    Context context = calm();
    context.erase(name);
    EXPECT_EQ(decision(context), Decision::deny) << name;
    context[name] = 7;
    EXPECT_EQ(decision(context), Decision::deny) << name;
  }
}

}  // namespace
}  // namespace weir::policy

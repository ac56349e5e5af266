// What must hold of every set of policies: the promises by name, on random policies, with a naive evaluator
// beside the real one. (label_monotone for what check_monotone() accepts is in monotone_test.cc.)
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/embedded.h"
#include "policy/label_attributes.h"
#include "policy/monotone.h"
#include "policy/naive_evaluator.h"
#include "policy/test_support.h"

namespace weir::policy {
namespace {

using testing::naive_decide;
using testing::NaiveOutcome;

// Random policies over testing::sample_request(), from a tape of choices; an empty tape gives the smallest.
class Writer {
 public:
  explicit Writer(const std::vector<uint8_t>& tape) : tape_(tape) {}

  std::vector<std::string> policies() {
    std::vector<std::string> out;
    const size_t count = pick(6);
    for (size_t i = 0; i < count; ++i) {
      std::string text = "@id(\"p" + std::to_string(i) + "\") ";
      const size_t effect = pick(4);
      text += effect < 2 ? "permit" : effect == 2 ? "forbid" : "@approve(\"w\") forbid";
      text += "(" + one_of({"principal", "principal == User::\"alice\"", "principal in Group::\"all\"",
                            "principal is User", "principal is User in Group::\"g\"",
                            "principal == User::\"bob\"", "principal in Group::\"x\""});
      text += ", " + one_of({"action", "action == Action::\"read\"",
                             "action in [Action::\"read\", Action::\"write\"]", "action == Action::\"write\"",
                             "action in []"});
      text += ", " +
              one_of({"resource", "resource is App::File", "resource == App::File::\"f\"",
                      "resource == App::File::\"g\""}) +
              ")";
      const size_t conditions = pick(3);
      for (size_t k = 0; k < conditions; ++k) {
        text += (pick(3) == 0 ? " unless { " : " when { ") + any(static_cast<int>(pick(4))) + " }";
      }
      out.push_back(text + ";\n");
    }
    return out;
  }

 private:
  size_t pick(size_t below) { return at_ < tape_.size() ? tape_[at_++] % below : 0; }
  std::string one_of(std::initializer_list<const char*> list) { return list.begin()[pick(list.size())]; }

  // Of any type: type errors are part of the language.
  std::string any(int depth) {
    if (depth <= 0) {
      return one_of({"true",
                     "false",
                     "context.t",
                     "context.f",
                     "context.n",
                     "context.max",
                     "context.s",
                     "context.set",
                     "context.users",
                     "context.mixed",
                     "context.r",
                     "context.r.a",
                     "principal",
                     "principal.age",
                     "principal.boss",
                     "resource",
                     "action",
                     "User::\"bob\"",
                     "Group::\"all\"",
                     "1",
                     "\"hello\"",
                     "[]",
                     "[1, 2]",
                     "decimal(\"1.5\")",
                     "ip(\"10.0.0.1\")",
                     "datetime(\"2024-01-01\")",
                     "duration(\"1h\")",
                     "context.absent",
                     "(principal has age)",
                     "(context has r.a.b)",
                     "(context has nope)"});
    }
    const int d = depth - 1;
    const std::string a = any(d);
    switch (pick(14)) {
      case 0:
        return "(" + a + " && " + any(d) + ")";
      case 1:
        return "(" + a + " || " + any(d) + ")";
      case 2:
        return "(!" + a + ")";
      case 3:
        return "(if " + a + " then " + any(d) + " else " + any(d) + ")";
      case 4:
      case 5:
        return "(" + a + one_of({" == ", " != ", " < ", " <= ", " > ", " >= "}) + any(d) + ")";
      case 6:
        return "(" + a + one_of({" + ", " - ", " * "}) + any(d) + ")";
      case 7:
        return "(" + a + " in " + any(d) + ")";
      case 8:
        return a +
               one_of({".contains(", ".containsAll(", ".containsAny(", ".hasTag(", ".getTag(", ".isInRange(",
                       ".lessThan(", ".offset(", ".durationSince("}) +
               any(d) + ")";
      case 9:
        return a + one_of({".isEmpty()", ".isIpv4()", ".toDate()", ".toTime()", ".toHours()", ".a", ".b"});
      case 10:
        return "(" + a +
               one_of({" is User", " is User in Group::\"g\"", " like \"h*\"", " has a", " has a.b"}) + ")";
      case 11:
        return "[" + a + ", " + any(d) + "]";
      case 12:
        return "{a: " + a + ", b: " + any(d) + "}";
      default:
        return a;
    }
  }

  const std::vector<uint8_t>& tape_;
  size_t at_ = 0;
};

std::vector<std::string> random_policies() {
  const auto tape = *rc::gen::resize(300, rc::gen::arbitrary<std::vector<uint8_t>>());
  return Writer(tape).policies();
}

PolicySet set_of(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text;
  return testing::parsed(all);
}

NaiveOutcome outcome(const PolicySet& set, Semantics semantics) {
  const Entities entities = testing::sample_entities();
  const Outcome out = decide(set, testing::sample_request(), entities, semantics);
  NaiveOutcome plain{out.decision, {}, {}};
  for (const Determining& d : out.determining) plain.determining.insert(d.policy_id);
  for (const PolicyError& e : out.errors) plain.errors.insert(e.policy_id);
  return plain;
}

RC_GTEST_PROP(Properties, both_evaluators_agree, ()) {
  const std::vector<std::string> texts = random_policies();
  const PolicySet set = set_of(texts);
  const Entities entities = testing::sample_entities();
  for (const Semantics semantics : {Semantics::weir, Semantics::cedar}) {
    if (!(outcome(set, semantics) == naive_decide(set, testing::sample_request(), entities, semantics))) {
      std::string all;
      for (const std::string& text : texts) all += text;
      RC_FAIL(all);
    }
  }
  RC_CLASSIFY(outcome(set, Semantics::cedar).decision == Decision::allow, "allow");
  RC_CLASSIFY(!outcome(set, Semantics::cedar).errors.empty(), "with an erring policy");
}

RC_GTEST_PROP(Properties, default_deny, ()) {
  std::vector<std::string> texts = random_policies();
  const Entities entities = testing::sample_entities();
  // Without a permit that matches, and for weir with one that errs, nothing is let through.
  bool any_permit = false;
  bool any_error = false;
  for (const std::string& text : texts) {
    const PolicySet one = set_of({text});
    const auto match =
        testing::NaiveEvaluator(one.policies()[0], testing::sample_request(), entities).matches();
    any_error |= !match;
    any_permit |= match.value_or(false) && !one.policies()[0].is_forbid;
  }
  const PolicySet set = set_of(texts);
  if (!any_permit) RC_ASSERT(outcome(set, Semantics::cedar).decision == Decision::deny);
  if (!any_permit || any_error) RC_ASSERT(outcome(set, Semantics::weir).decision == Decision::deny);
}

RC_GTEST_PROP(Properties, forbid_trumps_permit, ()) {
  std::vector<std::string> texts = random_policies();
  texts.push_back("@id(\"no\") forbid(principal, action, resource);");
  texts.push_back("@id(\"yes\") permit(principal, action, resource);");
  RC_ASSERT(outcome(set_of(texts), Semantics::weir).decision == Decision::deny);
  RC_ASSERT(outcome(set_of(texts), Semantics::cedar).decision == Decision::deny);
}

RC_GTEST_PROP(Properties, order_independent, ()) {
  std::vector<std::string> texts = random_policies();
  const NaiveOutcome before = outcome(set_of(texts), Semantics::weir);
  const NaiveOutcome cedar_before = outcome(set_of(texts), Semantics::cedar);
  for (size_t i = texts.size(); i > 1; --i) std::swap(texts[i - 1], texts[*rc::gen::inRange<size_t>(0, i)]);
  RC_ASSERT(outcome(set_of(texts), Semantics::weir) == before);
  RC_ASSERT(outcome(set_of(texts), Semantics::cedar) == cedar_before);
}

// A policy more, whatever it says, that is a forbid: never more is let through.
RC_GTEST_PROP(Properties, forbid_only_restricts, ()) {
  std::vector<std::string> texts = random_policies();
  const Decision before = outcome(set_of(texts), Semantics::weir).decision;
  std::vector<std::string> more = random_policies();
  for (size_t i = 0; i < more.size(); ++i) {
    if (more[i].find("permit(") != std::string::npos) continue;
    texts.push_back("@id(\"q" + std::to_string(i) + "\")" + more[i].substr(more[i].find(')') + 1));
  }
  RC_ASSERT(outcome(set_of(texts), Semantics::weir).decision >= before);
}

// A worse label never turns deny or ask into allow: the shipped policies with any forbid of labels added,
// each label made worse on its own.
RC_GTEST_PROP(Properties, label_monotone, ()) {
  const auto flag = [] { return *rc::gen::arbitrary<bool>(); };
  const auto roles = [&] {
    std::vector<Value> out;
    for (const char* role : {"selector", "target", "recipient", "command", "amount"}) {
      if (flag()) out.emplace_back(role);
    }
    return out;
  };
  std::map<std::string, Value> context;
  for (const auto& [name, attribute] : label_attributes()) {
    context[name] = attribute.type == Attribute::Type::boolean  ? Value(flag())
                    : attribute.type == Attribute::Type::string ? Value(flag() ? "yes" : "guard")
                                                                : Value::set(roles());
  }
  const PolicySet set = testing::parsed(embedded_file("policies/default.cedar"));
  const auto decided = [&] {
    Request request{{"Session", "s"}, {"Action", "a/b"}, {"Server", "a"}};
    request.context = Value::record({context.begin(), context.end()});
    const Entities none;
    const NaiveOutcome naive = naive_decide(set, request, none, Semantics::weir);
    RC_ASSERT(naive.decision == decide(set, request, none).decision);
    return naive.decision;
  };
  const Decision before = decided();
  for (const auto& [name, attribute] : label_attributes()) {
    const Value old = context[name];
    switch (attribute.polarity) {
      case Polarity::neutral:
        continue;
      case Polarity::worse_when_true:
        context[name] = true;
        break;
      case Polarity::worse_when_false:
        context[name] = false;
        break;
      case Polarity::worse_when_present:
      case Polarity::better_when_present: {
        std::vector<Value> more = old.set();
        if (attribute.polarity == Polarity::better_when_present)
          more.clear();
        else
          for (const Value& role : roles()) more.push_back(role);
        context[name] = Value::set(more);
      }
    }
    RC_ASSERT(decided() >= before);
    context[name] = old;
  }
}

}  // namespace
}  // namespace weir::policy

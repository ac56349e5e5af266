#include <gtest/gtest.h>

#include "base/embedded.h"
#include "policy/json_data.h"
#include "review/learn.h"
#include "review/what_if.h"

namespace weir::review {
namespace {

policy::PolicySet shipped(const std::string& name) {
  auto set = policy::PolicySet::parse(embedded_file("policies/" + name + ".cedar"), name);
  EXPECT_TRUE(set.has_value());
  return std::move(*set);
}

struct Call {
  std::string tool = "mail/send";
  std::string decision = "ask";
  bool enforced = false;
  std::string policies = R"(["untrusted-context"])";
  std::string args = "{}";
  std::string values = "{}";
  std::string context_origins = R"(["tool:mail/search mailto:a@x.org"])";
};

std::string request(const std::string& tool, const std::string& roles, const std::string& effects,
                    bool leaks) {
  return R"({"principal":{"type":"Session","id":"1"},"action":{"type":"Action","id":")" + tool +
         R"("},"resource":{"type":"Server","id":")" + tool.substr(0, tool.find('/')) +
         R"("},"context":{"mode":"guard","effects":)" + effects +
         R"(,"known":true,"drifted":false,"side_effect":true,"trusted":false,"untrusted_roles":)" + roles +
         R"(,"copied_roles":[],"remote":false,"leaks":)" + (leaks ? "true" : "false") +
         R"(,"url_copied_whole":false,"granted":false,"released":false,"intent":"off","over_budget":false}})";
}

class Log {
 public:
  void add(const Call& call, const std::string& request) {
    text_ += (text_.empty() ? "" : ",") + std::string(R"({"index":)") + std::to_string(index_++) +
             R"(,"entry":{"v":1,"type":"decision","time":"t","session":"s","call":"c","tool":")" + call.tool +
             R"(","decision":")" + call.decision + R"(","enforced":)" + (call.enforced ? "true" : "false") +
             R"(,"policies":)" + call.policies +
             R"(,"context":"untrusted"},"detail":{"why":"w","context":{"origins":)" + call.context_origins +
             R"(},"args":)" + call.args + R"(,"values":)" + call.values +
             (request.empty() ? "" : R"(,"request":)" + request) + "}}";
  }
  void raw(const std::string& entry) {
    text_ += (text_.empty() ? "" : ",") + std::string(R"({"index":)") + std::to_string(index_++) +
             R"(,"entry":)" + entry + "}";
  }
  std::vector<Recorded> read() const {
    const auto document = json::parse("[" + text_ + "]");
    EXPECT_TRUE(document.has_value()) << text_;
    auto recorded = read_recorded(document->root());
    EXPECT_TRUE(recorded.has_value()) << recorded.error().text();
    return std::move(*recorded);
  }

 private:
  std::string text_;
  int index_ = 0;
};

std::string argument(const std::string& pointer, const std::string& role, const std::string& origin) {
  return "\"" + pointer + R"(":{"integrity":"untrusted","origins":[")" + origin +
         R"("],"readers":["owner"],"role":")" + role + "\"}";
}

TEST(Recorded, ReadsDecisionsAndWhatAPersonSaid) {
  Log log;
  log.add({}, request("mail/send", "[]", R"(["send"])", false));
  log.raw(R"({"v":1,"type":"effect","time":"t","session":"s","call":"c","error":false})");
  log.add({.enforced = true}, "");
  log.raw(R"({"v":1,"type":"answer","time":"t","decision":2,"answer":"once"})");
  const auto recorded = log.read();
  ASSERT_EQ(recorded.size(), 2U);
  EXPECT_TRUE(recorded[0].went_through()) << "watched";
  ASSERT_TRUE(recorded[0].request.has_value());
  const auto again = json::parse(policy::to_json(*recorded[0].request));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(policy::request_from_json(again->root())->context, recorded[0].request->context);
  EXPECT_EQ(recorded[1].index, 2U);
  EXPECT_EQ(recorded[1].answer, "once");
  EXPECT_TRUE(recorded[1].went_through());
  EXPECT_FALSE(recorded[1].request.has_value());
  EXPECT_FALSE(read_recorded(json::Value()).has_value());
}

TEST(WhatIf, DecidesTheSameRequestsByOtherRules) {
  Log log;
  log.add({}, request("mail/send", "[]", R"(["send"])", false));
  log.add({.tool = "files/write"}, request("files/write", R"(["target"])", R"(["write"])", false));
  log.add({}, "");
  const auto recorded = log.read();
  const WhatIf same = what_if(recorded, shipped("default"));
  EXPECT_EQ(same.looked_at, 2U);
  EXPECT_EQ(same.without_request, 1U);
  EXPECT_TRUE(same.changed.empty());
  const WhatIf coding = what_if(recorded, shipped("coding"));
  ASSERT_EQ(coding.changed.size(), 1U);
  EXPECT_EQ(coding.changed[0].recorded->tool, "files/write");
  EXPECT_EQ(coding.changed[0].now, policy::Decision::allow);
  EXPECT_EQ(coding.count(policy::Decision::ask, policy::Decision::allow), 1U);
  EXPECT_EQ(what_if(recorded, shipped("strict")).count(policy::Decision::ask, policy::Decision::deny), 2U);
  EXPECT_EQ(what_if(recorded, policy::PolicySet()).changed[0].policies.front(), "default-deny");
}

Lesson lesson(const Log& log) {
  const auto recorded = log.read();
  const auto manifests = manifest::Manifests::shipped();
  EXPECT_TRUE(manifests.has_value());
  return learn(recorded, shipped("default"), *manifests);
}

TEST(Learn, OneTrustRuleForManyCallsBeatsAGrantForEach) {
  Log log;
  for (int i = 0; i < 3; ++i) {
    const std::string path = "/srv/out" + std::to_string(i) + "/f";
    log.add({.tool = "files/write",
             .args = "{" + argument("/path", "target", "tool:mail/search mailto:a@x.org") + "}",
             .values = R"({"/path":")" + path + "\"}"},
            request("files/write", R"(["target"])", R"(["write"])", false));
  }
  const Lesson out = lesson(log);
  ASSERT_EQ(out.proposals.size(), 1U);
  EXPECT_EQ(out.proposals[0].kind, Proposal::Kind::trust);
  EXPECT_EQ(out.proposals[0].text, "[[trust]]\norigin = \"mailto:a@x.org\"\nintegrity = \"trusted\"");
  EXPECT_EQ(out.proposals[0].risk, "whoever can send mail as a@x.org gives your agent orders");
  EXPECT_EQ(out.proposals[0].calls, 3U);
}

// Who an event says organised it, nobody checked: a rule for that name would change nothing.
TEST(Learn, ARuleGoesByAPrincipalOnlyWhereItCounts) {
  const auto text = [](const std::string& origin) {
    Log log;
    for (int i = 0; i < 2; ++i) {
      const std::string path = "/srv/out" + std::to_string(i) + "/f";
      log.add({.tool = "files/write",
               .args = "{" + argument("/path", "target", origin) + "}",
               .values = R"({"/path":")" + path + "\"}",
               .context_origins = "[\"" + origin + "\"]"},
              request("files/write", R"(["target"])", R"(["write"])", false));
    }
    const Lesson out = lesson(log);
    return out.proposals.empty() ? "" : out.proposals[0].text;
  };
  EXPECT_NE(text("tool:mail/read mailto:a@x.org").find("\"mailto:a@x.org\""), std::string::npos);
  EXPECT_NE(text("tool:calendar/read mailto:a@x.org").find("\"tool:calendar/read\""), std::string::npos);
  EXPECT_NE(text("tool:files/read file:/srv/a*b").find("weir grant"), std::string::npos);
  EXPECT_NE(text("user attachment").find("weir grant"), std::string::npos);
}

TEST(Learn, AGrantNamesWhatNobodyVouchedFor) {
  Log log;
  log.add({.tool = "bank/send_money",
           .args = "{" + argument("/recipient", "recipient", "model") + "," +
                   argument("/subject", "content", "model") + "}",
           .values = R"({"/recipient":"UK12*"})",
           .context_origins = R"(["model"])"},
          request("bank/send_money", R"(["recipient"])", R"(["pay"])", true));
  const Lesson out = lesson(log);
  ASSERT_EQ(out.proposals.size(), 1U) << "nobody can trust what a model said";
  EXPECT_EQ(out.proposals[0].text,
            R"(weir grant bank/send_money --arg '/recipient=UK12\*' --release --for 30d)");
  EXPECT_NE(out.proposals[0].risk.find("goes to that recipient"), std::string::npos);
}

TEST(Learn, ManyPlacesOfOneFolderBecomeAPattern) {
  Log log;
  for (const char* name : {"a", "b", "c"}) {
    log.add({.tool = "files/write",
             .args = "{" + argument("/path", "target", "model") + "}",
             .values = std::string(R"({"/path":"/srv/out/)") + name + "\"}",
             .context_origins = R"(["model"])"},
            request("files/write", R"(["target"])", R"(["write"])", false));
  }
  const Lesson out = lesson(log);
  ASSERT_EQ(out.proposals.size(), 1U);
  EXPECT_EQ(out.proposals[0].text, "weir grant files/write --arg '/path=/srv/out/*' --for 30d");
  EXPECT_NE(out.proposals[0].risk.find("pattern"), std::string::npos);
}

TEST(Learn, WhatNothingLetsThroughIsListed) {
  Log log;
  std::string copied = request("shell/run", R"(["command"])", R"(["execute"])", false);
  copied.replace(copied.find(R"("copied_roles":[])"), 17, R"("copied_roles":["command"])");
  log.add({.tool = "shell/run",
           .decision = "deny",
           .policies = R"(["copied-command"])",
           .args = "{" + argument("/command", "command", "model") + "}",
           .values = R"({"/command":"curl x | sh"})",
           .context_origins = R"(["model"])"},
          copied);
  log.add({.decision = "allow"}, request("mail/send", "[]", R"(["send"])", false));
  log.add({}, "");
  const Lesson out = lesson(log);
  EXPECT_TRUE(out.proposals.empty());
  ASSERT_EQ(out.stuck.size(), 1U);
  EXPECT_EQ(out.stuck[0].tool, "shell/run");
  EXPECT_EQ(out.passed, 1U);
  EXPECT_EQ(out.without_request, 1U);
}

}  // namespace
}  // namespace weir::review

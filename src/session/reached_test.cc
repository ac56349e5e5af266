// The hosts that a server has spoken to, in the labels of what it returns.
#include <gtest/gtest.h>

#include "session/workspace.h"

namespace weir::session {
namespace {

constexpr std::string_view kManifest = R"(
server = "site"
[tools.quote]
effects = ["read"]
args = {}
[tools.quote.result]
integrity = "trusted"
readers = ["public"]
)";

class ReachedTest : public testing::Test {
 protected:
  ReachedTest() : manifests_(*manifest::Manifests::shipped()), profiles_(*client::Profiles::shipped()) {
    EXPECT_TRUE(manifests_.add(kManifest, "site.toml"));
    rules_ = {&manifests_, &trust_, &profiles_.generic(), true};
    rules_.reached = &reached_;
  }

  // The context's label after one call of the tool.
  Label after(const std::string& tool) {
    const auto conversation = workspace_.begin(false);
    const exchange::Call call{"c1", tool, "{}", true};
    workspace_.calling(*conversation, call, rules_);
    workspace_.returned(*conversation, call, kNoLabel, exchange::Result{"c1", {}, {"what it says"}}, rules_);
    return workspace_.labels().get(conversation->context());
  }
  static bool names(const Label& label, std::string_view principal) {
    for (const Origin& origin : label.origins) {
      if (origin.principal == principal) return true;
    }
    return false;
  }
  void rule(std::string pattern, bool trusted) {
    ASSERT_TRUE(trust_.add({.pattern = std::move(pattern), .trusted = trusted}));
  }

  manifest::Manifests manifests_;
  manifest::TrustRules trust_;
  client::Profiles profiles_;
  Workspace workspace_{trace::Key{}};
  std::set<std::string> reached_;
  Rules rules_;
};

TEST_F(ReachedTest, WhatNobodyVouchesForNamesThem) {
  EXPECT_FALSE(names(after("site/other"), "https://a.test"));
  reached_ = {"https://a.test", "tcp://b.test:25"};
  const Label label = after("site/other");
  EXPECT_FALSE(label.trusted());
  EXPECT_TRUE(names(label, "https://a.test") && names(label, "tcp://b.test:25"));
}

TEST_F(ReachedTest, WhatTheOperatorTrustsStaysTrusted) {
  reached_ = {"https://a.test"};
  EXPECT_TRUE(after("site/quote").trusted());
}

TEST_F(ReachedTest, AHostThatIsNotTrustedTaintsATrustedTool) {
  rule("https://evil.test/**", false);
  reached_ = {"https://a.test"};
  EXPECT_TRUE(after("site/quote").trusted());
  reached_.insert("https://evil.test");
  const Label label = after("site/quote");
  EXPECT_FALSE(label.trusted());
  EXPECT_TRUE(names(label, "https://evil.test") && !names(label, "https://a.test"));
}

TEST_F(ReachedTest, ATrustedHostMakesNothingTrusted) {
  rule("https://a.test/**", true);
  reached_ = {"https://a.test"};
  EXPECT_FALSE(after("site/other").trusted());
}

}  // namespace
}  // namespace weir::session

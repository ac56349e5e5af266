#include "approval/queue.h"

#include <gtest/gtest.h>

#include "approval/testing.h"
#include "base/limits.h"

namespace weir::approval {
namespace {

TEST(Queue, AnAskIsAnsweredOnce) {
  Queue queue;
  const auto id = queue.add("s1", asked("mail/send"), {0, 1'000}, 500);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(*id, "a1");
  EXPECT_FALSE(queue.take("a01").has_value());
  EXPECT_FALSE(queue.take("a1x").has_value());
  EXPECT_FALSE(queue.take("1").has_value());
  ASSERT_TRUE(queue.take("a1").has_value());
  EXPECT_EQ(queue.take("a1").error().code, Code::not_found);
}

TEST(Queue, NobodyAnsweredInTime) {
  Queue queue;
  ASSERT_TRUE(queue.add("s1", asked("mail/send"), {0, 1'000}, 500).has_value());
  ASSERT_TRUE(queue.add("s1", asked("mail/send"), {0, 1'200}, 500).has_value());
  EXPECT_TRUE(queue.expire({0, 1'499}).empty());
  const auto expired = queue.expire({0, 1'500});
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].id, "a1");
  EXPECT_FALSE(queue.take("a1").has_value());
  EXPECT_TRUE(queue.take("a2").has_value());
}

TEST(Queue, IsBounded) {
  Queue queue;
  for (size_t i = 0; i < limits::kPendingAsksMax; ++i)
    ASSERT_TRUE(queue.add("s", asked("a/b"), {}, 1).has_value());
  EXPECT_EQ(queue.add("s", asked("a/b"), {}, 1).error().code, Code::too_large);
  ASSERT_TRUE(queue.take("a7").has_value());
  EXPECT_TRUE(queue.add("s", asked("a/b"), {}, 1).has_value());
}

TEST(Queue, TheSameQuestionIsOneQuestion) {
  Queue queue;
  const auto add = [&](const std::string& session, guard::Verdict verdict) {
    return *queue.add(session, std::move(verdict), {0, 1'000}, 500);
  };
  add("s1", asked("mail/send"));
  add("s2", asked("mail/send"));
  add("s1", asked("bank/pay"));
  add("s1", asked("mail/send", "eve*@x.org", "what decides nothing may differ"));
  add("s1", asked("mail/send", "mallory@x.org"));
  const auto questions = queue.questions();
  std::string seen;
  for (const Question& question : questions) {
    for (const Ask* ask : question) seen += ask->id + " ";
    seen += "| ";
  }
  // By session and tool, these in the order of their oldest.
  EXPECT_EQ(seen, "a1 a4 | a5 | a2 | a3 | ");
  const Digest same = queue.find("a4")->question;
  EXPECT_EQ(queue.first_of(same)->id, "a1");
  EXPECT_EQ(queue.take_question(same).size(), 2u);
  EXPECT_EQ(queue.first_of(same), nullptr);
  EXPECT_EQ(queue.find("a1"), nullptr);
  EXPECT_EQ(queue.pending().size(), 3u);
}

TEST(GrantFor, CoversExactlyWhatWasAsked) {
  const Ask ask{"a1", "s1", asked("mail/send"), {1'000, 0}, 0, 0, {}};
  const session::Grant grant = grant_for(ask, Answer::session, "g1", {1'000, 0});
  EXPECT_EQ(grant.scope, session::Scope::session);
  EXPECT_EQ(grant.session, "s1");
  EXPECT_TRUE(grant.release);
  ASSERT_EQ(grant.arguments.size(), 1u);  // what decides nothing is not constrained
  EXPECT_TRUE(session::matches_pattern("eve*@x.org", grant.arguments.at("/to")));
  EXPECT_FALSE(session::matches_pattern("eve2@x.org", grant.arguments.at("/to")));
  const session::Grant always = grant_for(ask, Answer::always, "g2", {1'000, 0}, 2);
  EXPECT_EQ(always.scope, session::Scope::until);
  EXPECT_EQ(always.expires_wall_ms, 1'000 + 2LL * 86'400'000);
}

}  // namespace
}  // namespace weir::approval

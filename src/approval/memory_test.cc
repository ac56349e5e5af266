#include "approval/memory.h"

#include <gtest/gtest.h>

#include "approval/testing.h"
#include "base/json.h"
#include "base/limits.h"

namespace weir::approval {
namespace {

TEST(Denials, HoldForTheVeryCallUntilThePersonSpeaks) {
  Denials denials;
  const guard::Verdict link = asked("mail/send", "bob@x.org", "click here");
  const guard::Verdict summary = asked("mail/send", "bob@x.org", "the summary");
  denials.put("s1", link);
  EXPECT_TRUE(denials.has("s1", link));
  EXPECT_FALSE(denials.has("s1", summary)) << "what a stranger asked for does not deny the user's own call";
  EXPECT_FALSE(denials.has("s2", link));
  EXPECT_FALSE(denials.has("s1", asked("mail/send", "eve@x.org", "click here")));
  guard::Verdict elsewhere = link;
  elsewhere.arguments[0].label = 2;
  EXPECT_FALSE(denials.has("s1", elsewhere)) << "another source";
  guard::Verdict later = link;
  later.person_spoke = 1;
  EXPECT_FALSE(denials.has("s1", later)) << "the person said something";
  denials.put("s1", later);
  EXPECT_TRUE(denials.has("s1", later));
}

TEST(Denials, NobodyIsAskedForEverWithOtherWords) {
  Denials denials;
  for (int i = 0; i < Denials::kDenialsOfAQuestion; ++i) {
    const guard::Verdict verdict = asked("mail/send", "bob@x.org", "text " + std::to_string(i));
    EXPECT_FALSE(denials.has("s1", verdict));
    denials.put("s1", verdict);
  }
  EXPECT_TRUE(denials.has("s1", asked("mail/send", "bob@x.org", "another text")));
  EXPECT_FALSE(denials.has("s1", asked("mail/send", "amy@x.org", "another text")));
}

TEST(Denials, AreBoundedAndTheOldestGoFirst) {
  Denials denials;
  const auto to = [](size_t n) { return asked("mail/send", std::to_string(n) + "@x.org"); };
  for (size_t i = 0; i < limits::kDeniedQuestionsMax; ++i) denials.put("s", to(i));
  EXPECT_TRUE(denials.has("s", to(0)));
  denials.put("s", to(0));  // known: takes no further place
  EXPECT_TRUE(denials.has("s", to(1)));
  denials.put("s", to(limits::kDeniedQuestionsMax));
  EXPECT_FALSE(denials.has("s", to(0)));
  EXPECT_TRUE(denials.has("s", to(1)));
  EXPECT_TRUE(denials.has("s", to(limits::kDeniedQuestionsMax)));
}

TEST(MissedList, CountsWhatTheSameGrantWouldAllow) {
  MissedList missed;
  missed.add("s1", asked("mail/send"), "ask_timeout is 0s", 7, {0, 0});
  missed.add("s2", asked("mail/send", "eve*@x.org", "other"), "ask_timeout is 0s", 8, {1'000, 0});
  missed.add("s2", asked("mail/send", "amy@x.org"), "ask_timeout is 0s", 9, {1'000, 0});
  ASSERT_EQ(missed.all().size(), 2u);
  EXPECT_EQ(missed.all()[0].count, 2u);
  EXPECT_EQ(missed.all()[0].decision, 7u);
  const std::string json = missed_json(missed);
  const auto document = json::parse(json);
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ((*document)["denied"].size(), 2u);
  EXPECT_EQ((*document)["denied"].at_pointer("/0/grant").string_or(""), grant_line(asked("mail/send")));
  EXPECT_EQ((*document)["denied"].at_pointer("/1/decision").integer(), 9);
  const auto text = missed_text(json);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(*text,
            "mail/send (2 times)  ask_timeout is 0s\n"
            "    why: recipient came from file:bill.txt, which nobody vouched for\n"
            "    weir grant mail/send --arg '/to=eve\\*@x.org' --release --for 8h\n"
            "mail/send  ask_timeout is 0s\n"
            "    why: recipient came from file:bill.txt, which nobody vouched for\n"
            "    weir grant mail/send --arg /to=amy@x.org --release --for 8h\n");
}

TEST(MissedList, IsBounded) {
  MissedList missed;
  for (size_t i = 0; i < limits::kMissedMax; ++i)
    missed.add("s", asked("mail/send", std::to_string(i)), "full", i, {});
  EXPECT_EQ(missed.all().size(), limits::kMissedMax);
  EXPECT_EQ(missed.more(), 0u);
  missed.add("s", asked("mail/send", "one more"), "full", 1, {});
  missed.add("s", asked("mail/send", "0"), "full", 1, {});  // known
  EXPECT_EQ(missed.all().size(), limits::kMissedMax);
  EXPECT_EQ(missed.more(), 1u);
  EXPECT_NE(missed_text(missed_json(missed))->find("and 1 further denials"), std::string::npos);
}

TEST(MissedList, ALineTooLongIsNotOffered) {
  const size_t around = grant_line(asked("mail/send", "")).size();
  MissedList missed;
  missed.add("s", asked("mail/send", std::string(limits::kGrantLineBytesMax - around, 'x')), "full", 1, {});
  missed.add("s", asked("mail/send", std::string(limits::kGrantLineBytesMax - around + 1, 'x')), "full", 1,
             {});
  EXPECT_EQ(missed.all()[0].grant.size(), limits::kGrantLineBytesMax);
  EXPECT_EQ(missed.all()[1].grant, "");
  EXPECT_EQ(missed_text("{}").error().code, Code::bad_input);
  EXPECT_EQ(missed_text(R"({"denied":[],"more":0})").value(), "");
}

}  // namespace
}  // namespace weir::approval

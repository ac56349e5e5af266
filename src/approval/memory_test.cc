#include "approval/memory.h"

#include <gtest/gtest.h>

#include "approval/testing.h"
#include "base/json.h"
#include "base/limits.h"

namespace weir::approval {
namespace {

Digest number(size_t n) {
  return sha256(std::to_string(n));
}

TEST(Denials, AreBoundedAndTheOldestGoFirst) {
  Denials denials;
  for (size_t i = 0; i < limits::kDeniedQuestionsMax; ++i) denials.put(number(i));
  EXPECT_TRUE(denials.has(number(0)));
  denials.put(number(0));  // known: takes no further place
  EXPECT_TRUE(denials.has(number(1)));
  denials.put(number(limits::kDeniedQuestionsMax));
  EXPECT_FALSE(denials.has(number(0)));
  EXPECT_TRUE(denials.has(number(1)));
  EXPECT_TRUE(denials.has(number(limits::kDeniedQuestionsMax)));
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

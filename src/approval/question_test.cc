#include "approval/question.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "approval/testing.h"

namespace weir::approval {
namespace {

TEST(QuestionKey, WhatDecidesMakesTheQuestion) {
  const guard::Verdict base = asked("mail/send");
  const Digest key = question_key("s1", base);
  EXPECT_EQ(question_key("s1", asked("mail/send", "eve*@x.org", "another body")), key);
  EXPECT_NE(question_key("s2", base), key);
  EXPECT_NE(question_key("s1", asked("mail/sent")), key);
  EXPECT_NE(question_key("s1", asked("mail/send", "eve@x.org")), key);
  const auto changed = [&](auto change) {
    guard::Verdict verdict = base;
    change(verdict);
    return question_key("s1", verdict);
  };
  EXPECT_NE(changed([](guard::Verdict& v) { v.arguments[0].label = 2; }), key) << "another source";
  EXPECT_NE(changed([](guard::Verdict& v) { v.arguments[0].role = manifest::ArgRole::target; }), key);
  EXPECT_NE(changed([](guard::Verdict& v) { v.arguments[0].pointer = "/cc"; }), key);
  EXPECT_NE(changed([](guard::Verdict& v) { v.policies = {"untrusted-authority"}; }), key);
  EXPECT_NE(changed([](guard::Verdict& v) { v.carries = 2; }), key) << "other data would leak";
  EXPECT_EQ(changed([](guard::Verdict& v) { v.call_id = "call_2"; }), key);
  EXPECT_EQ(changed([](guard::Verdict& v) { std::swap(v.arguments[0], v.arguments[1]); }), key);
}

TEST(QuestionKey, NoTextPretendsToBeTheNextField) {
  guard::Verdict one = asked("mail/send", "a");
  guard::Verdict two = asked("mail/send", "a3:/cc1:b0,1;");
  one.arguments.push_back({"/cc", "b", manifest::ArgRole::recipient, 1});
  EXPECT_NE(question_key("s", one), question_key("s", two));
  EXPECT_NE(question_key("s1:a", asked("b/c")), question_key("s", asked("1:ab/c")));
}

TEST(GrantLine, SaysExactlyTheCall) {
  EXPECT_EQ(grant_line(asked("mail/send")),
            R"(weir grant mail/send --arg '/to=eve\*@x.org' --release --for 8h)");
  guard::Verdict verdict = asked("mail/send", "amy@x.org");
  verdict.policies = {"untrusted-authority"};
  EXPECT_EQ(grant_line(verdict), "weir grant mail/send --arg /to=amy@x.org --for 8h");
  verdict.grantable = false;
  EXPECT_EQ(grant_line(verdict), "");
  // Of a hostile name: no option of weir grant, no second command.
  verdict = asked("--remove x; rm -rf /", "a'b");
  verdict.policies.clear();
  EXPECT_EQ(grant_line(verdict), R"(weir grant --arg '/to=a'\''b' --for 8h -- '--remove x; rm -rf /')");
}

TEST(ShellWord, HiddenTextIsSpelledOut) {
  EXPECT_EQ(shell_word("a/b-c.d@e:f=g,h%i+j_k"), "a/b-c.d@e:f=g,h%i+j_k");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("$(x) `y` \"z\" ~ *"), "'$(x) `y` \"z\" ~ *'");
  EXPECT_EQ(shell_word("\x1b[2J"), R"($'\033[2J')");
  EXPECT_EQ(shell_word("a\nb'c\\"), R"($'a\012b\'c\\')");
  EXPECT_EQ(shell_word("ok\u202e1"), R"($'ok\342\200\2561')");
  EXPECT_EQ(shell_word("\xff"
                       "9"),
            R"($'\3779')");
  EXPECT_EQ(shell_word("grüße \u200b"), "$'grüße \\342\\200\\213'");
}

RC_GTEST_PROP(ShellWord, NeverShowsWhatIsHidden, (const std::string& text)) {
  const std::string word = shell_word(text);
  RC_ASSERT(shown(word, word.size() + 1) == word);
}

RC_GTEST_PROP(GrantArgument, ReadsBack, (const std::string& path, const std::string& pattern)) {
  const std::string pointer = path.empty() ? path : "/" + path;
  const auto read = parse_grant_argument(grant_argument(pointer, pattern));
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->first == pointer);
  RC_ASSERT(read->second == pattern);
}

TEST(GrantArgument, Malformed) {
  EXPECT_FALSE(parse_grant_argument("/to"));
  EXPECT_FALSE(parse_grant_argument("to=x"));
  EXPECT_FALSE(parse_grant_argument(""));
  EXPECT_FALSE(parse_grant_argument("/to\\=x"));
  EXPECT_EQ(parse_grant_argument("=x")->first, "");
  EXPECT_EQ(parse_grant_argument("/a\\b=x")->first, "/a\\b");
}

}  // namespace
}  // namespace weir::approval

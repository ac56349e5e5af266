#include "approval/screen.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "approval/testing.h"
#include "base/limits.h"

namespace weir::approval {
namespace {

constexpr Now kNow{1'795'000'000'000, 5'000};  // 2026-11-18

Card card_of(const guard::Verdict& verdict, size_t waiting = 1, std::string_view link = {}) {
  TwoLabels labels;
  Queue queue;
  for (size_t i = 0; i < waiting; ++i) EXPECT_TRUE(queue.add("s1", verdict, kNow, 120'000, 17).has_value());
  const std::string json = ask_json(queue.questions().front(), labels.labels, kNow, link);
  const auto document = json::parse(json);
  EXPECT_TRUE(document.has_value()) << json;
  return read_card(document->root());
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// Without the colours that the screen itself puts in.
std::string plain(std::string_view line) {
  std::string out;
  for (size_t at = 0; at < line.size(); ++at) {
    if (line.substr(at, 2) == "\033[") {
      at = line.find('m', at);
    } else {
      out += line[at];
    }
  }
  return out;
}

TEST(Screen, AnAskFitsOneScreenAndSaysWhatAnswersMean) {
  const Screen screen =
      live_screen({card_of(asked("mail/send"), 2, "http://127.0.0.1:7447/a/00")}, 0, "", {});
  const std::string text = text_of(screen.lines);
  EXPECT_LE(screen.lines.size(), 24u);
  EXPECT_EQ(screen.scroll_max, 0u);
  for (const std::string_view part :
       {"a1  mail/send", "120 s left", "ledger entry 17", "2 calls wait with this question", "/to",
        "eve*@x.org", "UNTRUSTED from tool:files/read file:bill.txt", "readers: owner",
        "why: recipient came from", "this call goes; the other 1 and later ones ask again",
        "this pattern goes without asking, in this session",
        "this pattern goes without asking, in any session until 2026-12-18",
        "none of them goes; the same in this session is denied at once",
        "pattern: mail/send with /to = eve\\*@x.org; whatever /body is; what it",
        "http://127.0.0.1:7447/a/00"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(Screen, WhatNoGrantDecidesIsSaid) {
  guard::Verdict verdict = asked("mail/send");
  verdict.grantable = false;
  verdict.policies = {"over-budget"};
  const std::string text = text_of(live_screen({card_of(verdict)}, 0, "", {}).lines);
  EXPECT_NE(text.find("s  session   as once: no grant decides this (over-budget)"), std::string::npos)
      << text;
}

TEST(Screen, Colours) {
  guard::Verdict verdict = asked("mail/send");
  verdict.arguments[1].label = 2;
  Shape shape;
  shape.color = true;
  const std::string text = text_of(live_screen({card_of(verdict)}, 0, "", shape).lines);
  EXPECT_NE(text.find("\033[31meve*@x.org\033[0m"), std::string::npos) << text;
  EXPECT_NE(text.find("\033[32mhello\033[0m"), std::string::npos) << text;
  EXPECT_NE(text.find("trusted from user"), std::string::npos) << text;
}

TEST(Screen, GroupsBySessionAndTool) {
  TwoLabels labels;
  Queue queue;
  for (const auto& [session, to] : {std::pair("s1", "a@x"), {"s2", "b@x"}, {"s1", "c@x"}})
    ASSERT_TRUE(queue.add(session, asked("mail/send", to), kNow, 1'000).has_value());
  std::vector<Card> cards;
  for (const Question& question : queue.questions())
    cards.push_back(read_card(json::parse(ask_json(question, labels.labels, kNow, {}))->root()));
  const std::string text = text_of(live_screen(cards, 1, "", {}).lines);
  EXPECT_NE(text.find("weir approvals: 2 of 3  3 asks waiting in 2 groups"), std::string::npos) << text;
  EXPECT_NE(text.find("> 2 x mail/send  session s1"), std::string::npos) << text;
  EXPECT_NE(text.find("  1 x mail/send  session s2"), std::string::npos) << text;
  EXPECT_NE(text.find("c@x"), std::string::npos) << text;
}

TEST(Screen, ManyArgumentsArePagedWhatDecidesFirst) {
  guard::Verdict verdict = asked("mail/send", "last@x.org");
  std::rotate(verdict.arguments.begin(), verdict.arguments.begin() + 1, verdict.arguments.end());
  for (int i = 0; i < 50; ++i)
    verdict.arguments.insert(verdict.arguments.begin(),
                             {"/f" + std::to_string(i), "v", manifest::ArgRole::content, 1});
  const Card card = card_of(verdict);
  const Screen first = live_screen({card}, 0, "", {});
  EXPECT_EQ(first.lines.size(), 24u);
  EXPECT_GT(first.scroll_max, 50u);
  EXPECT_NE(text_of(first.lines).find("last@x.org"), std::string::npos);
  EXPECT_NE(text_of(first.lines).find("lines 1 to "), std::string::npos);
  Shape scrolled;
  scrolled.scroll = first.scroll_max;
  EXPECT_NE(text_of(live_screen({card}, 0, "", scrolled).lines).find("/body"), std::string::npos);
}

TEST(Screen, ALongValueIsCutAndSaysSo) {
  const Card card = card_of(asked("mail/send", std::string(1'000, 'x') + "eve"));
  const std::string cut = text_of(live_screen({card}, 0, "", {}).lines);
  EXPECT_NE(cut.find("(1003 bytes; v shows more)"), std::string::npos) << cut;
  Shape whole;
  whole.whole = true;
  whole.height = 60;
  const std::string all = text_of(live_screen({card}, 0, "", whole).lines);
  EXPECT_EQ(all.find("bytes"), std::string::npos) << all;
  EXPECT_NE(all.find("eve\n"), std::string::npos) << all;
}

TEST(Screen, TroubleIsNotAnEmptyList) {
  const std::string text = text_of(trouble_screen("no weir answers at http://127.0.0.1:7447", {}).lines);
  EXPECT_EQ(text.find("nothing waits"), std::string::npos);
  EXPECT_NE(text.find("no weir answers"), std::string::npos);
  Shape small;
  small.height = 2;
  EXPECT_EQ(trouble_screen(std::string(500, 'x'), small).lines.size(), 2u);
}

TEST(Card, Bounds) {
  guard::Verdict verdict = asked("mail/send", std::string(limits::kShownValueBytesMax, 'x'),
                                 std::string(limits::kShownValueBytesMax + 1, 'y'));
  Card card = card_of(verdict);
  EXPECT_FALSE(card.arguments[0].cut);
  EXPECT_TRUE(card.arguments[1].cut);
  verdict = asked("mail/send");
  while (verdict.arguments.size() < limits::kShownArgumentsMax)
    verdict.arguments.push_back({"/x" + std::to_string(verdict.arguments.size()), "v"});
  EXPECT_EQ(card_of(verdict).more_arguments, 0u);
  verdict.arguments.push_back({"/one-more", "v"});
  EXPECT_EQ(card_of(verdict).more_arguments, 1u);
}

TEST(Card, HostileTextIsVisible) {
  EXPECT_EQ(visible("a\x1b[31m\u202e\u200b\n", 100), "a\\u{001B}[31m\\u{202E}\\u{200B}\\n");
  EXPECT_EQ(visible("e\u0301\u0301\u0301\u0301x", 100), "e\u0301\u0301\\u{0301}\\u{0301}x");
  const Card nothing = read_card({});
  EXPECT_EQ(nothing.id, "");
  EXPECT_EQ(one_line(card_of(asked("mail/send"))),
            "weir: mail/send waits for your answer (120 s): recipient came from file:bill.txt, which nobody "
            "vouched for");
}

// Whatever the call holds: no line is wider or taller than the screen, and none moves a cursor.
RC_GTEST_PROP(Screen, StaysInItsFrame, (const std::string& tool, const std::vector<std::string>& values)) {
  guard::Verdict verdict = asked(tool);
  // Pointers are those of a JSON object: no two are the same.
  for (const std::string& value : values) {
    verdict.arguments.push_back({"/" + std::to_string(verdict.arguments.size()) + value,
                                 value + "\u202e漢字\x1b[2J", manifest::ArgRole::target, 1});
  }
  verdict.why = tool;
  Shape shape;
  shape.width = *rc::gen::inRange<size_t>(60, 120);
  shape.height = *rc::gen::inRange<size_t>(8, 50);
  shape.whole = *rc::gen::arbitrary<bool>();
  shape.color = true;
  const Card card = card_of(verdict);
  const Screen screen = live_screen({card, card}, 1, tool.empty() ? "" : visible(tool, 100), shape);
  RC_ASSERT(screen.lines.size() <= shape.height);
  for (const std::string& line : screen.lines) {
    const std::string bare = plain(line);
    RC_ASSERT(shown(bare, bare.size() + 1) == bare);
    RC_ASSERT(columns(bare) <= shape.width + 1);
  }
}

}  // namespace
}  // namespace weir::approval

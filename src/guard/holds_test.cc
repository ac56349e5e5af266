#include "guard/holds.h"

#include <gtest/gtest.h>

namespace weir::guard {
namespace {

TEST(Holds, SaysWhatReachedThePlanner) {
  Labels labels;
  const LabelId file =
      labels.intern(Label::of(Origin::tool("files/read", "file:\x1b[2J.txt", false), Readers::owner()));
  EXPECT_EQ(holds_in_words(Mode::seal, {}, labels), "nothing that a stranger wrote reached the planner");
  EXPECT_EQ(holds_in_words(Mode::seal, {kNoLabel, file, 1.58}, labels),
            "nothing that a stranger wrote reached the planner but 1.6 bits of answers about "
            "file:\\u{001B}[2J.txt");
  EXPECT_EQ(
      holds_in_words(Mode::seal, {file, kNoLabel, 0}, labels),
      "the planner was shown untrusted text from file:\\u{001B}[2J.txt: calls are decided as in guard; the "
      "rest stays sealed");
  EXPECT_NE(holds_in_words(Mode::guard, {file, kNoLabel, 0}, labels).find("a side effect needs a person"),
            std::string::npos);
  EXPECT_NE(holds_in_words(Mode::guard, {}, labels).find("no text that nobody vouched for"),
            std::string::npos);
  EXPECT_NE(holds_in_words(Mode::watch, {file, kNoLabel, 0}, labels).find("nothing is stopped"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::guard

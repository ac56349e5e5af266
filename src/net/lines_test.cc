#include "net/lines.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace weir::net {
namespace {

// "x" for a line, "x~" for one that was cut.
std::vector<std::string> cut(LineCutter& cutter, std::string_view in) {
  std::vector<std::string> lines;
  std::string line;
  for (LineCutter::Cut cut; (cut = cutter.take(in, line)) != LineCutter::Cut::more;)
    lines.push_back(line + (cut == LineCutter::Cut::line ? "" : "~"));
  return lines;
}

using Lines = std::vector<std::string>;

TEST(Lines, CutsAtLineFeeds) {
  LineCutter cutter(100);
  EXPECT_EQ(cut(cutter, "a\nbc\r\n\n\r\nd\re\nf"), (Lines{"a", "bc", "", "", "d\re"}));
  EXPECT_EQ(cutter.pending(), 1u);
  EXPECT_EQ(cut(cutter, "g\n"), Lines{"fg"});
}

TEST(Lines, KeepsNoMoreThanTheBound) {
  for (const std::string end : {"\n", "\r\n"}) {
    LineCutter cutter(4);
    EXPECT_EQ(cut(cutter, "abcd" + end), Lines{"abcd"});
    EXPECT_EQ(cut(cutter, "abcde" + end + "x\n"), (Lines{"abcd~", "x"}));
    EXPECT_EQ(cut(cutter, "abcdefghi"), Lines{"abcd~"});
    EXPECT_EQ(cut(cutter, "jkl"), Lines{});
    EXPECT_EQ(cutter.pending(), 0u);
    EXPECT_EQ(cut(cutter, end + "y\n"), Lines{"y"});
  }
}

// The straightforward way: whole lines first, then each by itself.
Lines naive(const std::string& text, size_t bytes_max) {
  Lines lines;
  size_t at = 0;
  for (size_t end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    std::string line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line.size() <= bytes_max ? line : line.substr(0, bytes_max) + "~");
  }
  return lines;
}

RC_GTEST_PROP(Lines, PiecesDoNotMatter, ()) {
  const auto symbols = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '\r', '\n'));
  const std::string text = symbols + "\n";
  const auto bytes_max = *rc::gen::inRange<size_t>(1, 6);
  LineCutter cutter(bytes_max);
  Lines lines;
  for (size_t at = 0; at < text.size();) {
    const size_t size = *rc::gen::inRange<size_t>(1, 5);
    for (auto& line : cut(cutter, std::string_view(text).substr(at, size))) lines.push_back(line);
    at += size;
    RC_ASSERT(cutter.pending() <= bytes_max + 1);
  }
  RC_ASSERT(lines == naive(text, bytes_max));
}

}  // namespace
}  // namespace weir::net

#include "trace/normalise.h"

#include <gtest/gtest.h>

namespace weir::trace {
namespace {

std::string normal(std::string_view text) {
  return normalise(text, false).text;
}

TEST(Normalise, TheSame) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"\uFF21\uFF22\uFF23\uFF11", "abc1"},       // full width
      {"\uFB01ne", "fine"},                       // ligature
      {"\u2460", "1"},                            // circled
      {"\U0001D41E\U0001D42F\U0001D41E", "eve"},  // mathematical
      {"\u00E9", "e\u0301"},                      // composed, decomposed
      {"STRASSE", "stra\u00DFe"},                 // full case folding
      {"\u039F\u03A3", "\u03BF\u03C2"},           // final sigma
      {"a\tb\nc\rd", "a b c d"},
      {"a\u00A0b\u2003c\u3000d", "a b c d"},
      {"e\u200Bv\u200Ce\u200D", "eve"},        // zero-width
      {"e\u2060v\uFEFFe\u00AD", "eve"},        // joiner, mark, soft hyphen
      {"\u202Eeve\u202C\u2066\u2069", "eve"},  // bidirectional
      {"eve\U000E0061\U000E0062", "eve"},      // tags
      {"eve\uFE0F\U000E0100", "eve"},          // variation selectors
      {"\u1100\u1161", "\uAC00"},              // conjoining, syllable
  };
  for (const auto& [a, b] : cases) EXPECT_EQ(normal(a), normal(b)) << a;
}

TEST(Normalise, NotTheSame) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"\u0435ve", "eve"},  // Cyrillic
      {"\u03BFne", "one"},  // Greek
      {"\u0131d", "id"},    // dotless
      {"l0", "lo"},        {"e\u0301ve", "eve"},
      {"a b", "ab"},  // white space stays until copies are compared
      {"\u2013", "-"},
  };
  for (const auto& [a, b] : cases) EXPECT_NE(normal(a), normal(b)) << a;
}

TEST(Normalise, OffsetsLeadBack) {
  const std::string text = "A\uFB01\u200B \xFFz";
  const Normal n = normalise(text, true);
  ASSERT_EQ(n.at.size(), n.text.size() + 1);
  EXPECT_EQ(n.text, "afi \uFFFDz");
  EXPECT_EQ(n.at[0], 0U);
  EXPECT_EQ(n.at[1], 1U);  // f and i both from the ligature
  EXPECT_EQ(n.at[2], 1U);
  EXPECT_EQ(n.at[3], 7U);  // behind the zero-width space
  EXPECT_EQ(n.at[4], 8U);
  EXPECT_EQ(n.at[7], 9U);
  EXPECT_EQ(n.at.back(), text.size());
  EXPECT_TRUE(normalise(text, false).at.empty());
}

TEST(Normalise, BadBytesStandForThemselves) {
  EXPECT_EQ(normal("\xFF\xC3"), "\uFFFD\uFFFD");
  EXPECT_EQ(normal("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(normal(""), "");
  EXPECT_EQ(normal(std::string_view("a\0b", 3)), "a b");
}

TEST(Normalise, Tags) {
  EXPECT_EQ(spelt_in_tags("x\U000E0065\U000E0076y\U000E0065\U000E007F"), "eve");
  EXPECT_EQ(spelt_in_tags("eve"), "");
}

}  // namespace
}  // namespace weir::trace

#include "trace/tokens.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "trace/normalise.h"

namespace weir::trace {
namespace {

std::vector<std::string> forms(std::string_view text) {
  std::vector<std::string> out;
  const Normal normal = normalise(text, false);
  each_token(normal.text, [&](size_t begin, size_t end, std::string_view form) {
    ASSERT_LT(begin, end);
    ASSERT_LE(end, normal.text.size());
    out.emplace_back(form);
  });
  return out;
}

bool shares(std::string_view a, std::string_view b) {
  const auto of_a = forms(a);
  const auto of_b = forms(b);
  return std::any_of(of_a.begin(), of_a.end(), [&](const std::string& form) {
    return std::find(of_b.begin(), of_b.end(), form) != of_b.end();
  });
}

TEST(Tokens, TwoSpellingsOfOneValue) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"Write to eve@x.org.", "EVE@X.ORG"},
      {"<eve@x.org>", "eve@x.org"},
      {"mailto:eve@x.org", "eve@x.org"},
      {"\u201Ceve@x.org\u201D", "eve@x.org"},
      {"\u8BF7\u53D1\u5230eve@x.org\u3002", "eve@x.org"},
      {"\u2014eve@x.org\u2014", "eve@x.org"},
      {"https://evil.example/drop?to=me", "evil.example"},
      {"https://evil.example/drop1/x9y8z7", "x9y8z7"},
      {"/home/bob/.ssh/id_rsa,", "/home/bob/.ssh/id_rsa"},
      {"DE89 3704 0044 0532 0130 00", "DE89370400440532013000"},
      {"to DE89370400440532013000!", "de89 3704 0044 0532 0130 00"},
      {"pay GB29 NWBK 6016 1331 9268 19 now", "GB29NWBK60161331926819"},
      {"pay NL91 ABNA 0417 1643 00", "NL91ABNA0417164300"},
      {"ES91 2100 0418 4502 0005 1332 this week", "ES9121000418450200051332"},
      {"call 555-123-4567", "555 123 4567"},
      {"1,234,567.50", "1234567.5"},
      {"1.234.567,50", "1234567.5"},
      {"1 234 567,50", "1234567.5"},
      {"1'234'567.50", "1234567.5"},
      {"1\u00A0234\u00A0567", "1234567"},
      {"$1,000.50", "1000.5"},
      {"+12345", "12345.00"},
      {"012345", "12345"},
      {"pay 12,345 at once", "12345"},
      {"\uFF11\uFF12\uFF13\uFF14\uFF15", "12345"},
      {"12.345 (twelve thousand)", "12345"},
  };
  for (const auto& [a, b] : cases) EXPECT_TRUE(shares(a, b)) << a << " / " << b;
}

TEST(Tokens, OtherValues) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"steve@x.org", "eve@x.org"},
      {"eve@x.org.au", "eve@x.org"},
      {"eve@x.org", "eve@x.com"},
      {"\u0435ve@x.org", "eve@x.org"},  // Cyrillic
      {"\u00E9steve@x.org", "steve@x.org"},
      {"st\u00E9ve@x.org", "ve@x.org"},
      {"/srv/a1/b2", "/srv/a1"},
      {"DE89 3704 0044 0532 0130 00", "DE89370400440532013001"},
      {"GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926818"},
      {"1,234.5", "12345"},
      {"12,34,5", "12345"},
      {"123456", "1234567"},
      {"1234567", "12345678"},
      {"10000", "10,000"},  // one significant digit says nothing
      {"2024-11-23", "2024-11-23"},
      {"23.11.2024", "23.11.2024"},
      {"12:30:59", "12:30:59"},
      {"and then", "and then"},
      {"etc.", "etc."},
      {"e.g.", "e.g."},
      {"hello", "hello"},
      {"", ""},
  };
  for (const auto& [a, b] : cases) EXPECT_FALSE(shares(a, b)) << a << " / " << b;
}

TEST(Tokens, SpansStandAroundTheirForm) {
  const std::string text = "x (eve@x.org) y";
  each_token(text, [&](size_t begin, size_t end, std::string_view form) {
    EXPECT_EQ(text.substr(begin, end - begin), form);
  });
  EXPECT_EQ(forms(text), std::vector<std::string>{"eve@x.org"});
}

TEST(Tokens, AtMostAFewFormsEach) {
  for (const std::string_view unit :
       {"a1@b.c ", "gb12 ", "123 ", "/a1b2c3", "1,", "\u4E2D1a.b", "\u201C1.b", "a1.", "12-"}) {
    std::string text;
    while (text.size() < 20'000) text += unit;
    size_t count = 0;
    size_t bytes = 0;
    each_token(text, [&](size_t, size_t, std::string_view form) {
      ++count;
      bytes += form.size();
    });
    EXPECT_LE(count, text.size() * 3) << unit;
    EXPECT_LE(bytes, text.size() * 48) << unit;
  }
}

}  // namespace
}  // namespace weir::trace

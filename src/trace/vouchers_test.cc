#include "trace/vouchers.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "base/limits.h"

namespace weir::trace {
namespace {

constexpr LabelId kUser = 7;

// The same answer from a short text, which is searched, and from a long one, which is indexed.
bool vouches(std::string_view text, std::string_view value, Form form) {
  Vouchers vouchers;
  vouchers.add(text, kUser);
  const bool direct = vouchers.vouch(value, form) == kUser;
  Vouchers indexed;
  std::string padding;
  while (padding.size() < 1'000) padding += "zzzzzz qqqqqq\n";
  indexed.add(padding + std::string(text), kUser);
  EXPECT_EQ(indexed.vouch(value, form) == kUser, direct) << text << " / " << value;
  return direct;
}

struct Case {
  Form form;
  std::string_view value;
  std::string_view text;
};

TEST(Vouchers, Whole) {
  const Case cases[] = {
      {Form::address, "eve@x.org", "eve@x.org"},
      {Form::address, "eve@x.org", "Write to eve@x.org."},
      {Form::address, "eve@x.org", "Write to <eve@x.org>, please"},
      {Form::address, "eve@x.org", "Eve <eve@x.org>"},
      {Form::address, "eve@x.org", "to:eve@x.org"},
      {Form::address, "eve@x.org", "mailto:eve@x.org"},
      {Form::address, "eve@x.org", "(eve@x.org)"},
      {Form::address, "eve@x.org", "**eve@x.org**"},
      {Form::address, "eve@x.org", "`eve@x.org`"},
      {Form::address, "eve@x.org", "[eve@x.org](mailto:eve@x.org)"},
      {Form::address, "eve@x.org", "bob@y.org,eve@x.org;ann@z.org"},
      {Form::address, "eve@x.org", "{\"to\":\"eve@x.org\"}"},
      {Form::address, "eve@x.org", "write to \u201Ceve@x.org\u201D"},
      {Form::address, "eve@x.org", "\uFF08eve@x.org\uFF09\u3002"},
      {Form::address, "eve@x.org", "is it eve@x.org?!"},
      {Form::url, "https://x.org/a", "see https://x.org/a."},
      {Form::url, "https://x.org/a", "[a](https://x.org/a)"},
      {Form::url, "https://x.org/a", "<https://x.org/a>"},
      {Form::url, "https://x.org/a", "\"https://x.org/a\":1"},
      {Form::path, "/srv/a", "delete /srv/a, then"},
      {Form::path, "/srv/a", "rm '/srv/a'"},
      {Form::path, "/srv/a", "[\"/srv/a\",\"b\"]"},
      {Form::path, "notes.txt", "open notes.txt!"},
      {Form::number, "98", "pay 98 now"},
      {Form::number, "98", "pay $98."},
      {Form::number, "98", "98\u20AC"},
      {Form::number, "98", "\u20AC98, at once"},
      {Form::number, "98.50", "pay 98.5"},
      {Form::number, "98.5", "pay 98.50."},
      {Form::number, "98", "pay 98.00"},
      {Form::number, "098", "pay 98"},
      {Form::number, "2024", "in 2024, again"},
      {Form::token, "DE89370400440532013000", "IBAN: DE89370400440532013000."},
      {Form::token, "main", "push to main"},
      {Form::text, "Hello, Bob", "say \"Hello, Bob\" to him"},
      {Form::text, "\u041C\u043E\u0441\u043A\u0432\u0430", "to \u041C\u043E\u0441\u043A\u0432\u0430."},
      {Form::text, "\u041C\u043E\u0441\u043A\u0432\u0430",
       "\u201C\u041C\u043E\u0441\u043A\u0432\u0430\u201D"},
      {Form::text, "Zo\u00EB", "ask Zo\u00EB"},
  };
  for (const Case& c : cases) EXPECT_TRUE(vouches(c.text, c.value, c.form)) << c.text << " / " << c.value;
}

TEST(Vouchers, NotWhole) {
  const Case cases[] = {
      {Form::address, "eve@x.org", "steve@x.org"},
      {Form::address, "eve@x.org", "eve@x.org.au"},
      {Form::address, "eve@x.org", "eve@x.orgs"},
      {Form::address, "eve@x.org", "st-eve@x.org"},
      {Form::address, "eve@x.org", "st.eve@x.org"},
      {Form::address, "eve@x.org", "st+eve@x.org"},
      {Form::address, "eve@x.org", "st_eve@x.org"},
      {Form::address, "brien@x.org", "o'brien@x.org"},
      {Form::address, "eve@x.org", "a*eve@x.org"},
      {Form::address, "eve@x.org", "\u00E9eve@x.org"},
      {Form::address, "eve@x.org", "eve@x.org-evil.com"},
      {Form::address, "eve@x.org", "eve@x.org@evil.com"},
      {Form::address, "eve@x.org", "https://h/?to=eve@x.org"},
      {Form::address, "eve@x.org", "EVE@X.ORG"},
      {Form::address, "eve@x.org", "\u0435ve@x.org"},
      {Form::address, "\u0435ve@x.org", "eve@x.org"},
      {Form::address, "eve@x.org", "eve\u200B@x.org"},
      {Form::address, "eve@x.org", "eve@x.org\u200B.au"},
      {Form::address, "eve@x.org", "eve%40x.org"},
      {Form::address, "eve@x.org", "e ve@x.org"},
      {Form::url, "https://x.org/a", "https://x.org/a/b"},
      {Form::url, "https://x.org/a", "https://x.org/a?b"},
      {Form::url, "https://x.org/a", "https://x.org/a#b"},
      {Form::url, "https://x.org/a", "https://x.org/a.b"},
      {Form::url, "https://x.org/a", "https://x.org/a,b"},
      {Form::url, "https://x.org/a", "https://x.org/a(b)"},
      {Form::url, "https://x.org/a", "https://x.org/a'b"},
      {Form::url, "https://x.org/a", "https://x.org/a\u00E9"},
      {Form::url, "https://x.org/a", "https://h/?u=https://x.org/a"},
      {Form::url, "https://x.org", "https://x.org:8080"},
      {Form::url, "https://x.org", "https://x.org@evil.com"},
      {Form::path, "/srv/a", "/srv/a/b"},
      {Form::path, "/srv/a", "/srv/a.bak"},
      {Form::path, "/srv/a", "/srv/a(1)"},
      {Form::path, "/srv/a", "/srv/a*b"},
      {Form::path, "/srv/a", "/old/srv/a"},
      {Form::path, "/srv/a", "~/srv/a"},
      {Form::path, "/srv/a", "./srv/a"},
      {Form::path, "a.txt", "/srv/a.txt"},
      {Form::path, "a.txt", "data.txt"},
      {Form::number, "98", "98.5"},
      {Form::number, "98", "1.98"},
      {Form::number, "98", "-98"},
      {Form::number, "98", "-$98"},
      {Form::number, "98", "-\u20AC98"},
      {Form::number, "98", "2024-98"},
      {Form::number, "98", "98-2024"},
      {Form::number, "98", "10:98"},
      {Form::number, "98", "98:10"},
      {Form::number, "98", "98/12"},
      {Form::number, "98", "12/98"},
      {Form::number, "98", "98%"},
      {Form::number, "98", "#98"},
      {Form::number, "98", "v98"},
      {Form::number, "98", "98th"},
      {Form::number, "98", "198"},
      {Form::number, "98", "980"},
      {Form::number, "98", "1e98"},
      {Form::number, "980", "1,980"},
      {Form::number, "1", "1,980"},
      {Form::number, "1", "1 980"},
      {Form::number, "980", "1 980"},
      {Form::number, "0", "1 000 000"},
      {Form::number, "98", "98\u20AC50"},
      {Form::number, "98", "192.0.98.1"},
      {Form::number, "98", "ninety-eight"},
      {Form::number, "1e2", "100"},
      {Form::number, "-98", "98"},
      {Form::token, "main", "domain"},
      {Form::token, "main", "mainly"},
      {Form::token, "main", "main.c"},
      {Form::token, "main", "feature/main"},
      {Form::token, "DE89370400440532013000", "DE89 3704 0044 0532 0130 00"},
      {Form::text, "Hello, Bob", "Hello, Bobby"},
      {Form::text, "Hello, Bob", "hello, bob"},
      {Form::text, "Hello, Bob", "Hello,  Bob"},
      {Form::text, "", ""},
      {Form::text, "a", "a b"},
      {Form::text, "!", "!"},
      {Form::text, " a b", "x a b"},
      {Form::text, "...", "..."},
  };
  for (const Case& c : cases) EXPECT_FALSE(vouches(c.text, c.value, c.form)) << c.text << " / " << c.value;
}

// What stands in the user's text must not vouch for what contains it.
TEST(Vouchers, AShortWordLaundersNothing) {
  const std::string_view user = "pay the bill of ann at x.org, account 12";
  for (const std::string_view value : {"ann@x.org", "ann@evil.org", "bill@evil.org", "/the/bill",
                                       "account 123", "annex", "12.5", "0.12", "x.org.evil.com"}) {
    EXPECT_FALSE(vouches(user, value, form_for(value))) << value;
  }
  EXPECT_TRUE(vouches(user, "x.org", Form::token));
  EXPECT_TRUE(vouches(user, "12", Form::number));
}

TEST(Vouchers, FormsByLook) {
  EXPECT_EQ(form_for("98.5"), Form::number);
  EXPECT_EQ(form_for("98."), Form::token);
  EXPECT_EQ(form_for("eve@x.org"), Form::address);
  EXPECT_EQ(form_for("@x"), Form::token);
  EXPECT_EQ(form_for("https://x.org/a@b"), Form::url);
  EXPECT_EQ(form_for("/srv/a"), Form::path);
  EXPECT_EQ(form_for("~"), Form::path);
  EXPECT_EQ(form_for("two words"), Form::text);
  EXPECT_EQ(form_for("word"), Form::token);
  EXPECT_EQ(form_for(""), Form::token);
}

TEST(Vouchers, TheFirstTextThatVouches) {
  Vouchers vouchers;
  EXPECT_EQ(vouchers.vouch("main", Form::token), kNoLabel);
  vouchers.add("nothing", 1);
  vouchers.add("main", 2);
  vouchers.add("main", 3);
  EXPECT_EQ(vouchers.vouch("main", Form::token), 2U);
}

TEST(Vouchers, Forks) {
  Vouchers trunk;
  trunk.add("alpha", 1);
  trunk.add("beta", 2);
  Vouchers fork = trunk;
  fork.truncate(1);
  fork.add("gamma", 3);
  EXPECT_EQ(trunk.size(), 2U);
  EXPECT_EQ(trunk.vouch("beta", Form::token), 2U);
  EXPECT_EQ(trunk.vouch("gamma", Form::token), kNoLabel);
  EXPECT_EQ(fork.size(), 2U);
  EXPECT_EQ(fork.vouch("alpha", Form::token), 1U);
  EXPECT_EQ(fork.vouch("beta", Form::token), kNoLabel);
  EXPECT_EQ(fork.vouch("gamma", Form::token), 3U);
  fork.truncate(9);
  EXPECT_EQ(fork.size(), 2U);
  fork.truncate(0);
  EXPECT_EQ(fork.vouch("alpha", Form::token), kNoLabel);
}

// A text is made of values between white space, some in quotation; it vouches for these and no others.
TEST(VouchersProperty, ExactlyTheValuesOfTheText) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    std::mt19937_64 random(seed);
    const auto value = [&] {
      static constexpr std::string_view kParts[] = {"a", "b", "ab", "@",  ".",    "/",
                                                    "-", "_", "1",  "98", "x.org"};
      std::string out = "w";
      for (size_t n = 1 + random() % 4; n > 0; --n) out += kParts[random() % std::size(kParts)];
      return out + "z";
    };
    std::vector<std::string> values;
    std::string text;
    const size_t count = 1 + random() % 100;
    for (size_t i = 0; i < count; ++i) {
      values.push_back(value());
      static constexpr std::pair<std::string_view, std::string_view> kAround[] = {
          {"", ""}, {"\"", "\""}, {"(", ")"}, {"`", "`"}, {"", "."}, {"", ","}, {"<", ">"}, {"**", "**"}};
      const auto& [before, after] = kAround[random() % std::size(kAround)];
      text += std::string(before) + values.back() + std::string(after) + (random() % 5 == 0 ? "\n" : " ");
    }
    Vouchers vouchers;
    vouchers.add(text, kUser);
    for (int i = 0; i < 50; ++i) {
      const std::string asked = i % 2 == 0 ? value() : values[random() % values.size()];
      const bool stands = std::find(values.begin(), values.end(), asked) != values.end();
      EXPECT_EQ(vouchers.vouch(asked, form_for(asked)) == kUser, stands)
          << seed << ": " << asked << " in " << text;
    }
  }
}

TEST(VouchersWork, ManyEqualWords) {
  const auto time = [](size_t words) {
    std::string text;
    for (size_t i = 0; i < words; ++i) text += "aa ";
    const std::clock_t start = std::clock();
    Vouchers vouchers;
    vouchers.add(text, kUser);
    EXPECT_EQ(vouchers.vouch("aa@b", Form::address), kNoLabel);
    EXPECT_EQ(vouchers.vouch("98", Form::number), kNoLabel);
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  EXPECT_LT(time(200'000), 8 * time(50'000) + 0.02);
}

TEST(Vouchers, PartsOfAnAccountNumberAreNoAmounts) {
  Vouchers vouchers;
  vouchers.add("Pay 42 euros to DE89 3704 0044 0532 0130 00 today, or 55.10 tomorrow.", 7);
  for (const char* part : {"3704", "0044", "0532", "130", "0"})
    EXPECT_EQ(vouchers.vouch(part, Form::number), kNoLabel) << part;
  EXPECT_EQ(vouchers.vouch("42", Form::number), 7u);
  EXPECT_EQ(vouchers.vouch("55.1", Form::number), 7u);
}

TEST(Vouchers, TheSameTextIsKeptOnce) {
  Vouchers vouchers;
  for (int i = 0; i < 100; ++i) {
    vouchers.add("pay GB29NWBK60161331926819", kUser);
    vouchers.add("or nobody", kUser);
  }
  EXPECT_EQ(vouchers.size(), 2u);
  vouchers.add("or nobody", kUser + 1);  // another's words
  EXPECT_EQ(vouchers.size(), 3u);
  vouchers.truncate(1);
  EXPECT_EQ(vouchers.vouch("GB29NWBK60161331926819", Form::token), kUser);
  vouchers.add("or nobody", kUser);
  EXPECT_EQ(vouchers.size(), 2u);
}

TEST(Vouchers, PastTheirBoundNothingVouches) {
  const std::string half(limits::kVouchersBytesMax / 2 - 8, 'x');
  Vouchers vouchers;
  vouchers.add(half, kUser);
  vouchers.add(half + "y", kUser);
  vouchers.add("eve@x.org", kUser);  // 9 bytes fit,
  EXPECT_EQ(vouchers.vouch("eve@x.org", Form::address), kUser);
  vouchers.add("bob@x.org", kUser);  // 9 more do not
  EXPECT_EQ(vouchers.vouch("bob@x.org", Form::address), kNoLabel);
  vouchers.truncate(1);
  vouchers.add("bob@x.org", kUser);
  EXPECT_EQ(vouchers.vouch("bob@x.org", Form::address), kUser);
}

}  // namespace
}  // namespace weir::trace

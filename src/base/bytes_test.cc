#include "base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace weir {
namespace {

using namespace std::string_literals;

std::string hash(std::string_view bytes) {
  const Digest digest = sha256(bytes);
  return to_hex(as_bytes(digest));
}

// FIPS 180-4 and the NIST example values.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PartsAreTheirConcatenation) {
  EXPECT_EQ(sha256({"a", "", "bc"}), sha256("abc"));
  EXPECT_EQ(sha256({}), sha256(""));
  EXPECT_NE(sha256({"ab", "d"}), sha256("abc"));
}

TEST(Hex, Table) {
  EXPECT_EQ(to_hex("\x00\x7f\x80\xff"s), "007f80ff");
  EXPECT_EQ(from_hex("007F80fF"), "\x00\x7f\x80\xff"s);
  EXPECT_EQ(from_hex(""), "");
  for (const char* bad : {"0", "000", "0g", "g0", " 00", "0x", "-1", "00 ", "é"}) {
    EXPECT_FALSE(from_hex(bad).has_value()) << bad;
  }
}

// RFC 4648 section 10.
TEST(Base64, Table) {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"},
                                                      {"\xfb\xff\xfe", "+//+"}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  EXPECT_EQ(from_base64url("-__-"), "\xfb\xff\xfe");
  EXPECT_EQ(from_base64url("Zg"), "f");
  EXPECT_EQ(from_base64url("Zg=="), "f");
  EXPECT_EQ(from_base64url("Zm8"), "fo");
  EXPECT_EQ(from_base64url("Zm8="), "fo");
  EXPECT_EQ(from_base64url(""), "");
}

TEST(Base64, RefusesWhatDecodersDisagreeOn) {
  // Missing, excess or inner padding, white space, the other alphabet, bits left over.
  for (const char* bad :
       {"Z",    "Zg",       "Zg=",  "Zg===",  "=",     "==",    "===",  "====", "Zm9v=", "Zm9v==", "Zm9v====",
        "Z===", "Zg==Zg==", "Zm=v", "Zm9v\n", " Zm9v", "Zm 9v", "-__-", "Zh==", "Zm9=",  "é==="}) {
    EXPECT_FALSE(from_base64(bad).has_value()) << bad;
  }
  for (const char* bad :
       {"Z", "Zg=", "Zm8==", "Zm9v=", "Zm9v==", "Zm9v====", "=", "==", "+//+", "Zh", "Zm9", "Zm9vY"}) {
    EXPECT_FALSE(from_base64url(bad).has_value()) << bad;
  }
}

RC_GTEST_PROP(Encodings, ReadBack, (const std::string& bytes)) {
  RC_ASSERT(*from_hex(to_hex(bytes)) == bytes);
  std::string text = to_base64(bytes);
  RC_ASSERT(*from_base64(text) == bytes);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  RC_ASSERT(*from_base64url(text) == bytes);
  while (text.ends_with('=')) text.pop_back();
  RC_ASSERT(*from_base64url(text) == bytes);
}

// Decoding is injective: no two texts give the same bytes, so a value has one spelling.
TEST(Base64, NoTwoSpellings) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  std::set<std::string> seen;
  for (const char a : kAlphabet) {
    for (const char b : kAlphabet) {
      for (const char* end : {"==", "A=", "E="}) {
        if (const auto bytes = from_base64(std::string{a, b} + end)) {
          EXPECT_TRUE(seen.insert(*bytes).second);
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), 256U + 2 * 64 * 64);
}

// Unicode 15, table 3-7, tried at every offset of the eight-byte steps.
TEST(Utf8, WellFormedTable) {
  const std::string good[] = {"\x00"s,
                              "\x7f",
                              "\xC2\x80",
                              "\xDF\xBF",
                              "\xE0\xA0\x80",
                              "\xE0\xBF\xBF",
                              "\xE1\x80\x80",
                              "\xEC\xBF\xBF",
                              "\xED\x80\x80",
                              "\xED\x9F\xBF",
                              "\xEE\x80\x80",
                              "\xEF\xBF\xBF",
                              "\xF0\x90\x80\x80",
                              "\xF0\xBF\xBF\xBF",
                              "\xF1\x80\x80\x80",
                              "\xF3\xBF\xBF\xBF",
                              "\xF4\x80\x80\x80",
                              "\xF4\x8F\xBF\xBF"};
  const std::string bad[] = {"\x80",
                             "\xBF",
                             "\xC0\x80",
                             "\xC1\xBF",
                             "\xC2",
                             "\xC2\x7F",
                             "\xC2\xC0",
                             "\xE0\x9F\xBF",
                             "\xE0\xA0",
                             "\xE0\xA0\x7F",
                             "\xE1\x80",
                             "\xED\xA0\x80",
                             "\xED\xBF\xBF",
                             "\xEF\xBF\xC0",
                             "\xF0\x8F\xBF\xBF",
                             "\xF0\x90\x80",
                             "\xF1\x80\x80\xC0",
                             "\xF4\x90\x80\x80",
                             "\xF5\x80\x80\x80",
                             "\xF8\x88\x80\x80\x80",
                             "\xFE",
                             "\xFF"};
  for (size_t pad = 0; pad < 18; ++pad) {
    for (const std::string& tail : {""s, "tail of ten"s}) {
      for (const std::string& s : good) {
        EXPECT_TRUE(is_utf8(std::string(pad, 'x') + s + tail)) << to_hex(s) << " after " << pad;
      }
      for (const std::string& s : bad) {
        const std::string text = std::string(pad, 'x') + s + tail;
        EXPECT_FALSE(is_utf8(text)) << to_hex(s) << " after " << pad;
        EXPECT_EQ(utf8_prefix(text), pad) << to_hex(s);
      }
    }
  }
  EXPECT_TRUE(is_utf8(""));
  EXPECT_EQ(utf8_prefix("aé\xE2\x82"), 3U);
}

TEST(Utf8, EveryCodePointReadsBack) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    std::string text;
    append_utf8(text, c);
    size_t at = 0;
    ASSERT_TRUE(is_utf8(text)) << static_cast<uint32_t>(c);
    ASSERT_EQ(next_utf8(text, at), c);
    ASSERT_EQ(at, text.size());
  }
}

TEST(Shown, HidesNothing) {
  EXPECT_EQ(shown("plain é 😀 \"quoted\""), "plain é 😀 \"quoted\"");
  EXPECT_EQ(shown("a\nb\tc\rd"), "a\\nb\\tc\\u{000D}d");
  EXPECT_EQ(shown("\x1b[31mred\x07\0"s), "\\u{001B}[31mred\\u{0007}\\u{0000}");
  EXPECT_EQ(shown("\u202Egnp.exe"), "\\u{202E}gnp.exe");
  EXPECT_EQ(shown("pay\u200Bpal\uFEFF\u00AD"), "pay\\u{200B}pal\\u{FEFF}\\u{00AD}");
  EXPECT_EQ(shown("\U000E0041\U000E007F"), "\\u{E0041}\\u{E007F}");
  EXPECT_EQ(shown("\u0085\u009B\x7f"), "\\u{0085}\\u{009B}\\u{007F}");
  EXPECT_EQ(shown("\u2028\u2066\u2069"), "\\u{2028}\\u{2066}\\u{2069}");
  EXPECT_EQ(shown("\u3164\u115F\uFFA0\u034F"), "\\u{3164}\\u{115F}\\u{FFA0}\\u{034F}");
  EXPECT_EQ(shown("a\xFF\xE2\x82"), "a\\xFF\\xE2\\x82");
}

TEST(Shown, CutsBetweenCodePoints) {
  EXPECT_EQ(shown("abc", 3), "abc");
  EXPECT_EQ(shown("abcd", 3), "abc…");
  EXPECT_EQ(shown("ééé", 3), "éé…");
  EXPECT_EQ(shown("a", 0), "…");
  EXPECT_EQ(shown("", 0), "");
}

RC_GTEST_PROP(Shown, IsAlwaysPrintable, (const std::string& bytes)) {
  const std::string text = shown(bytes, 40);
  RC_ASSERT(is_utf8(text));
  RC_ASSERT(text.size() <= 40U + 12);  // one escape and the "…" past the bound
  for (size_t at = 0; at < text.size();) RC_ASSERT(next_utf8(text, at) >= 0x20U);
}

TEST(EqualConstantTime, ComparesBytes) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("ab\0c"s, "ab\0c"s));
  EXPECT_FALSE(equal_constant_time("ab\0c"s, "ab\0d"s));
  EXPECT_FALSE(equal_constant_time("ab", "abc"));
}

// http://www.isthe.com/chongo/tech/comp/fnv/
TEST(Fnv1a, KnownAnswers) {
  static_assert(fnv1a("") == 0xcbf29ce484222325ULL);
  static_assert(fnv1a("a") == 0xaf63dc4c8601ec8cULL);
  static_assert(fnv1a("foobar") == 0x85944171f73967e8ULL);
}

TEST(SystemRandom, FillsAndDiffers) {
  SystemRandom random;
  std::array<uint8_t, 32> a{};
  std::array<uint8_t, 32> b{};
  random.fill(a);
  random.fill(b);
  EXPECT_NE(a, b);
  random.fill({});
}

}  // namespace
}  // namespace weir

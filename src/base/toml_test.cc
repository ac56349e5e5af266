#include "base/toml.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace weir::toml {
namespace {

TEST(Toml, ReadsEveryKindAndKnowsPlaces) {
  const auto document =
      parse("s = \"a\"\ni = 7\nr = 1.5\nb = true\nl = [\"x\", \"y\"]\n[t.u]\nd = 2026-11-23\n", "f.toml");
  ASSERT_TRUE(document.has_value()) << document.error().text();
  const Value root = document->root();
  EXPECT_EQ(root["s"].string().value(), "a");
  EXPECT_EQ(root["i"].integer().value(), 7);
  EXPECT_EQ(root["i"].number().value(), 7.0);
  EXPECT_EQ(root["r"].number().value(), 1.5);
  EXPECT_TRUE(root["b"].boolean().value());
  EXPECT_EQ(root["l"].strings().value(), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(root["s"].strings().value(), std::vector<std::string>{"a"});
  EXPECT_EQ(root["t"]["u"]["d"].kind(), Kind::time);
  EXPECT_EQ(root["t"]["u"].path(), "t.u");
  EXPECT_EQ(root["l"].elements().value()[1].where(), "f.toml:5:11");
  EXPECT_EQ(root["l"].where(), "f.toml:5:5");
  EXPECT_EQ(root["l"].key_where(), "f.toml:5:1");
  EXPECT_EQ(root.entries().value().front().key, "s");
  EXPECT_FALSE(root["nothing"].exists());
  EXPECT_FALSE(root["nothing"]["below"].string().has_value());
}

TEST(Toml, ErrorsNameTheirPlace) {
  const auto document = parse("s = \"a\"\ni = 7\nlisten_at = 1\n", "f.toml");
  ASSERT_TRUE(document.has_value());
  const Value root = document->root();
  EXPECT_EQ(root["s"].integer().error().where, "f.toml:1:5");
  EXPECT_EQ(root["i"].integer(0, 6).error().where, "f.toml:2:5");
  EXPECT_EQ(root["i"].integer(0, 7).value(), 7);
  const Status only = root.only({"s", "i", "listen"});
  EXPECT_EQ(only.error().where, "f.toml:3:1");
  EXPECT_EQ(root.only({"s", "i", "listen-at"}).error().hint, "did you mean \"listen-at\"?");
  EXPECT_TRUE(root.only({"s", "i", "listen_at"}).has_value());
  std::string out = "default";
  EXPECT_TRUE(root.read("missing", out).has_value());
  EXPECT_EQ(out, "default");
  EXPECT_FALSE(root.require("missing", out).has_value());
  EXPECT_FALSE(root.read("i", out).has_value());
}

TEST(Toml, RefusesWhatIsMalformed) {
  for (const char* text : {"a", "a =", "a = 1\na = 2", "[a]\n[a]", "a = \"\xFF\"", "a = 'x", "= 1", "a = [1,",
                           "\"\\u{1}\" = 1", "[ = 1", "[[ =", "[ \n]", "a = { = 1 }", "a. = 1", "a.= 1"}) {
    const auto document = parse(text, "f.toml");
    ASSERT_FALSE(document.has_value()) << text;
    EXPECT_EQ(document.error().code, Code::bad_input);
    EXPECT_EQ(document.error().where.substr(0, 6), "f.toml");
  }
}

TEST(Toml, BytesAndDepthAreBounded) {
  std::string text(limits::kTomlBytesMax, '#');
  EXPECT_TRUE(parse(text, "f").has_value());
  EXPECT_EQ(parse(text + "#", "f").error().code, Code::too_large);
  // A value at level n stands below n - 1 tables.
  const auto nested = [](int levels) {
    std::string header = "[a";
    for (int i = 2; i < levels; ++i) header += ".a";
    return header + "]\nx = 1\n";
  };
  EXPECT_TRUE(parse(nested(limits::kTomlDepthMax), "f").has_value());
  EXPECT_EQ(parse(nested(limits::kTomlDepthMax + 1), "f").error().code, Code::too_large);
}

TEST(Toml, LongDottedKeysAreRefusedBeforeAnythingRecurses) {
  std::string key = "a";
  for (int i = 0; i < 400'000; ++i) key += ".a";
  EXPECT_EQ(parse("# a.b\n" + key + " = 1\n", "f").error().where, "f:2:1");
  EXPECT_FALSE(parse("[" + key + "]\n", "f").has_value());
  EXPECT_FALSE(parse("x = { " + key + " = 1 }\n", "f").has_value());
  EXPECT_FALSE(parse("'''" + key + " = 1", "f").has_value());
  // Dots in strings and comments are none of a key's.
  const std::string dots(500, '.');
  EXPECT_TRUE(
      parse("a = \"" + dots + "\" # " + dots + "\nb = '" + dots + "'\nc = '''\n" + dots + "'''\n", "f")
          .has_value());
  EXPECT_TRUE(parse("\"" + dots + "\" = 1\n", "f").has_value());
}

// Each of these reached undefined behaviour in the library; malformed ones are refused, the others read.
TEST(Toml, LettersThatAreNotAsciiStandWhereTomlAllowsThem) {
  for (const char* letter : {"\xC3\xA9", "\xD0\xB6", "\xE3\x80\x81", "\xEF\xBB\xBF", "\xEF\xB9\xB0",
                             "\xC2\xA0", "\xF0\x9F\x98\x80"}) {
    const std::string x = letter;
    for (const std::string& text :
         std::vector<std::string>{x + "a = 1", "a" + x + " = 1", "a = 1" + x, "a = " + x, "[a" + x + "]",
                                  "[" + x + "]", "a = [" + x + "]"}) {
      const auto document = parse("b = 1\n" + text + "\n", "f");
      EXPECT_TRUE(!document.has_value() || x == "\xC2\xA0" || x == "\xEF\xBB\xBF") << text;
    }
    const auto good =
        parse("\"" + x + "\" = '" + x + "' # " + x + "\nb = \"\"\"x\\\n  " + x + "\"\"\"\n", "f");
    ASSERT_TRUE(good.has_value()) << good.error().text();
    EXPECT_EQ(good->root()[x].string().value(), x);
  }
  EXPECT_FALSE(parse("a = \"\xB5\xB0\"", "f").has_value());
  EXPECT_FALSE(parse("OO\xB5\xB0\0OO = 1", "f").has_value());
}

TEST(DidYouMean, NamesTheNearestOrAll) {
  const std::string_view names[] = {"read", "write", "delete"};
  EXPECT_EQ(did_you_mean("wirte", names), "did you mean \"write\"?");
  EXPECT_EQ(did_you_mean("purple", names), "one of: read, write, delete");
  EXPECT_EQ(did_you_mean("", names), "one of: read, write, delete");
  EXPECT_EQ(did_you_mean(std::string(100'000, 'x'), names), "one of: read, write, delete");
}

// What is written is read back as it was, whatever it holds.
TEST(Toml, QuotedTextIsReadBack) {
  const std::vector<std::string> texts{"",          "a b",          "\"", "\\", "a\nb\t\x7f\x01",
                                       "[tools.x]", "\u00fc\u202e", "'''"};
  for (const std::string& text : texts) {
    const auto document = parse(quoted_key(text) + " = " + toml::quoted(text) + "\n", "t.toml");
    ASSERT_TRUE(document.has_value()) << document.error().text();
    EXPECT_EQ(document->root()[text].string().value_or("?"), text);
  }
  EXPECT_EQ(quoted_key("send_mail-2"), "send_mail-2");
  EXPECT_EQ(quoted_key("a.b"), "\"a.b\"");
}

}  // namespace
}  // namespace weir::toml

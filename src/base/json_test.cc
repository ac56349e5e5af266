#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/bytes.h"

namespace weir::json {
namespace {

using namespace std::string_literals;

// RFC 8259, by class: what every parser must read, and what this one refuses though some read it.
const std::string kAccepted[] = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "\"\"",
    "[]",
    "{}",
    " \t\r\n[ \t\r\n1 ,\n2 ]\r\n",
    "{ \"a\" : 1 , \"b\" : { } }",
    "[[],[[]],{}]",
    "-1",
    "1.5",
    "-1.5e+10",
    "0.1E-7",
    "0e0",
    "1e5",
    "123456789012345678901234567890",
    "1e400",
    "[0.0,-0.0e-0]",
    R"("\"\\\/\b\f\n\r\t")",
    R"("\u0000\u001f\u007f\uFfFf")",
    R"("\ud83d\ude00")",
    R"("\uDBFF\uDFFF")",
    "\"\x7f\"",
    "\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"",
    "\"\xE2\x80\xA8\xE2\x80\xA9\"",
    "\"\xEF\xBB\xBF\"",
    R"({"":0})",
    R"({"a":1,"A":2," a":3})",
    R"({"a":{"a":{"a":1}}})",
    R"([{"a":1},{"a":1}])",
    R"({"\u0061":1,"\u0062":2})",
    "\"0123456789abcde\"",
    "\"0123456789abcdef\"",
    "\"0123456789abcdefg\"",
};

const std::string kRefused[] = {
    "",
    " ",
    "\n",
    "nul",
    "nulll",
    "Null",
    "TRUE",
    "tru",
    "True",
    "undefined",
    "NaN",
    "Infinity",
    "-Infinity",
    "-",
    "+1",
    "01",
    "-01",
    "00",
    "1.",
    ".5",
    "-.5",
    "1.e1",
    "1e",
    "1e+",
    "1e1.5",
    "0x10",
    "1_000",
    "1 2",
    "1,",
    "--1",
    "- 1",
    "1a",
    "1f",
    "\xEF\xBC\x91",
    "[",
    "]",
    "{",
    "}",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[,]",
    "[1,,2]",
    "[1 2]",
    "[1:2]",
    "[1}",
    "[]]",
    "[][]",
    "[1]x",
    "[1],",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\" 1}",
    "{\"a\",1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1:2}",
    "{\"a\"::1}",
    "{a:1}",
    "{'a':1}",
    "{1:1}",
    "{null:1}",
    "{\"a\":1]",
    "{}{}",
    "\"",
    "\"a",
    "'a'",
    "\"a\"b",
    "\"\\",
    "\"\\\"",
    "\"\\x\"",
    "\"\\a\"",
    "\"\\'\"",
    "\"\\U0041\"",
    "\"\\u\"",
    "\"\\u1\"",
    "\"\\u12\"",
    "\"\\u123\"",
    "\"\\u123g\"",
    "\"\\u-123\"",
    "\"\\u+123\"",
    "\"\\u0x1\"",
    "\"\\u 123\"",
    "\"\\u123",
    "\"\\\n\"",
    "\"a\nb\"",
    "\"a\tb\"",
    "\"\x1f\"",
    "\"a\0b\""s,
    "[1]\0"s,
    "\0"s,
    "[\0]"s,
    "// c\n1",
    "/* c */1",
    "1 // c",
    "[1]\f",
    "[\v1]",
    "\xC2\xA0[1]",
    "[1\xE2\x80\xA8]",
    // one surrogate without the other, or the wrong way round
    R"("\ud800")",
    R"("\udbff")",
    R"("\udc00")",
    R"("\udfff")",
    R"("\ud800a")",
    R"("\ud800\n")",
    R"("\ud800\u0041")",
    R"("\ud800\ud800")",
    R"("\ude00\ud83d")",
    R"("\ud83d\)",
    R"("\ud83d\u)",
    R"("\ud83d\ude0)",
    R"("\ud83d\ude0")",
    // byte order marks and other encodings
    "\xEF\xBB\xBF{}",
    "\xEF\xBB\xBF",
    "\xFE\xFF\x00[\x00]"s,
    "[\x00]\x00"s,
    // UTF-8 that is not
    "\"\x80\"",
    "\"\xBF\"",
    "\"\xC2\"",
    "\"\xC0\xAF\"",
    "\"\xC1\xBF\"",
    "\"\xE0\x80\xAF\"",
    "\"\xE0\x9F\xBF\"",
    "\"\xED\xA0\x80\"",
    "\"\xED\xBF\xBF\"",
    "\"\xF0\x80\x80\xAF\"",
    "\"\xF4\x90\x80\x80\"",
    "\"\xF5\x80\x80\x80\"",
    "\"\xFF\"",
    "\"\xE2\x82\"",
    "\"\xF0\x9F\x98",
    "{\"\xE9\":1}",
    // two parsers would read two things
    R"({"a":1,"a":1})",
    R"({"a":1,"b":2,"a":3})",
    R"({"a":1,"\u0061":2})",
    R"({"\u0061":1,"\u0061":2})",
    R"({"/":1,"\/":2})",
    R"({"":1,"":2})",
    R"({"x":{"a":1,"\u0061":2}})",
    R"([{"a":1,"a":2}])",
    R"({"😀":1,"\ud83d\ude00":2})",
    R"({"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"\u0063":1})",
};

TEST(JsonGrammar, ReadsWhatIsJson) {
  for (const std::string& text : kAccepted) {
    const auto doc = parse(text);
    EXPECT_TRUE(doc.has_value()) << shown(text) << ": " << doc.error().text();
  }
}

TEST(JsonGrammar, RefusesWhatIsNot) {
  for (const std::string& text : kRefused) {
    const auto doc = parse(text);
    ASSERT_FALSE(doc.has_value()) << shown(text);
    EXPECT_EQ(doc.error().code, Code::bad_input) << shown(text);
    EXPECT_TRUE(doc.error().where.starts_with("byte ")) << shown(text);
  }
}

TEST(JsonGrammar, EveryPrefixOfAContainerIsRefused) {
  const std::string text = R"({"k":[1,-2.5e3,"a\u00e9\ud83d\ude00",true,false,null,{}],"l":{"m":"é"}})";
  ASSERT_TRUE(parse(text).has_value());
  for (size_t n = 0; n < text.size(); ++n) EXPECT_FALSE(parse(text.substr(0, n)).has_value()) << n;
}

TEST(JsonGrammar, EveryControlMustBeEscaped) {
  for (int c = 0; c < 0x100; ++c) {
    for (const size_t pad : {0U, 3U, 15U, 16U, 31U}) {  // both sides of the 16-byte steps
      const std::string text = "\"" + std::string(pad, 'x') + static_cast<char>(c) + "\"";
      const bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
      EXPECT_EQ(parse(text).has_value(), plain) << c << " after " << pad;
    }
  }
}

TEST(JsonErrors, NameTheByte) {
  EXPECT_EQ(parse("[1,x]").error().where, "byte 3");
  EXPECT_EQ(parse("\"ab\xFFzz\"").error().where, "byte 3");
  EXPECT_EQ(parse("\"abcd\x80\x80\x80\x80\x80\x80\"").error().where, "byte 5");
  EXPECT_EQ(parse("\"é\xE2\x82\"").error().where, "byte 3");
  EXPECT_EQ(parse("{\"a\":1, \"\\u0061\":2}").error().where, "byte 8");
  EXPECT_EQ(parse("\"a\tb\"").error().where, "byte 2");
}

TEST(JsonErrors, ShowHostileKeysHarmlessly) {
  const Error error = parse("{\"\xE2\x80\xAE\":1,\"\xE2\x80\xAE\":2}").error();
  EXPECT_NE(error.message.find("u{202E}"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("\xE2\x80\xAE"), std::string::npos);
}

TEST(JsonKeys, DuplicateIsFoundAtAnyWidth) {
  for (const int members : {1, 2, 7, 8, 9, 100}) {
    std::string text = "{";
    for (int i = 0; i < members; ++i) text += "\"k" + std::to_string(i) + "\":0,";
    EXPECT_TRUE(parse(text + "\"last\":0}").has_value()) << members;
    for (const int twin : {0, members / 2, members - 1}) {
      EXPECT_FALSE(parse(text + "\"\\u006b" + std::to_string(twin) + "\":0}").has_value()) << members;
    }
  }
}

std::string nested(int depth, bool object) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += object ? "{\"a\":" : "[";
  if (object) text += "0";
  for (int i = 0; i < depth; ++i) text += object ? "}" : "]";
  return text;
}

TEST(JsonLimits, Depth) {
  for (const bool object : {false, true}) {
    EXPECT_TRUE(parse(nested(limits::kJsonDepthMax, object)).has_value());
    const auto deeper = parse(nested(limits::kJsonDepthMax + 1, object));
    ASSERT_FALSE(deeper.has_value());
    EXPECT_EQ(deeper.error().code, Code::too_large);
  }
  EXPECT_EQ(parse(std::string(5'000'000, '[')).error().code, Code::too_large);
  EXPECT_TRUE(parse("7", {.depth_max = 0}).has_value());
  EXPECT_FALSE(parse("[]", {.depth_max = 0}).has_value());
}

TEST(JsonLimits, Bytes) {
  EXPECT_TRUE(parse("[1, 2]", {.bytes_max = 6}).has_value());
  EXPECT_EQ(parse("[1, 2] ", {.bytes_max = 6}).error().code, Code::too_large);
  std::string text(limits::kJsonBytesMax, ' ');
  text[0] = '1';
  EXPECT_TRUE(parse(text).has_value());
  text += ' ';
  EXPECT_EQ(parse(text).error().code, Code::too_large);
}

TEST(JsonLimits, Nodes) {
  EXPECT_TRUE(parse("[1,2]", {.nodes_max = 3}).has_value());
  EXPECT_EQ(parse("[1,2,3]", {.nodes_max = 3}).error().code, Code::too_large);
  EXPECT_TRUE(parse("{\"a\":1}", {.nodes_max = 3}).has_value());  // a key counts
  EXPECT_FALSE(parse("{\"a\":1}", {.nodes_max = 2}).has_value());
  std::string text = "[";
  for (size_t i = 0; i < limits::kJsonNodesMax - 2; ++i) text += "0,";
  EXPECT_TRUE(parse(text + "0]").has_value());
  EXPECT_EQ(parse(text + "0,0]").error().code, Code::too_large);
}

TEST(JsonValue, RememberWhereTheyStood) {
  const std::string text = "\n{ \"a\" : [ 1.50 , \"x\\u0041\" ] , \"b\":{ } }  ";
  const Document doc = *parse(text);
  EXPECT_EQ(doc.text(), text);
  EXPECT_EQ(doc.root().raw(), "{ \"a\" : [ 1.50 , \"x\\u0041\" ] , \"b\":{ } }");
  EXPECT_EQ(doc["a"].raw(), "[ 1.50 , \"x\\u0041\" ]");
  EXPECT_EQ(doc["a"].offset(), text.find('['));
  EXPECT_EQ(doc.root().at_pointer("/a/0").raw(), "1.50");
  EXPECT_EQ(doc.root().at_pointer("/a/1").raw(), "\"x\\u0041\"");
  EXPECT_EQ(doc.root().at_pointer("/a/1").string(), "xA");
  EXPECT_EQ(doc["b"].raw(), "{ }");
  std::string keys;
  for (const Member m : doc.root().members()) {
    keys += std::string(m.key) + "@" + std::to_string(m.key_value.offset()) + " ";
  }
  EXPECT_EQ(keys, "a@3 b@32 ");
}

TEST(JsonValue, StayValidWhenTheDocumentMoves) {
  Document first = *parse("{\"k\":\"short\",\"e\":\"\\t\"}");
  const Value k = first["k"];
  const Value e = first["e"];
  const Document second = std::move(first);
  EXPECT_EQ(k.string(), "short");
  EXPECT_EQ(e.string(), "\t");
  EXPECT_EQ(second["k"].raw(), "\"short\"");
}

TEST(JsonValue, MissingGivesMissing) {
  const Document doc = *parse("{\"a\":null}");
  EXPECT_TRUE(doc["a"].exists());
  EXPECT_TRUE(doc["a"].is_null());
  const Value none = doc["b"]["c"].at_pointer("/d");
  EXPECT_FALSE(none.exists());
  EXPECT_EQ(none.kind(), Kind::missing);
  EXPECT_EQ(none.raw(), "");
  EXPECT_EQ(none.size(), 0U);
  EXPECT_FALSE(none.string() || none.integer() || none.number() || none.boolean());
  EXPECT_EQ(none.string_or("else"), "else");
  for ([[maybe_unused]] const Value v : none.elements()) ADD_FAILURE();
  for ([[maybe_unused]] const Member m : doc["a"].members()) ADD_FAILURE();
  EXPECT_FALSE(Document().root().exists());
  EXPECT_EQ(canonical(none), "");
}

TEST(JsonValue, KindsDoNotConvert) {
  const Document doc = *parse(R"(["1",1,true,null,[1],{"a":1}])");
  const auto at = [&](const std::string& p) { return doc.root().at_pointer(p); };
  EXPECT_FALSE(at("/0").integer() || at("/0").number() || at("/0").boolean());
  EXPECT_FALSE(at("/1").string() || at("/1").boolean());
  EXPECT_FALSE(at("/2").string() || at("/2").integer());
  EXPECT_FALSE(at("/3").string() || at("/3").boolean() || at("/3").number());
  EXPECT_FALSE(at("/4").integer() || at("/4")["a"].exists());
  EXPECT_EQ(doc.root().size(), 6U);
  EXPECT_EQ(at("/5").size(), 1U);
  EXPECT_EQ(at("/0").size(), 0U);
  EXPECT_EQ(parse(R"("a\n")")->root().size(), 0U);  // an escaped string keeps an index where arrays count
}

TEST(JsonValue, Integers) {
  const auto integer = [](const std::string& text) { return parse(text)->root().integer(); };
  EXPECT_EQ(integer("0"), 0);
  EXPECT_EQ(integer("-0"), 0);
  EXPECT_EQ(integer("9223372036854775807"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(integer("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "18446744073709551616", "1.0",
                           "1e2", "1E0", "0.5", "-1.0", "123456789012345678901234567890"}) {
    EXPECT_FALSE(integer(text).has_value()) << text;
  }
}

TEST(JsonValue, Numbers) {
  const auto number = [](const std::string& text) { return parse(text)->root().number(); };
  EXPECT_EQ(number("1"), 1.0);
  EXPECT_EQ(number("-2.5e3"), -2500.0);
  EXPECT_EQ(number("0.1"), 0.1);
  EXPECT_TRUE(std::signbit(*number("-0")));
  EXPECT_EQ(number("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(number("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(number("5e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_FALSE(number("1e309").has_value());
  EXPECT_FALSE(number("-1e999999999999").has_value());
  EXPECT_EQ(number(std::string(400, '1') + "e-399").value_or(0), 1.1111111111111112);
}

TEST(JsonPointer, Rfc6901) {
  const Document doc =
      *parse(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"m~n":8,"~1":9,"-":3,"0":{"0":4}})");
  const Value root = doc.root();
  EXPECT_EQ(root.at_pointer("").raw(), doc.text());
  EXPECT_EQ(root.at_pointer("/foo/0").string(), "bar");
  EXPECT_EQ(root.at_pointer("/").integer(), 0);
  EXPECT_EQ(root.at_pointer("/a~1b").integer(), 1);
  EXPECT_EQ(root.at_pointer("/c%d").integer(), 2);
  EXPECT_EQ(root.at_pointer("/m~0n").integer(), 8);
  EXPECT_EQ(root.at_pointer("/~01").integer(), 9);
  EXPECT_EQ(root.at_pointer("/-").integer(), 3);
  EXPECT_EQ(root.at_pointer("/0/0").integer(), 4);
  for (const char* none :
       {"foo", "/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/+1", "/foo/ 1", "/foo/", "//", "/foo/0/0",
        "/foo/1e0", "/foo/99999999999999999999", "/a/b", "/m~n", "/m~2n", "/m~"}) {
    EXPECT_FALSE(root.at_pointer(none).exists()) << none;
  }
  for (const Member m : root.members()) {
    const Value back = root.at_pointer("/" + pointer_token(m.key));
    EXPECT_EQ(back.offset(), m.value.offset()) << m.key;
  }
}

TEST(JsonCanonical, OneFormForOneValue) {
  const auto canon = [](const std::string& text) { return canonical(parse(text)->root()); };
  EXPECT_EQ(canon(" { \"b\" : [ 1 , 2.50 ] , \"a\" : null } "), R"({"a":null,"b":[1,2.50]})");
  EXPECT_EQ(canon(R"("\u0041\/\u00e9\ud83d\ude00\u000a\u0001\u007f")"), "\"A/é😀\\n\\u0001\x7f\"");
  EXPECT_EQ(canon(R"({"\u0062":1,"a":{"z":1,"y":2}})"), R"({"a":{"y":2,"z":1},"b":1})");
  EXPECT_EQ(canon(R"({"é":1,"z":2,"Z":3,"":4})"), R"({"":4,"Z":3,"z":2,"é":1})");  // by bytes
  EXPECT_NE(canon("1.0"), canon("1"));
  EXPECT_EQ(canonical(parse(R"({"x":{"b":1,"a":2}})")->root()["x"]), R"({"a":2,"b":1})");
}

TEST(JsonTime, HostileShapesStayLinear) {
  // Each would take minutes if it were quadratic.
  std::string keys = "{";
  for (int i = 0; i < 200'000; ++i) keys += "\"k" + std::to_string(i * 7919) + "\":0,";
  EXPECT_TRUE(parse(keys + "\"z\":0}").has_value());
  std::string escapes = "\"";
  for (int i = 0; i < 500'000; ++i) escapes += "\\u00e9";
  EXPECT_EQ(parse(escapes + "\"")->root().string()->size(), 1'000'000U);
  std::string bad(2'000'000, '\x80');
  EXPECT_FALSE(parse("\"" + bad + "\"").has_value());
  EXPECT_EQ(quote(bad).size(), 3 * bad.size() + 2);
}

}  // namespace
}  // namespace weir::json

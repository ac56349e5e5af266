#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "base/bytes.h"
#include "base/json.h"

namespace weir::json {
namespace {

using namespace std::string_literals;

TEST(JsonQuote, EscapesOnlyWhatMustBe) {
  EXPECT_EQ(quote(""), "\"\"");
  EXPECT_EQ(quote("a/b é 😀 \x7f"), "\"a/b é 😀 \x7f\"");
  EXPECT_EQ(quote("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(quote("\0\x01\x1f"s), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(quote("0123456789abcdef\n0123456789abcdef\"x"), R"("0123456789abcdef\n0123456789abcdef\"x")");
}

TEST(JsonQuote, BadUtf8IsReplaced) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(quote("\xFF"), "\"" + r + "\"");
  EXPECT_EQ(quote("a\xE2\x82"), "\"a" + r + r + "\"");
  EXPECT_EQ(quote("\xE2\x82"
                  "A\xC3\xA9\x80\n"),
            "\"" + r + r + "Aé" + r + "\\n\"");
  EXPECT_EQ(quote("\xED\xA0\x80"), "\"" + r + r + r + "\"");
  EXPECT_EQ(quote("\xF0\x9F\x98"), "\"" + r + r + r + "\"");
}

TEST(JsonWriter, PutsCommasAndColons) {
  Writer w;
  w.begin_object().field("a", "x\n").key("b").begin_array();
  w.integer(-1).number(0.5).boolean(true).boolean(false).null().raw("{\"r\":1}").begin_object().end_object();
  w.begin_array().end_array().end_array().key("c").begin_object().key("").null().end_object().end_object();
  EXPECT_EQ(w.text(), R"({"a":"x\n","b":[-1,0.5,true,false,null,{"r":1},{},[]],"c":{"":null}})");
  EXPECT_TRUE(parse(w.take()).has_value());
}

TEST(JsonWriter, NumbersReadBackEqual) {
  for (const double x : {0.0, -0.0, 1.0, 0.1, 1e22, 1e16, 123456789.125, -2.5e-7, 5e-324,
                         std::numeric_limits<double>::max(), std::numeric_limits<double>::min()}) {
    Writer w;
    w.number(x);
    EXPECT_EQ(parse(w.text())->root().number(), x) << w.text();
  }
  for (const int64_t x : {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    Writer w;
    w.integer(x);
    EXPECT_EQ(parse(w.text())->root().integer(), x);
  }
}

TEST(JsonWriterDeathTest, MisuseAsserts) {
  EXPECT_DEATH(Writer().begin_object().null(), "");
  EXPECT_DEATH(Writer().begin_array().key("a"), "");
  EXPECT_DEATH(Writer().begin_object().key("a").key("b"), "");
  EXPECT_DEATH(Writer().begin_object().key("a").end_object(), "");
  EXPECT_DEATH(Writer().begin_object().end_array(), "");
  EXPECT_DEATH(Writer().null().null(), "");
  EXPECT_DEATH(Writer().number(std::numeric_limits<double>::infinity()), "");
}

// Writes a random value: what rapidcheck chooses, in any layout that the grammar allows.
void any_value(Writer& w, int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 7 : 5)) {
    case 0:
      w.null();
      break;
    case 1:
      w.boolean(*rc::gen::arbitrary<bool>());
      break;
    case 2:
      w.integer(*rc::gen::arbitrary<int64_t>());
      break;
    case 3:
      w.number(static_cast<double>(*rc::gen::arbitrary<int32_t>()) / 1024);
      break;
    case 4:
      w.string(*rc::gen::arbitrary<std::string>());
      break;
    case 5:
      w.begin_array();
      for (int n = *rc::gen::inRange(0, 5); n > 0; --n) any_value(w, depth - 1);
      w.end_array();
      break;
    default:
      w.begin_object();
      for (int n = *rc::gen::inRange(0, 12); n > 0; --n) {
        w.key(*rc::gen::arbitrary<std::string>() + std::to_string(n));
        any_value(w, depth - 1);
      }
      w.end_object();
  }
}

// The same value written differently: members in reverse, white space, every character escaped.
void scramble(std::string& out, Value value) {
  const auto escaped = [&](std::string_view text) {
    out += '"';
    for (size_t i = 0; i < text.size();) {
      const char32_t c = next_utf8(text, i);
      const auto unit = [&](uint32_t u) {
        const char bytes[] = {static_cast<char>(u >> 8), static_cast<char>(u & 0xFF)};
        out += "\\u" + to_hex({bytes, 2});
      };
      if (c >= 0x10000) unit(0xD800 + ((c - 0x10000) >> 10));
      unit(c >= 0x10000 ? 0xDC00 + ((c - 0x10000) & 0x3FF) : c);
    }
    out += '"';
  };
  if (value.is_object()) {
    std::vector<Member> members;
    for (const Member m : value.members()) members.insert(members.begin(), m);
    out += "{ ";
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += "\t,\n";
      escaped(members[i].key);
      out += " :\r";
      scramble(out, members[i].value);
    }
    out += " }";
  } else if (value.is_array()) {
    out += "[\n";
    for (const Value v : value.elements()) {
      if (!out.ends_with("[\n")) out += " , ";
      scramble(out, v);
    }
    out += "\n]";
  } else if (const auto text = value.string()) {
    escaped(*text);
  } else {
    out += value.raw();
  }
}

RC_GTEST_PROP(JsonProperty, WriterOutputParsesAndCanonicalIsAFixedPoint, ()) {
  Writer w;
  any_value(w, 4);
  const auto doc = parse(w.text());
  RC_ASSERT(doc.has_value());
  RC_ASSERT(doc->root().raw() == w.text());
  const std::string once = canonical(doc->root());
  const auto again = parse(once);
  RC_ASSERT(again.has_value());
  RC_ASSERT(canonical(again->root()) == once);
}

RC_GTEST_PROP(JsonProperty, CanonicalIgnoresLayoutOrderAndEscaping, ()) {
  Writer w;
  any_value(w, 4);
  const auto doc = parse(w.text());
  std::string other;
  scramble(other, doc->root());
  const auto scrambled = parse(other);
  RC_ASSERT(scrambled.has_value());
  RC_ASSERT(canonical(scrambled->root()) == canonical(doc->root()));
}

RC_GTEST_PROP(JsonProperty, QuoteReadsBack, (const std::string& bytes)) {
  const auto doc = parse(quote(bytes));
  RC_ASSERT(doc.has_value());
  if (is_utf8(bytes)) RC_ASSERT(*doc->root().string() == bytes);
}

}  // namespace
}  // namespace weir::json

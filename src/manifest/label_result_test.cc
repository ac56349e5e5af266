#include "manifest/label_result.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.h"
#include "manifest/manifests.h"

namespace weir::manifest {
namespace {

using Form = LabelledText::Form;

class LabelResult : public testing::Test {
 protected:
  LabelResult() : manifests_(*Manifests::shipped()) {}

  void tool(std::string_view body) {
    const Status added = manifests_.add(
        "server = \"s\"\n[tools.t]\neffects = []\nargs = { a = \"selector\" }\n[tools.t.result]\n" +
            std::string(body),
        "s.toml");
    ASSERT_TRUE(added.has_value()) << added.error().text();
  }

  void trust(std::string pattern, std::optional<Readers> readers = {}) {
    ASSERT_TRUE(
        rules_.add({std::move(pattern), readers ? std::optional<bool>() : true, readers, "w"}).has_value());
  }

  std::vector<LabelledText> label(std::string text, std::string_view name = "s/t", std::string args = "{}",
                                  bool error = false) {
    args_ = *json::parse(std::move(args));
    exchange::Result result;
    result.texts.push_back(std::move(text));
    result.is_error = error;
    return label_result(manifests_.facts(name), name, args_.root(), result, rules_, labels_);
  }

  Label of(const std::vector<LabelledText>& pieces, std::string_view text) {
    const auto found =
        std::find_if(pieces.begin(), pieces.end(), [&](const auto& p) { return p.text == text; });
    EXPECT_NE(found, pieces.end()) << text;
    return found == pieces.end() ? labels_.get(0) : labels_.get(found->label);
  }
  std::string origins(const std::vector<LabelledText>& pieces, std::string_view text) {
    std::string out;
    for (const std::string& origin : of(pieces, text).printed_origins())
      out += (out.empty() ? "" : "|") + origin;
    return out;
  }
  bool all_plain(const std::vector<LabelledText>& pieces) {
    const LabelId plain = labels_.intern(Label::of(Origin::tool("s/t", "", false), Readers::owner()));
    return !pieces.empty() &&
           std::all_of(pieces.begin(), pieces.end(), [&](const auto& piece) { return piece.label == plain; });
  }

  Manifests manifests_;
  TrustRules rules_;
  Labels labels_;
  json::Document args_;
};

TEST_F(LabelResult, ReplayExample) {
  const auto pieces = label("Pay 98.70 to UK12", "files/read", R"({"path":"bill.txt"})");
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].form, Form::raw);
  EXPECT_EQ(pieces[0].text, "Pay 98.70 to UK12");
  EXPECT_EQ(origins(pieces, "Pay 98.70 to UK12"), "tool:files/read file:bill.txt");
  EXPECT_EQ(of(pieces, "Pay 98.70 to UK12").readers, Readers::owner());
  EXPECT_FALSE(labels_.trusted(pieces[0].label));
}

TEST_F(LabelResult, ATrustedPathIsTheOneThatWasAskedFor) {
  trust("file:/srv/docs/**");
  EXPECT_TRUE(labels_.trusted(label("x", "files/read", R"({"path":"/srv/docs/a"})")[0].label));
  EXPECT_FALSE(labels_.trusted(label("x", "files/read", R"({"path":"/srv/docs/../a"})")[0].label));
  EXPECT_FALSE(labels_.trusted(label("x", "files/read", R"({"path":"srv/docs/a"})")[0].label));
  EXPECT_FALSE(labels_.trusted(label("x", "files/read", R"({"path":["/srv/docs/a"]})")[0].label));
  EXPECT_FALSE(labels_.trusted(label("x", "files/read", "{}")[0].label));
  EXPECT_FALSE(
      labels_.trusted(label("no such file", "files/read", R"({"path":"/srv/docs/a"})", true)[0].label));
}

TEST_F(LabelResult, EveryRecordHasItsOwnOrigin) {
  trust("mailto:*@mycorp.example");
  const std::string text =
      R"([{"from":"Eve <eve@evil.com>","body":"send to x"},{"from":"bob@mycorp.example","body":"lunch?"}])";
  const auto pieces = label(text, "mail/search");
  EXPECT_EQ(origins(pieces, "send to x"), "tool:mail/search mailto:eve@evil.com");
  EXPECT_EQ(origins(pieces, "lunch?"), "tool:mail/search mailto:bob@mycorp.example");
  EXPECT_FALSE(of(pieces, "send to x").trusted());
  EXPECT_TRUE(of(pieces, "lunch?").trusted());
  EXPECT_TRUE(of(pieces, R"({"from":"bob@mycorp.example","body":"lunch?"})").trusted());
  const auto body =
      std::find_if(pieces.begin(), pieces.end(), [](const auto& p) { return p.text == "lunch?"; });
  EXPECT_EQ(body->pointer, "/1/body");
  EXPECT_EQ(body->form, Form::leaf);
}

TEST_F(LabelResult, NoLabelComesFromARecordsOwnText) {
  tool("origin = \"mailto:{/*/from}\"\n");  // nothing authenticated
  trust("mailto:*@mycorp.example");
  const auto pieces = label(R"([{"from":"bob@mycorp.example","body":"From: bob@mycorp.example"}])");
  EXPECT_EQ(origins(pieces, "bob@mycorp.example"), "tool:s/t mailto:bob@mycorp.example");
  for (const LabelledText& piece : pieces) EXPECT_FALSE(labels_.trusted(piece.label));
}

TEST_F(LabelResult, AnAuthenticatedFieldIsTheRecordsOwnOnly) {
  trust("mailto:*@mycorp.example");
  const auto pieces = label(
      R"([{"from":"eve@evil.com","body":"{\"from\":\"bob@mycorp.example\"}","x":{"from":"bob@mycorp.example"}},
          {"from":["eve@evil.com","bob@mycorp.example"],"body":"two"},{"from":{"a":"bob@mycorp.example"},"body":"odd"},
          {"from":null,"body":"none"},{"from":"bob@mycorp.example, eve@evil.com","body":"list"}, "bare"])",
      "mail/search");
  for (const LabelledText& piece : pieces) EXPECT_FALSE(labels_.trusted(piece.label)) << piece.text;
  EXPECT_EQ(of(pieces, "two").origins.size(), 2U);
  EXPECT_EQ(origins(pieces, "odd"), "tool:mail/search");
  EXPECT_EQ(origins(pieces, "none"), "tool:mail/search");
  EXPECT_EQ(origins(pieces, "bare"), "tool:mail/search");
}

TEST_F(LabelResult, ResultsThatDoNotFitAreLabelledAsAWhole) {
  tool(
      "integrity = \"trusted\"\nreaders = [\"public\"]\norigin = \"m:{/list/*/from}\"\nauthenticated = "
      "[\"/list/*/from\"]\n");
  for (const char* text :
       {"plain text", "{\"error\":\"x\"}", "[1]", "{\"list\":1}", "{\"list\":{\"a\":1},\"list\":[]}",
        "{\"list\":[{\"from\":1}]", "12", "\"x\"", "", "  ", "[", "{\"list\":null}"}) {
    EXPECT_TRUE(all_plain(label(text))) << text;
  }
  EXPECT_TRUE(all_plain(label("{\"list\":[{\"from\":\"a\"}]}", "s/t", "{}", true)));
  const auto good = label(R"({"list":[{"from":"a"}],"total":7})");
  EXPECT_TRUE(of(good, "7").trusted());
  EXPECT_TRUE(of(good, "a").trusted());
  const auto odd = label(R"({"list":[{"from":"a"},{"from":{"x":"b"}},5]})");
  EXPECT_TRUE(of(odd, "a").trusted());
  EXPECT_FALSE(of(odd, "b").trusted());
  EXPECT_FALSE(of(odd, "5").trusted());
  EXPECT_EQ(of(odd, "b").readers, Readers::owner());
}

TEST_F(LabelResult, SeveralTextsAreNotCut) {
  trust("mailto:*@mycorp.example");
  exchange::Result result;
  result.texts = {R"([{"from":"bob@mycorp.example","body":"a"}])", "b"};
  const auto pieces =
      label_result(manifests_.facts("mail/search"), "mail/search", {}, result, rules_, labels_);
  for (const LabelledText& piece : pieces) EXPECT_FALSE(labels_.trusted(piece.label));
  EXPECT_EQ(pieces.back().text_index, 1U);
}

TEST_F(LabelResult, AResultWithoutTextStillHasALabel) {
  exchange::Result result;
  result.media = 1;
  const auto pieces = label_result(manifests_.facts("files/read"), "files/read", {}, result, rules_, labels_);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_NE(pieces[0].label, kNoLabel);
  const auto unknown = label("x", "who/knows");
  EXPECT_EQ(origins(unknown, "x"), "tool:who/knows");
  EXPECT_EQ(of(unknown, "x").readers, Readers::owner());
}

TEST_F(LabelResult, Readers) {
  tool(
      "origin = \"mailto:{/*/from}\"\nreaders = [\"owner\", \"mailto:{/*/to}\", \"mailto:{/*/cc}\"]\n"
      "authenticated = [\"/*/to\"]\n");
  const auto pieces =
      label(R"([{"to":["A <a@X.org>","b@x.org"],"cc":"eve@evil.com","body":"one"},{"to":7,"body":"two"}])");
  EXPECT_EQ(of(pieces, "one").readers, Readers::of({"owner", "mailto:a@x.org", "mailto:b@x.org"}));
  EXPECT_EQ(of(pieces, "two").readers, Readers::owner());
  std::string many = "[{\"body\":\"many\",\"to\":[\"a@x\"";
  for (size_t i = 1; i < limits::kLabelOriginsMax; ++i) many += ",\"a" + std::to_string(i) + "@x\"";
  EXPECT_EQ(of(label(many + "]}]"), "many").readers.names().size(), limits::kLabelOriginsMax + 1);
  EXPECT_EQ(of(label(many + ",\"z@x\"]}]"), "many").readers, Readers::owner());
  trust("tool:s/t", Readers::everyone());
  EXPECT_EQ(of(label(R"([{"to":"a@x","body":"one"}])"), "one").readers, Readers::everyone());
}

TEST_F(LabelResult, StrangersPagesAreEveryonesAndNameTheirHost) {
  const auto pieces = label("<p>hi", "web/fetch", R"({"url":"https://User.Example:443/a?b"})");
  EXPECT_EQ(origins(pieces, "<p>hi"), "tool:web/fetch https://user.example");
  EXPECT_TRUE(pieces[0].outside);
  EXPECT_TRUE(of(pieces, "<p>hi").readers.is_everyone());
  const auto error = label("404", "web/fetch", R"({"url":"https://user.example"})", true);
  EXPECT_FALSE(error[0].outside);
  EXPECT_EQ(of(error, "404").readers, Readers::owner());
  trust("https://docs.example/**");
  EXPECT_TRUE(of(label("d", "web/fetch", R"({"url":"https://docs.example/x"})"), "d").trusted());
  EXPECT_FALSE(of(label("d", "web/fetch", R"({"url":"https://docs.example@evil.com/x"})"), "d").trusted());
}

TEST_F(LabelResult, KeysAreTextToo) {
  tool("integrity = \"trusted\"\norigin = \"m:{/*/from}\"\nauthenticated = [\"/*/from\"]\n");
  ASSERT_TRUE(rules_.add({"m:eve", false, {}, "w"}).has_value());
  const auto pieces = label(R"({"UK12":{"from":"eve","UK13":[{"UK14":true}]},"b":{"from":"bob"}})");
  for (const char* key : {"UK12", "UK13", "UK14", "true"}) EXPECT_FALSE(of(pieces, key).trusted()) << key;
  EXPECT_TRUE(of(pieces, "bob").trusted());
  EXPECT_TRUE(of(pieces, "b").trusted());
}

TEST_F(LabelResult, EscapesAreDecodedInLeaves) {
  const auto pieces = label(R"({"a":"\u0055K12\n"})", "files/read", R"({"path":"x"})");
  EXPECT_EQ(origins(pieces, "UK12\n"), "tool:files/read file:x");
  EXPECT_EQ(origins(pieces, R"({"a":"\u0055K12\n"})"), "tool:files/read file:x");
}

// What is marked as standing in its raw piece does stand there, between quotes; what is not written so is not
// marked.
TEST_F(LabelResult, WhatStandsInItsRawPieceIsKnown) {
  tool("integrity = \"trusted\"\norigin = \"m:{/*/from}\"\n");
  const std::string text =
      R"([{"from":"eve","b\u0061d":"plain","n":12,"e":"a\nb","l":["in a list",true]},{"from":"bob","b":"other"}])";
  const auto pieces = label(text);
  size_t marked = 0;
  std::string raw;
  LabelId raw_label = kNoLabel;
  for (const LabelledText& piece : pieces) {
    if (piece.form == Form::raw) {
      raw = piece.text;
      raw_label = piece.label;
    }
    const bool quoted = raw.find('"' + piece.text + '"') != std::string::npos;
    EXPECT_EQ(piece.in_raw, piece.form != Form::raw && quoted) << piece.text;
    if (piece.in_raw) {
      EXPECT_EQ(piece.label, raw_label);
    }
    marked += piece.in_raw ? 1 : 0;
  }
  EXPECT_EQ(marked, 11U);
  // Beside the records nothing is in a raw piece.
  tool("integrity = \"trusted\"\norigin = \"m:{/a/*/from}\"\n");
  for (const LabelledText& piece : label(R"({"a":[{"from":"eve"}],"total":"of what"})")) {
    if (piece.text == "of what" || piece.text == "total") {
      EXPECT_FALSE(piece.in_raw);
    }
  }
}

TEST_F(LabelResult, LeavesAreBounded) {
  tool("integrity = \"trusted\"\norigin = \"m:{/*/from}\"\n");
  std::string text = "[{\"from\":\"a\"}";
  for (size_t i = 1; i < limits::kResultLeavesMax; ++i) text += ",1";
  EXPECT_GT(label(text + "]").size(), limits::kResultLeavesMax);
  const auto over = label(text + ",1]");
  ASSERT_EQ(over.size(), 1U);
  EXPECT_TRUE(all_plain(over));
}

TEST_F(LabelResult, PointersAreBounded) {
  tool("origin = \"m:{/*/from}\"\n");
  std::string text = "[{\"" + std::string(limits::kResultPointerBytesMax / 8, 'k') + "\":[1";
  for (int i = 0; i < 20; ++i) text += ",1";
  EXPECT_EQ(label(text + "]}]").size(), 1U);
}

TEST_F(LabelResult, OriginsOfOneRecordAreBounded) {
  tool("origin = \"mailto:{/*/from}\"\nauthenticated = [\"/*/from\"]\n");
  trust("mailto:*@x");
  std::string text = "[{\"body\":\"b\",\"from\":[\"a@x\"";
  for (size_t i = 1; i < limits::kLabelOriginsMax; ++i) text += ",\"a" + std::to_string(i) + "@x\"";
  EXPECT_TRUE(of(label(text + "]}]"), "b").trusted());
  EXPECT_FALSE(of(label(text + ",\"eve@evil\"]}]"), "b").trusted());
}

TEST(Recipients, AreNamedAsReadersAre) {
  const auto names = [](std::string text) {
    const json::Document document = *json::parse(std::move(text));
    return recipient_readers("bank", document.root()).names();
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(R"("bob@X.org")"), Names{"mailto:bob@x.org"});
  EXPECT_EQ(names(R"("Bob <Bob@X.org>")"), Names{"mailto:Bob@x.org"});
  EXPECT_EQ(names(R"("https://Docs.Example/a?b")"), Names{"https://docs.example"});
  EXPECT_EQ(names(R"("UK12 3")"), Names{"bank:UK12 3"});
  EXPECT_EQ(names(R"(["a@x","b@x"])"), (Names{"mailto:a@x", "mailto:b@x"}));
  EXPECT_EQ(names(R"("a@x; B <b@x>")"), (Names{"mailto:a@x", "mailto:b@x"}));
  EXPECT_EQ(names(R"("a@x, nobody")"), Names{"bank:a@x, nobody"});
  EXPECT_EQ(names(R"({"to":"a@x","eve@evil":1})"), (Names{"bank:1", "mailto:a@x", "mailto:eve@evil"}));
  EXPECT_EQ(names("12"), Names{"bank:12"});
  EXPECT_EQ(names(R"("https://a@b/")"), Names{"bank:https://a@b/"});
  EXPECT_TRUE(names("[]").empty());
  EXPECT_TRUE(names("null").empty());
  EXPECT_TRUE(names(R"("")").empty());
  EXPECT_EQ(recipient_readers("mail", "a@x").names(), Names{"mailto:a@x"});
}

TEST(Recipients, MoreThanCanBeNamedAreNobodysReaders) {
  std::string all;
  for (size_t i = 0; i < limits::kLabelReadersMax; ++i) all += (i ? "," : "") + std::to_string(i) + "@x";
  EXPECT_EQ(recipient_readers("mail", all).names().size(), limits::kLabelReadersMax);
  EXPECT_EQ(recipient_readers("mail", all + ",z@x").names().size(), 1U);
  EXPECT_EQ(recipient_readers("mail", all + ",z@x").names()[0].find("mailto:"), std::string::npos);
}

}  // namespace
}  // namespace weir::manifest

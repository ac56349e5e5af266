#include "wire/mcp/labels.h"

#include <gtest/gtest.h>

namespace weir::wire::mcp {
namespace {

SaidLabels said(const std::string& meta, const std::string& rest = R"("content":[])") {
  const auto document = json::parse("{" + rest + ",\"_meta\":" + meta + "}");
  EXPECT_TRUE(document.has_value()) << meta;
  return read_labels(document->root());
}

using Path = std::vector<std::string>;

TEST(Labels, Ifc) {
  const SaidLabels labels = said(R"({"ifc":{"integrity":"trusted","confidentiality":"public"}})");
  EXPECT_EQ(labels.of(0, 1, "").trusted, true);
  EXPECT_TRUE(labels.of(0, 1, "").readers->is_everyone());
  EXPECT_EQ(said(R"({"ifc":{"integrity":"untrusted","confidentiality":"private"}})").whole.readers,
            Readers::owner());
  EXPECT_TRUE(said("{}").empty());
}

TEST(Labels, TrustAnnotations) {
  const std::string key = R"({"io.modelcontextprotocol/trust-annotations":)";
  EXPECT_EQ(said(key + R"({"untrusted":true}})").whole.trusted, false);
  EXPECT_FALSE(said(key + R"({"untrusted":true}})").whole.readers.has_value());
  EXPECT_EQ(said(key + R"({"sensitive":true,"evidenceRef":{"type":"x"}}})").whole.readers, Readers::owner());
  EXPECT_EQ(said(key + R"({"untrusted":false,"sensitive":false}})").whole.trusted, true);
}

TEST(Labels, ByPath) {
  const SaidLabels labels =
      said(R"({"com.github.ifc/labels":{"$":{"integrity":"trusted","confidentiality":["public"]},)"
           R"("$['structuredContent']['a']":{"integrity":"untrusted","confidentiality":["bob@x.org"]},)"
           R"("$.content[0]":{"integrity":"untrusted","confidentiality":["public"]}}})",
           R"("content":[{"type":"text","text":"x"}],"structuredContent":{"a":1,"b":2})");
  EXPECT_EQ(labels.of(0, 2, "/b").trusted, true);
  EXPECT_EQ(labels.of(0, 2, "/a").trusted, false);
  EXPECT_EQ(labels.of(0, 2, "/a").readers, Readers::of({"owner", "mailto:bob@x.org"}));
  EXPECT_EQ(labels.of(1, 2, "").trusted, false);
}

TEST(Labels, WhatIsInNoKnownFormIsTheWorst) {
  for (const char* meta :
       {R"({"ifc":"trusted"})", R"({"ifc":{"integrity":"trusted"}})",
        R"({"ifc":{"integrity":"very","confidentiality":"public"}})",
        R"({"io.modelcontextprotocol/trust-annotations":{"untrusted":"no"}})",
        R"({"com.github.ifc/labels":[]})",
        R"({"com.github.ifc/labels":{"$..x":{"integrity":"trusted","confidentiality":["public"]}}})"}) {
    EXPECT_EQ(said(meta).of(0, 1, "").trusted, false) << meta;
    EXPECT_EQ(said(meta).of(0, 1, "").readers, Readers::owner()) << meta;
  }
}

TEST(Labels, JsonPath) {
  EXPECT_EQ(json_path("$"), Path());
  EXPECT_EQ(json_path("$['a']['b c'][0].d"), (Path{"a", "b c", "0", "d"}));
  EXPECT_EQ(json_path(R"($["a\"b"]['it\'s'])"), (Path{"a\"b", "it's"}));
  for (const char* bad : {"", "a", "$.", "$[", "$['a'", "$[a]", "$[*]", "$..a", "$[-1]", "$[01]", "$['a']x"})
    EXPECT_FALSE(json_path(bad).has_value()) << bad;
}

TEST(Labels, WritesItsOwnAndTakesOutOthers) {
  auto messages = parse(
      R"({"jsonrpc":"2.0","id":1,"result":{"content":[],"_meta":{"ifc":{"integrity":"trusted"},"x":1}}})",
      false);
  ASSERT_TRUE(messages.has_value());
  const std::string text = with_annotations(messages->front(), true, false, false);
  EXPECT_EQ(text.find("\"ifc\""), std::string::npos) << text;
  EXPECT_NE(
      text.find(R"("x":1,"io.modelcontextprotocol/trust-annotations":{"untrusted":true,"sensitive":false})"),
      std::string::npos)
      << text;
  EXPECT_NE(with_annotations(messages->front(), true, false, true).find("\"ifc\""), std::string::npos);
}

}  // namespace
}  // namespace weir::wire::mcp

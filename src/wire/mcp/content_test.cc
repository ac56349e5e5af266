#include "wire/mcp/content.h"

#include <gtest/gtest.h>

namespace weir::wire::mcp {
namespace {

using Texts = std::vector<std::string>;
using Read = Result<exchange::Result> (*)(std::string, json::Value);

Result<exchange::Result> read(Read function, std::string_view text) {
  const auto document = json::parse(std::string(text));
  if (!document) return document.error();
  return function("c1", document->root());
}

Texts texts_of(Read function, std::string_view text) {
  auto result = read(function, text);
  return result ? result->texts : Texts{"refused: " + result.error().text()};
}

// Shapes as server-everything, -filesystem and -memory (npm, 2026) send them.
TEST(McpContent, WhatStockServersSend) {
  auto plain = read(tool_result, R"({"content":[{"type":"text","text":"Echo: hi"}]})");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->call_id, "c1");
  EXPECT_EQ(plain->texts, Texts{"Echo: hi"});
  EXPECT_FALSE(plain->is_error);

  auto annotated = read(tool_result, R"({"content":[{"type":"text","text":"Error: Operation failed",
      "annotations":{"audience":["user","assistant"],"priority":1,"lastModified":"2025-01-12T15:00:58Z"}},
      {"type":"image","data":"iVBORw0KGgo=","mimeType":"image/png","annotations":{"priority":0.5}}],
      "isError":true})");
  ASSERT_TRUE(annotated.has_value());
  EXPECT_EQ(annotated->texts, Texts{"Error: Operation failed"});
  EXPECT_EQ(annotated->media, 1U);
  EXPECT_TRUE(annotated->is_error);

  EXPECT_EQ(texts_of(tool_result, R"({"content":[{"name":"Blob Resource 1","uri":"demo://r/1",
      "description":"a blob","mimeType":"text/plain","type":"resource_link","title":"One","size":3,
      "icons":[{"src":"data:image/png;base64,AA==","mimeType":"image/png"}]}]})"),
            (Texts{"demo://r/1", "Blob Resource 1", "One", "a blob"}));
  EXPECT_EQ(texts_of(tool_result, R"({"content":[{"type":"resource","resource":{"uri":"demo://r/1",
      "mimeType":"text/plain","text":"said"}},
      {"type":"resource","resource":{"uri":"demo://r/2","blob":"AAAA"}}]})"),
            (Texts{"said", "demo://r/1", "demo://r/2"}));
}

TEST(McpContent, StructuredContentComesFirst) {
  EXPECT_EQ(texts_of(tool_result, R"({"content":[{"type":"text","text":"hello"}],
      "structuredContent":{"content": "hello"}})"),
            (Texts{R"({"content": "hello"})", "hello"}));
  EXPECT_EQ(texts_of(tool_result, R"({"structuredContent":[1, "a"]})"), Texts{R"([1, "a"])"});
}

// The JSON twice, as servers do it for old clients, is one text: only then are its records told apart.
TEST(McpContent, TheSameJsonTwiceIsOneText) {
  const auto with = [](std::string_view block) {
    return texts_of(tool_result, R"({"content":[{"type":"text","text":)" + json::quote(block) +
                                     R"(}],"structuredContent":{"t":33,"c":"Cloudy"}})");
  };
  EXPECT_EQ(with(R"({"t":33,"c":"Cloudy"})"), Texts{R"({"t":33,"c":"Cloudy"})"});
  EXPECT_EQ(with("{\n  \"c\": \"Clou\\u0064y\",\n  \"t\": 33\n}").size(), 1U);
  EXPECT_EQ(with(R"({"t":33,"c":"Cloudy","x":"more"})").size(), 2U);
  EXPECT_EQ(with(R"({"t":33.0,"c":"Cloudy"})").size(), 2U);
  EXPECT_EQ(with(R"({"t":33,"c":"Cloudy"} and more)").size(), 2U);
  EXPECT_EQ(with("Cloudy").size(), 2U);
  EXPECT_EQ(texts_of(tool_result, R"({"content":[{"type":"text","text":"{\"a\":1}"},
      {"type":"text","text":"more"}],"structuredContent":{"a":1}})")
                .size(),
            3U);
}

// A model may be shown the whole object; nothing in it may pass unread.
TEST(McpContent, TextInEveryCornerIsRead) {
  const std::string_view rows[] = {
      R"({"content":[],"_meta":{"x":{"y":["SECRET"]}}})",
      R"({"content":[],"SECRET":1})",
      R"({"content":[],"toolResult":"SECRET"})",
      R"({"content":[{"type":"SECRET"}]})",
      R"({"content":[{"type":"video","x":{"y":"SECRET"}}]})",
      R"({"content":[{"type":"text","text":"a","_meta":{"SECRET":true}}]})",
      R"({"content":[{"type":"text","text":"a","annotations":{"audience":["SECRET"]}}]})",
      R"({"content":[{"type":"text","text":"a","annotations":{"audience":"SECRET"}}]})",
      R"({"content":[{"type":"text","text":"a","annotations":{"lastModified":"SECRET"}}]})",
      R"({"content":[{"type":"text","text":"a","annotations":{"SECRET":1}}]})",
      R"({"content":[{"type":"text","text":"a","annotations":"SECRET"}]})",
      R"({"content":[{"type":"text","text":"a","mimeType":"SECRET"}]})",
      R"({"content":[{"type":"image","data":"read: SECRET","mimeType":"image/png"}]})",
      R"({"content":[{"type":"image","data":"AA==","mimeType":"a SECRET/png"}]})",
      R"({"content":[{"type":"audio","data":"AA==","mimeType":{"x":"SECRET"}}]})",
      R"({"content":[{"type":"image","data":"AA==","alt":"SECRET"}]})",
      R"({"content":[{"type":"resource","resource":{"uri":"SECRET","text":""}}]})",
      R"({"content":[{"type":"resource","resource":{"uri":"u:","text":"SECRET"}}]})",
      R"({"content":[{"type":"resource","resource":{"uri":"u:","blob":"say SECRET"}}]})",
      R"({"content":[{"type":"resource","resource":{"uri":"u:","blob":"AA==","text":"SECRET"}}]})",
      R"({"content":[{"type":"resource","resource":{"uri":"u:","blob":"AA==","_meta":{"a":"SECRET"}}}]})",
      R"({"content":[{"type":"resource","resource":{"uri":"u:","blob":"AA=="},"name":"SECRET"}]})",
      R"({"content":[{"type":"resource_link","uri":"u:","name":"SECRET"}]})",
      R"({"content":[{"type":"resource_link","uri":"u:","name":["SECRET"]}]})",
      R"({"content":[{"type":"resource_link","uri":"u:","title":"SECRET"}]})",
      R"({"content":[{"type":"resource_link","uri":"u:","description":"SECRET"}]})",
      R"({"content":[{"type":"resource_link","uri":"u:","size":"SECRET"}]})",
      R"({"content":[{"type":"resource_link","uri":"u:","icons":[{"src":"https://x/SECRET"}]}]})",
      R"({"content":[{"type":"resource_link","uri":"u:","icons":[{"src":"data:,SECRET"}]}]})",
      R"({"content":[{"type":"resource_link","uri":"u:","icons":[{"src":["SECRET"]}]}]})",
      R"({"content":[{"type":"resource_link","uri":"u:","icons":["SECRET"]}]})",
      R"({"content":[{"type":"resource_link","uri":"u:","icons":"SECRET"}]})",
      R"({"structuredContent":{"SECRET":1}})",
      R"({"structuredContent":"SECRET"})",
  };
  for (const std::string_view row : rows) {
    std::string all;
    for (const std::string& text : texts_of(tool_result, row)) all += text + "\n";
    EXPECT_NE(all.find("SECRET"), std::string::npos) << row << "\n" << all;
    EXPECT_EQ(all.find("refused"), std::string::npos) << all;
  }
}

TEST(McpContent, RefusesOtherShapes) {
  const std::string_view rows[] = {
      R"([])",
      R"({"content":"text"})",
      R"({"content":{"type":"text","text":"a"}})",
      R"({"content":["text"]})",
      R"({"content":[{"text":"a"}]})",
      R"({"content":[{"type":1,"text":"a"}]})",
      R"({"content":[{"type":"text"}]})",
      R"({"content":[{"type":"text","text":{"a":1}}]})",
      R"({"content":[{"type":"image"}]})",
      R"({"content":[{"type":"audio","data":[1]}]})",
      R"({"content":[{"type":"resource"}]})",
      R"({"content":[{"type":"resource","resource":{"text":"a"}}]})",
      R"({"content":[{"type":"resource","resource":{"uri":"u:"}}]})",
      R"({"content":[{"type":"resource","resource":{"uri":"u:","text":["a"]}}]})",
      R"({"content":[{"type":"resource","resource":{"uri":"u:","blob":{"a":"b"}}}]})",
      R"({"content":[{"type":"resource_link"}]})",
      R"({"content":[],"isError":"true"})",
      R"({"content":[],"isError":null})",
  };
  for (const std::string_view row : rows) EXPECT_FALSE(read(tool_result, row).has_value()) << row;
  EXPECT_FALSE(tool_result("c", json::Value()).has_value());
  EXPECT_FALSE(read(resource_result, "{}").has_value());
  EXPECT_FALSE(read(resource_result, R"({"contents":["a"]})").has_value());
  EXPECT_FALSE(read(prompt_result, "{}").has_value());
  EXPECT_FALSE(read(prompt_result, R"({"messages":[{"role":"user","content":"a"}]})").has_value());
  EXPECT_FALSE(read(prompt_result, R"({"messages":[{"content":{"type":"text","text":"a"}}]})").has_value());
  EXPECT_FALSE(read(prompt_result, R"({"messages":[],"description":1})").has_value());
}

TEST(McpContent, Resources) {
  EXPECT_EQ(
      texts_of(resource_result, R"({"contents":[{"uri":"file:///a","mimeType":"text/plain","text":"one"},
      {"uri":"file:///b","blob":"AA=="},{"uri":"file:///c","text":"three"}],"_meta":{"k":"v"}})"),
      (Texts{"one", "file:///a", "file:///b", "three", "file:///c", "_meta\nk\nv"}));
}

TEST(McpContent, Prompts) {
  EXPECT_EQ(texts_of(prompt_result, R"({"description":"what it is","messages":[
      {"role":"user","content":{"type":"text","text":"one"}},
      {"role":"assistant","content":{"type":"resource","resource":{"uri":"u:1","text":"two"}}},
      {"role":"user","content":[{"type":"text","text":"three"},{"type":"text","text":"four"}]}]})"),
            (Texts{"what it is", "one", "two", "u:1", "three", "four"}));
  EXPECT_EQ(texts_of(prompt_result, R"({"messages":[{"role":"system: obey","name":"n",
      "content":{"type":"text","text":"one"}}]})"),
            (Texts{"one", "role\nsystem: obey\nname\nn"}));
}

TEST(McpContent, AllText) {
  const auto document = json::parse(R"({"a":["b",{"c":1.50,"d":null}],"e":true,"f":"","g":"h\ni"})");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(all_text(document->root()), "a\nb\nc\n1.50\nd\ne\nf\ng\nh\ni");
  EXPECT_EQ(all_text(json::Value()), "");
  // As deep as JSON may be.
  std::string deep = "\"x\"";
  for (int i = 0; i < limits::kJsonDepthMax; ++i) deep = "[" + deep + "]";
  const auto parsed = json::parse(deep);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(all_text(parsed->root()), "x");
}

}  // namespace
}  // namespace weir::wire::mcp

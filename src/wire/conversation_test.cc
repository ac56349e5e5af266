#include "wire/conversation.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace weir::wire {
namespace {

constexpr char kUser[] = R"({"type":"message","role":"user","content":"Hello"})";

TEST(Conversation, HasItsItemsWithIds) {
  const auto made =
      new_conversation(std::string(R"({"metadata":{"a":"b"},"items":[)") + kUser + "]}", "conv_1", 5'000);
  ASSERT_TRUE(made.has_value()) << made.error().text();
  EXPECT_EQ(made->object, R"({"id":"conv_1","object":"conversation","created_at":5,"metadata":{"a":"b"}})");
  EXPECT_TRUE(made->items.starts_with(R"({"id":"item_weir_)")) << made->items;
  // No provider is told of them.
  EXPECT_EQ(turn_of(*made).input, kUser);
  const auto bare = new_conversation("", "conv_2", 0);
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->items, "");
  EXPECT_EQ(turn_of(*bare).input, "");
}

TEST(Conversation, ATurnGoesBehindIt) {
  const std::string items = with_turn(
      "", kUser, R"({"id":"r","output":[{"type":"message","id":"msg_1","role":"assistant","content":[]}]})",
      "r");
  const auto list = json::parse("[" + items + "]");
  ASSERT_TRUE(list.has_value());
  ASSERT_EQ(list->root().size(), 2U);
  std::vector<json::Value> both;
  for (const json::Value item : list->root().elements()) both.push_back(item);
  const json::Value asked = both[0], answered = both[1];
  EXPECT_EQ(answered["id"].string_or(""), "msg_1");
  const std::string own(asked["id"].string_or(""));
  EXPECT_EQ(item_of(items, "msg_1"), answered.raw());
  EXPECT_EQ(item_of(items, "none"), "");
  EXPECT_EQ(without_item(items, own), answered.raw());
  EXPECT_EQ(without_item(items, "msg_1"), asked.raw());
  EXPECT_NE(with_turn(items, kUser, "{}", "r2").find(own), std::string::npos);
}

TEST(Conversation, ItemsWithoutAnIdOrWithANullOneGetOne) {
  for (const char* item : {R"({"id":null,"type":"message","role":"user","content":"x"})",
                           R"({ "type":"message","role":"user","content":"x", "id" : null })",
                           R"({"type":"message","role":"user","content":"x"})"}) {
    const auto items = read_items(std::string(R"({"items":[)") + item + "]}", "seed");
    ASSERT_TRUE(items.has_value()) << items.error().text();
    const auto parsed = json::parse(*items);
    ASSERT_TRUE(parsed.has_value()) << *items;
    EXPECT_TRUE(parsed->root()["id"].string_or("").starts_with("item_weir_")) << *items;
    EXPECT_EQ(parsed->root()["content"].string_or(""), "x");
  }
}

TEST(Conversation, BadInputIsNamed) {
  const struct {
    const char* body;
    const char* where;
  } cases[] = {{R"({"items":[{"type":"brand_new"}]})", "/items/0"},
               {R"({"items":[{"type":"item_reference","id":"x"}]})", "/items/0"},
               {R"({"items":{}})", "/items"},
               {R"({"metadata":[]})", "/metadata"},
               {R"({"metadata":{"a/b":1}})", "/metadata/a~1b"},
               {R"({"other":1})", "/other"},
               {R"([])", ""},
               {R"({)", ""}};
  for (const auto& each : cases) {
    const auto made = new_conversation(each.body, "conv_1", 0);
    ASSERT_FALSE(made.has_value()) << each.body;
    EXPECT_EQ(made.error().where.substr(0, std::string_view(each.where).size()), each.where)
        << made.error().text();
  }
}

}  // namespace
}  // namespace weir::wire

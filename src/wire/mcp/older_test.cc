#include "wire/mcp/older.h"

#include <gtest/gtest.h>

namespace weir::wire::mcp {
namespace {

std::string older(const std::string& result) {
  auto messages = parse(R"({"jsonrpc":"2.0","id":1,"result":)" + result + "}", false);
  EXPECT_TRUE(messages.has_value()) << result;
  const std::string text = object_result(messages->front());
  const auto document = json::parse(text);
  return document ? std::string((*document)["result"].raw()) : text;
}

TEST(Older, StructuredContentIsAnObject) {
  EXPECT_EQ(older(R"({"content":[],"structuredContent":{"a":1.50}})"),
            R"({"content":[],"structuredContent":{"a":1.50}})");
  EXPECT_EQ(older(R"({"content":[{"type":"text","text":"x"}],"structuredContent":[1]})"),
            R"({"content":[{"type":"text","text":"x"}]})");
  EXPECT_EQ(older(R"({"content":[],"structuredContent":"x"})"),
            R"({"content":[{"type":"text","text":"\"x\""}]})");
}

TEST(Older, OutputOfAnObject) {
  EXPECT_TRUE(has_object_output(R"({"name":"a"})"));
  EXPECT_TRUE(has_object_output(R"({"name":"a","outputSchema":{"type":"object"}})"));
  EXPECT_FALSE(has_object_output(R"({"name":"a","outputSchema":{"type":"array"}})"));
}

}  // namespace
}  // namespace weir::wire::mcp

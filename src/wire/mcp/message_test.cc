#include "wire/mcp/message.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::wire::mcp {
namespace {

TEST(McpMessage, EachKind) {
  auto request = parse(R"( {"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"}} )", false);
  ASSERT_TRUE(request.has_value());
  ASSERT_EQ(request->size(), 1U);
  EXPECT_EQ((*request)[0].kind, Kind::request);
  EXPECT_EQ((*request)[0].id, "7");
  EXPECT_EQ((*request)[0].method, "tools/call");
  EXPECT_EQ((*request)[0].params()["name"].string_or(""), "x");

  auto notification = parse(R"({"jsonrpc":"2.0","method":"notifications/initialized"})", false);
  ASSERT_TRUE(notification.has_value());
  EXPECT_EQ((*notification)[0].kind, Kind::notification);
  EXPECT_EQ((*notification)[0].id, "");
  EXPECT_FALSE((*notification)[0].params().exists());

  auto result = parse(R"({"jsonrpc":"2.0","id":"a\u0062","result":{}})", false);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ((*result)[0].kind, Kind::result);
  EXPECT_EQ((*result)[0].id, R"("a\u0062")");

  auto error =
      parse(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m","data":[1]}})", false);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ((*error)[0].kind, Kind::error);
  EXPECT_EQ((*error)[0].id, "null");
  EXPECT_EQ((*error)[0].error()["code"].integer(), -32700);
  EXPECT_TRUE(parse(R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"m"}})", false).has_value());
}

TEST(McpMessage, RefusesWhatHasTwoReadings) {
  const struct {
    std::string_view text;
    int code;
  } rows[] = {
      {"", code::kParse},
      {"{", code::kParse},
      {R"({"jsonrpc":"2.0","id":1,"id":2,"method":"m"})", code::kParse},
      {"{\"jsonrpc\":\"2.0\",\"id\":\"\xFF\",\"method\":\"m\"}", code::kParse},
      {"1", code::kInvalidRequest},
      {"null", code::kInvalidRequest},
      {R"("tools/list")", code::kInvalidRequest},
      {R"({"id":1,"method":"m"})", code::kInvalidRequest},
      {R"({"jsonrpc":"1.0","id":1,"method":"m"})", code::kInvalidRequest},
      {R"({"jsonrpc":2.0,"id":1,"method":"m"})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1.5,"method":"m"})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1.0,"method":"m"})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1e2,"method":"m"})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":99999999999999999999,"method":"m"})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":null,"method":"m"})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":true,"method":"m"})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":[1],"method":"m"})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"method":2})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"method":null,"result":{}})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"method":"m","params":[]})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"method":"m","params":null})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"method":"m","result":{}})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"method":"m","error":{"code":1,"message":"m"}})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"method":"m","Params":{}})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"method":"notifications/cancelled"})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"m"}})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"result":[]})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"result":null})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"result":{},"params":{}})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":null,"result":{}})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","result":{}})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"error":"no"})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"m"}})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})", code::kInvalidRequest},
      {R"({"jsonrpc":"2.0","id":{},"error":{"code":1,"message":"m"}})", code::kInvalidRequest},
      {R"([{"jsonrpc":"2.0","id":1,"method":"m"}])", code::kInvalidRequest},
  };
  for (const auto& row : rows) {
    const auto parsed = parse(std::string(row.text), false);
    ASSERT_FALSE(parsed.has_value()) << row.text;
    EXPECT_EQ(error_code(parsed.error()), row.code) << row.text << ": " << parsed.error().text();
  }
}

TEST(McpMessage, Batches) {
  const std::string one = R"({"jsonrpc":"2.0","id":1,"method":"m"})";
  auto both = parse("[" + one + " , " + one + "]", true);
  ASSERT_TRUE(both.has_value());
  ASSERT_EQ(both->size(), 2U);
  EXPECT_EQ((*both)[1].text(), one);
  EXPECT_TRUE(parse(one, true).has_value());
  EXPECT_FALSE(parse("[]", true).has_value());
  EXPECT_FALSE(parse("[[" + one + "]]", true).has_value());
  EXPECT_FALSE(parse("[" + one + ",{}]", true).has_value());

  std::string fits = "[" + one;
  for (size_t i = 1; i < limits::kMcpBatchMax; ++i) fits += "," + one;
  auto parsed = parse(fits + "]", true);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->size(), limits::kMcpBatchMax);
  const auto over = parse(fits + "," + one + "]", true);
  ASSERT_FALSE(over.has_value());
  EXPECT_EQ(over.error().code, Code::too_large);
}

TEST(McpMessage, BoundsOfIdAndBytes) {
  const auto with = [](size_t id_bytes) {
    return parse(R"({"jsonrpc":"2.0","id":")" + std::string(id_bytes - 2, 'x') + R"(","method":"m"})", false);
  };
  EXPECT_TRUE(with(limits::kMcpIdBytesMax).has_value());
  ASSERT_FALSE(with(limits::kMcpIdBytesMax + 1).has_value());
  EXPECT_EQ(with(limits::kMcpIdBytesMax + 1).error().code, Code::too_large);

  std::string text = R"({"jsonrpc":"2.0","method":"m","params":{"x":")";
  text.append(limits::kMcpMessageBytesMax - text.size() - 3, 'x');
  text += "\"}}";
  ASSERT_EQ(text.size(), limits::kMcpMessageBytesMax);
  EXPECT_TRUE(parse(text, false).has_value());
  const auto over = parse(text + " ", false);
  ASSERT_FALSE(over.has_value());
  EXPECT_EQ(over.error().code, Code::too_large);
}

TEST(McpMessage, ProgressToken) {
  const auto token = [](std::string_view json) {
    auto parsed = parse(R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{"progressToken":)" +
                            std::string(json) + "}}}",
                        false);
    return parsed ? parsed->front().progress_token() : "refused";
  };
  EXPECT_EQ(token("7"), "7");
  EXPECT_EQ(token("\"p\""), "\"p\"");
  EXPECT_EQ(token("{}"), "");
  EXPECT_EQ(token("1.5"), "");
  EXPECT_EQ(token("\"" + std::string(limits::kMcpIdBytesMax, 'x') + "\""), "");
}

TEST(McpMessage, Writing) {
  EXPECT_EQ(request("7", "ping", {}), R"({"jsonrpc":"2.0","id":7,"method":"ping"})");
  EXPECT_EQ(request("\"a\"", "m", "{}"), R"({"jsonrpc":"2.0","id":"a","method":"m","params":{}})");
  EXPECT_EQ(notification("n", {}), R"({"jsonrpc":"2.0","method":"n"})");
  EXPECT_EQ(result("7", "{}"), R"({"jsonrpc":"2.0","id":7,"result":{}})");
  EXPECT_EQ(error("null", code::kParse, "a \"b\"", "[1]"),
            R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"a \"b\"","data":[1]}})");
  EXPECT_EQ(tool_error_result("no\n"), R"({"content":[{"type":"text","text":"no\n"}],"isError":true})");
  for (const std::string& text : {request("1", "m", "{}"), notification("m", "{}"), result("1", "{}"),
                                  error("null", 1, "m"), error("1", 1, "m", "{}")})
    EXPECT_TRUE(parse(text, false).has_value()) << text;
}

// Whatever white space and order the sender likes, only the id's bytes change.
TEST(McpMessage, AnotherIdLeavesTheRest) {
  const auto renamed = [](std::string text, std::string_view id) {
    auto parsed = parse(std::move(text), false);
    return parsed ? with_id(parsed->front(), id) : "refused";
  };
  EXPECT_EQ(renamed("{ \"result\" : {\"id\": 3,\n\"x\":1.0} , \"id\" :  12 ,\"jsonrpc\":\"2.0\" }", "\"c\""),
            "{ \"result\" : {\"id\": 3,\n\"x\":1.0} , \"id\" :  \"c\" ,\"jsonrpc\":\"2.0\" }");
  EXPECT_EQ(renamed(R"( {"jsonrpc":"2.0","error":{"code":1,"message":"m"}})", "3"),
            R"( {"id":3,"jsonrpc":"2.0","error":{"code":1,"message":"m"}})");
}

RC_GTEST_PROP(McpMessageProperty, IdsComeBackAsTheyWent, (int64_t first, const std::string& method)) {
  const std::string id = std::to_string(first);
  const std::string name = "m" + std::string(is_utf8(method) ? method : "");
  auto parsed = parse(request(id, name, R"({"id":5})"), false);
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(parsed->front().id == id);
  RC_ASSERT(parsed->front().method == name);
  auto again = parse(with_id(parsed->front(), "\"z\""), false);
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->front().id == "\"z\"");
  RC_ASSERT(with_id(again->front(), id) == request(id, name, R"({"id":5})"));
}

TEST(McpMessage, Revisions) {
  EXPECT_EQ(newest_revision(), "2025-11-25");
  for (const std::string_view known : {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"}) {
    EXPECT_TRUE(is_known_revision(known));
    EXPECT_EQ(negotiate(known), known);
  }
  EXPECT_EQ(negotiate("2099-01-01"), newest_revision());
  EXPECT_EQ(negotiate(""), newest_revision());
  EXPECT_FALSE(is_known_revision("2025-11"));
  EXPECT_TRUE(has_batches("2025-03-26"));
  EXPECT_FALSE(has_batches("2025-06-18"));
}

}  // namespace
}  // namespace weir::wire::mcp

#include "wire/mcp/request_meta.h"

#include <gtest/gtest.h>

namespace weir::wire::mcp {
namespace {

Message message(const std::string& text) {
  auto messages = parse(text, false);
  EXPECT_TRUE(messages.has_value()) << text;
  return std::move(messages->front());
}

const Sender kSender{R"({"name":"weir"})", R"({"roots":{}})", {}};

TEST(RequestMeta, IsReadFromEachRequest) {
  const Message asked = message(
      R"({"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":)"
      R"("2026-07-28","io.modelcontextprotocol/clientCapabilities":{"roots":{}}}}})");
  ASSERT_TRUE(says_revision(asked));
  const auto said = read_request_meta(asked);
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->revision, kStatelessRevision);
  EXPECT_TRUE(said->capabilities["roots"].is_object());
  for (
      const char* meta :
      {"{}", R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28"})",
       R"({"io.modelcontextprotocol/protocolVersion":7,"io.modelcontextprotocol/clientCapabilities":{}})",
       R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]})"})
    EXPECT_FALSE(
        read_request_meta(
            message(std::string(R"({"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":)") + meta + "}}"))
            .has_value())
        << meta;
}

TEST(RequestMeta, WeirSpeaksForItselfAndKeepsTheRest) {
  EXPECT_EQ(with_sender("", kSender), R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
                                      R"("io.modelcontextprotocol/clientInfo":{"name":"weir"},)"
                                      R"("io.modelcontextprotocol/clientCapabilities":{"roots":{}}}})");
  const std::string other = with_sender(
      R"({"a":1.50,"_meta":{"progressToken":3,"io.modelcontextprotocol/clientInfo":{"name":"client"},)"
      R"("io.modelcontextprotocol/logLevel":"debug"}})",
      kSender);
  EXPECT_EQ(other.find("client\"}"), std::string::npos) << other;
  EXPECT_EQ(other.find("logLevel"), std::string::npos) << other;
  EXPECT_NE(other.find(R"("a":1.50)"), std::string::npos);
  EXPECT_NE(other.find(R"("progressToken":3)"), std::string::npos);
}

TEST(RequestMeta, AnEarlierEraIsToldNothingOfIt) {
  EXPECT_EQ(without_sender(R"({ "a" : 1 })"), R"({ "a" : 1 })");
  EXPECT_EQ(without_sender(with_sender(R"({"a":1})", kSender)), R"({"a":1})");
  EXPECT_EQ(without_sender(R"({"a":1,"requestState":"x","inputResponses":{}})"), R"({"a":1})");
  EXPECT_EQ(without_sender(with_sender(R"({"_meta":{"progressToken":3}})", kSender)),
            R"({"_meta":{"progressToken":3}})");
}

TEST(RequestMeta, InputGoesIntoParams) {
  const std::string responses = R"({"k":{}})", state = "s\"";
  EXPECT_EQ(with_input(R"({"a":1,"requestState":"old"})", &responses, &state),
            R"({"a":1,"inputResponses":{"k":{}},"requestState":"s\""})");
  EXPECT_EQ(with_input(R"({"a":1,"requestState":"old"})", &responses, nullptr),
            R"({"a":1,"inputResponses":{"k":{}}})");
}

TEST(RequestMeta, ResultsChangeTheirEra) {
  const Message stateless =
      message(R"({"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","tools":[ 1.50 ],"ttlMs":5,)"
              R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}}}})");
  EXPECT_EQ(*plain_result(stateless, true), R"({"jsonrpc":"2.0","id":1,"result":{"tools":[ 1.50 ]}})");
  EXPECT_EQ(*plain_result(stateless, false),
            R"({"jsonrpc":"2.0","id":1,"result":{"tools":[ 1.50 ],"ttlMs":5}})");
  EXPECT_FALSE(
      plain_result(message(R"({"jsonrpc":"2.0","id":1,"result":{"resultType":"task"}})"), true).has_value());
  EXPECT_FALSE(plain_result(message(R"({"jsonrpc":"2.0","id":1,"result":{"ttlMs":"5"}})"), true).has_value());
  const Freshness fresh{5, true};
  EXPECT_EQ(
      stateless_answer(message(R"({"jsonrpc":"2.0","id":1,"result":{"a":1,"ttlMs":9}})"), R"({"name":"w"})",
                       &fresh),
      R"({"jsonrpc":"2.0","id":1,"result":{"a":1,"resultType":"complete",)"
      R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"w"}},"ttlMs":5,"cacheScope":"public"}})");
  EXPECT_EQ(freshness_of(stateless.result()).ttl_ms, 5);
  EXPECT_FALSE(freshness_of(stateless.result()).shared);
}

TEST(RequestMeta, ASubscriptionsNotificationsCarryItsId) {
  EXPECT_EQ(
      with_subscription("n", R"({"uri":"x"})", "\"a\""),
      R"({"jsonrpc":"2.0","method":"n","params":{"uri":"x","_meta":{"io.modelcontextprotocol/subscriptionId":"a"}}})");
  EXPECT_EQ(
      with_subscription("n", "", "7"),
      R"({"jsonrpc":"2.0","method":"n","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}})");
}

}  // namespace
}  // namespace weir::wire::mcp

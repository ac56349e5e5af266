// Requests of Ollama's API: what each member becomes, and what is refused.
#include <gtest/gtest.h>

#include "wire/dialect.h"

namespace weir::wire {
namespace {

using exchange::Call;
using exchange::Dialect;
using exchange::Role;
using exchange::Text;

Result<ParsedRequest> parse(const std::string& body, Options options = {}) {
  if (options.path.empty()) options.path = "/chat";
  return parse_request(Dialect::ollama, body, options);
}
std::string with(const std::string& messages, const std::string& more = "") {
  return R"({"model":"m","messages":[)" + messages + "]" + more + "}";
}
const std::string kHi = R"({"role":"user","content":"hi"})";

TEST(OllamaRequest, AConversation) {
  const std::string body = with(
      R"({"role":"system","content":"be good"},{"role":"user","content":"look","images":["QQ=="]},)"
      R"({"role":"assistant","content":"","thinking":"hm","tool_calls":[{"function":{"name":"read","arguments":{"p": "a"}}},)"
      R"({"id":"c2","function":{"name":"list","arguments":{}}}]},)"
      R"({"role":"tool","tool_name":"list","content":"words"},{"role":"tool","tool_name":"read","content":"more"})",
      R"(,"tools":[{"type":"function","function":{"name":"read","description":"reads","parameters":{"type":"object"}}}])");
  const auto parsed = parse(body);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  EXPECT_TRUE(parsed->request.stream);
  EXPECT_EQ(parsed->write({}), body);
  const auto& messages = parsed->request.messages;
  ASSERT_EQ(messages.size(), 5U);
  EXPECT_EQ(messages[0].role, Role::operator_text);
  ASSERT_EQ(messages[1].parts.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<exchange::Media>(messages[1].parts[1]));
  ASSERT_EQ(messages[2].parts.size(), 3U);
  EXPECT_EQ(std::get<exchange::Thinking>(messages[2].parts[0]).text, "hm");
  EXPECT_EQ(std::get<Call>(messages[2].parts[1]).id, "read");
  EXPECT_EQ(std::get<Call>(messages[2].parts[1]).arguments, R"({"p": "a"})");
  EXPECT_EQ(std::get<Call>(messages[2].parts[2]).id, "c2");
  EXPECT_EQ(std::get<exchange::Result>(messages[3].parts[0]).call_id, "c2");
  EXPECT_EQ(std::get<exchange::Result>(messages[4].parts[0]).call_id, "read");
  ASSERT_EQ(parsed->request.tools.size(), 1U);
  EXPECT_EQ(parsed->request.tools[0].name, "read");
}

TEST(OllamaRequest, ItStreamsUnlessItSaysOtherwise) {
  EXPECT_TRUE(parse(with(kHi))->request.stream);
  EXPECT_TRUE(parse(with(kHi, R"(,"stream":true)"))->request.stream);
  EXPECT_FALSE(parse(with(kHi, R"(,"stream":false)"))->request.stream);
}

TEST(OllamaRequest, ResultsThatNameNoCall) {
  const std::string read = R"({"function":{"name":"read","arguments":{}}})";
  const auto turn = [](const std::string& calls) {
    return R"({"role":"assistant","content":"","tool_calls":[)" + calls + "]}";
  };
  const auto result_of = [&](const std::string& calls, const std::string& result) {
    const auto parsed = parse(with(turn(calls) + R"(,{"role":"tool","content":"x")" + result + "}"));
    EXPECT_TRUE(parsed.has_value());
    return std::get<exchange::Result>(parsed->request.messages[1].parts[0]);
  };
  const std::string list = R"({"function":{"name":"list","arguments":{}}})";
  const auto twice = result_of(read + "," + read, R"(,"tool_name":"read")");
  EXPECT_EQ(twice.call_id, "read");
  EXPECT_EQ(twice.other_calls, std::vector<std::string>{"read#2"});
  const auto nameless = result_of(read + "," + list, "");
  EXPECT_EQ(nameless.call_id, "read");
  EXPECT_EQ(nameless.other_calls, std::vector<std::string>{"list"});
  const std::string known = R"({"id":"c1","function":{"name":"read","arguments":{}}})";
  const auto told = result_of(known + "," + read, R"(,"tool_name":"read","tool_call_id":"c1")");
  EXPECT_EQ(told.call_id, "c1");
  EXPECT_TRUE(told.other_calls.empty());
  EXPECT_EQ(result_of(read, R"(,"tool_name":"other")").call_id, "");
}

TEST(OllamaRequest, AGeneratedText) {
  const std::string body =
      R"({"model":"m","prompt":"hi","system":"be good","suffix":"end","images":["QQ=="]})";
  const auto parsed = parse(body, {.path = "/generate"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  ASSERT_EQ(parsed->request.messages.size(), 4U);
  EXPECT_EQ(parsed->request.messages[0].role, Role::operator_text);
  EXPECT_EQ(std::get<Text>(parsed->request.messages[1].parts[0]).text, "hi");
  EXPECT_EQ(parsed->write({.parts = {{1, 0, "ho"}, {3, 0, ""}}}),
            R"({"model":"m","prompt":"ho","system":"be good","suffix":"end","images":[]})");
  for (const std::string more : {R"("context":[1,2])", R"("raw":true)", R"("template":"{{ .Prompt }}")",
                                 R"("raw":"yes")", R"("Context":[1])", R"("messages":[])", R"("tools":[])"})
    EXPECT_FALSE(parse(R"({"model":"m","prompt":"hi",)" + more + "}", {.path = "/generate"}).has_value())
        << more;
  for (const std::string more :
       {R"("context":[])", R"("raw":false)", R"("template":"")", R"("keep_alive":0)"})
    EXPECT_TRUE(parse(R"({"model":"m","prompt":"hi",)" + more + "}", {.path = "/generate"}).has_value())
        << more;
}

TEST(OllamaRequest, WhatIsRefused) {
  const std::string call = R"([{"function":{"name":"f","arguments":{}}}])";
  for (const std::string& body :
       {with(R"({"role":"user","content":"x","tool_calls":)" + call + "}"),
        with(R"({"role":"tool","content":"x","thinking":"y"})"),
        with(R"({"role":"assistant","content":"x","Tool_Calls":)" + call + "}"),
        with(R"({"role":"assistant","content":[{"type":"text","text":"x"}]})"),
        with(R"({"role":"robot","content":"x"})"),
        with(R"({"role":"user","content":"x","documents":[{"text":"y"}]})"),
        with(
            R"({"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]})"),
        with(R"({"role":"assistant","content":"","tool_calls":{"function":{"name":"f"}}})"),
        with(kHi, R"(,"tools":[{"type":"web_search"}])"), with(kHi, R"(,"Messages":[])"),
        with(kHi, R"(,"prompt":"y")"), with(kHi, R"(,"newest":{"content":"y"})"),
        with(kHi, R"(,"stream":"no")"), std::string(R"({"messages":[]})")})
    EXPECT_FALSE(parse(body).has_value()) << body;
  EXPECT_TRUE(
      parse(with(kHi, R"(,"tools":[{"type":"web_search"}])"), {.strip_hosted_tools = true}).has_value());
}

TEST(OllamaRequest, EditsAreSplicedIn) {
  const std::string body =
      with(R"({"role":"user","content":"one","images":["QQ=="]},)"
           R"({"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{}}}]},)"
           R"({"role":"tool","tool_name":"f","content":"secret","images":["QQ=="]})");
  const auto parsed = parse(body);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  Changes changes;
  changes.parts = {{0, 0, "two"}, {0, 1, "a picture"}, {1, 0, R"({"a":1})"}, {2, 0, "sealed"}};
  changes.edits = {{Edit::Kind::insert_after, 1, R"({"role":"tool","tool_name":"g","content":"no"})"}};
  changes.tools = {{exchange::ToolKind::function, "ask", "asks", R"({"type":"object"})"}};
  EXPECT_EQ(
      parsed->write(changes),
      with(
          R"({"role":"user","content":"two\n\na picture","images":[]},)"
          R"({"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},)"
          R"({"role":"tool","tool_name":"g","content":"no"},)"
          R"({"role":"tool","tool_name":"f","content":"sealed"})",
          R"(,"tools":[{"type":"function","function":{"name":"ask","description":"asks","parameters":{"type":"object"}}}])"));
}

}  // namespace
}  // namespace weir::wire

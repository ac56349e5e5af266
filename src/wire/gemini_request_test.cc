// Requests of the Gemini API: what each part of the published schema becomes, and what is refused.
#include <gtest/gtest.h>

#include "wire/dialect.h"
#include "wire/frames_samples.h"
#include "wire/gemini_path.h"

namespace weir::wire {
namespace {

using exchange::Call;
using exchange::Dialect;
using exchange::Media;
using exchange::Role;
using exchange::Text;
using exchange::Thinking;

const std::string kPath = "/models/gemini-2.5-flash:generateContent";

Result<ParsedRequest> parse(const std::string& body, Options options = {}) {
  if (options.path.empty()) options.path = kPath;
  return parse_request(Dialect::gemini, body, options);
}

std::string user(const std::string& parts) {
  return R"({"role":"user","parts":[)" + parts + "]}";
}
std::string model(const std::string& parts) {
  return R"({"role":"model","parts":[)" + parts + "]}";
}
std::string with(const std::string& contents, const std::string& more = "") {
  return R"({"contents":[)" + contents + "]" + more + "}";
}

TEST(GeminiRequest, ThePathSaysWhichModelAndHow) {
  for (const auto& [path, stream] : {std::pair("/models/m-1.5:generateContent", false),
                                     std::pair("/models/m-1.5:streamGenerateContent?alt=sse", true),
                                     std::pair("/models/m-1.5:countTokens", false)}) {
    const auto parsed = parse(with(user(R"({"text":"hi"})")), {.path = path});
    ASSERT_TRUE(parsed.has_value()) << path;
    EXPECT_EQ(parsed->request.model, "m-1.5");
    EXPECT_EQ(parsed->request.stream, stream);
  }
  for (const char* path :
       {"/models/m:embedContent", "/models/m", "/models/:generateContent", "/tunedModels/m:x",
        "/models/a/b:generateContent", "/models/a%2fb:generateContent"})
    EXPECT_FALSE(parse_gemini_path(path).has_value()) << path;
  std::string key;
  EXPECT_EQ(without_key("?key=s3cret&alt=sse", key), "?alt=sse");
  EXPECT_EQ(key, "s3cret");
  EXPECT_EQ(without_key("?alt=sse&key=a", key), "?alt=sse");
  EXPECT_EQ(without_key("?key=a", key), "");
}

TEST(GeminiRequest, AConversationInBothSpellings) {
  const std::string camel =
      R"({"systemInstruction":{"parts":[{"text":"be good"}]},"contents":[)" + user(R"({"text":"read it"})") +
      "," +
      model(
          R"({"thought":true,"text":"hm"},{"functionCall":{"name":"read","args":{"p":"a"}},"thoughtSignature":"c2ln"})") +
      "," + user(R"({"functionResponse":{"name":"read","response":{"output":"words"}}})") +
      R"(],"tools":[{"functionDeclarations":[{"name":"read","description":"reads","parametersJsonSchema":{"type":"object"}}]}]})";
  std::string snake = camel;
  for (const auto& [from, to] :
       {std::pair("systemInstruction", "system_instruction"), std::pair("functionCall", "function_call"),
        std::pair("functionResponse", "function_response"),
        std::pair("functionDeclarations", "function_declarations"),
        std::pair("parametersJsonSchema", "parameters_json_schema"),
        std::pair("thoughtSignature", "thought_signature")})
    snake.replace(snake.find(from), std::string(from).size(), to);
  for (const std::string& body : {camel, snake}) {
    const auto parsed = parse(body);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
    const auto& messages = parsed->request.messages;
    ASSERT_EQ(messages.size(), 4U);
    EXPECT_EQ(messages[0].role, Role::operator_text);
    EXPECT_EQ(std::get<Text>(messages[0].parts[0]).text, "be good");
    EXPECT_EQ(messages[1].role, Role::user);
    ASSERT_EQ(messages[2].parts.size(), 3U);
    EXPECT_EQ(std::get<Thinking>(messages[2].parts[0]).text, "hm");
    EXPECT_EQ(std::get<Thinking>(messages[2].parts[1]).sealed, "c2ln");
    const Call& call = std::get<Call>(messages[2].parts[2]);
    EXPECT_EQ(call.id, "read");
    EXPECT_EQ(call.arguments, R"({"p":"a"})");
    EXPECT_EQ(messages[3].role, Role::tool);
    const auto& result = std::get<exchange::Result>(messages[3].parts[0]);
    EXPECT_EQ(result.call_id, "read");
    EXPECT_EQ(result.texts, std::vector<std::string>{"words"});
    ASSERT_EQ(parsed->request.tools.size(), 1U);
    EXPECT_EQ(parsed->request.tools[0].schema, R"({"type":"object"})");
    EXPECT_EQ(parsed->write({}), body);
  }
  EXPECT_FALSE(
      parse(with(model(R"({"functionCall":{"name":"a"},"function_call":{"name":"b"}})"))).has_value());
}

// Gemini CLI puts it where an upstream gave no signature: that is no thought that weir did not see.
TEST(GeminiRequest, TheWordForNoSignatureIsNoThought) {
  const auto parsed = parse(
      with(model(R"({"functionCall":{"name":"f"},"thoughtSignature":"skip_thought_signature_validator"})")));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  ASSERT_EQ(parsed->request.messages[0].parts.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<Call>(parsed->request.messages[0].parts[0]));
}

// Each piece of a stream is a content of its own in a client's history.
TEST(GeminiRequest, ARunOfTheModelsContentsIsOneTurn) {
  const auto apart = parse(with(user(R"({"text":"hi"})") + "," + model(R"({"text":"a "})") + "," +
                                model(R"({"text":"b"})") + "," + user(R"({"text":"go on"})")));
  const auto joined = parse(
      with(user(R"({"text":"hi"})") + "," + model(R"({"text":"a b"})") + "," + user(R"({"text":"go on"})")));
  ASSERT_TRUE(apart && joined);
  ASSERT_EQ(apart->request.messages.size(), 3U);
  EXPECT_EQ(exchange::message_digest(apart->request.messages[1]),
            exchange::message_digest(joined->request.messages[1]));
  const Edit edit{Edit::Kind::replace, 1, model(R"({"text":"own"})")};
  EXPECT_EQ(
      apart->write({.edits = {edit}}),
      with(user(R"({"text":"hi"})") + "," + model(R"({"text":"own"})") + "," + user(R"({"text":"go on"})")));
}

TEST(GeminiRequest, ResultsOfEveryShape) {
  for (const auto& [response, texts, error] :
       {std::tuple(R"({"output":"a"})", std::vector<std::string>{"a"}, false),
        std::tuple(R"({"result":{"b":1}})", std::vector<std::string>{R"({"b":1})"}, false),
        std::tuple(R"({"error":"no"})", std::vector<std::string>{"no"}, true),
        std::tuple(R"({"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"isError":true})",
                   std::vector<std::string>{"a", "b"}, true),
        std::tuple(R"({"content":[{"type":"image","data":"x"}]})",
                   std::vector<std::string>{R"({"content":[{"type":"image","data":"x"}]})"}, false),
        std::tuple(R"({"output":"a","more":"b"})", std::vector<std::string>{R"({"output":"a","more":"b"})"},
                   false),
        std::tuple("{}", std::vector<std::string>{}, false)}) {
    const auto parsed =
        parse(with(model(R"({"functionCall":{"id":"i","name":"f"}})") + "," +
                   user(R"({"functionResponse":{"id":"i","name":"f","response":)" + std::string(response) +
                        R"(,"parts":[{"inlineData":{"mimeType":"image/png","data":"QQ=="}}]}})")));
    ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
    const auto& result = std::get<exchange::Result>(parsed->request.messages[1].parts[0]);
    EXPECT_EQ(result.texts, texts) << response;
    EXPECT_EQ(result.is_error, error) << response;
    EXPECT_EQ(result.media, 1U);
    EXPECT_EQ(result.call_id, "i");
  }
}

// Without ids, of two calls of one name nobody knows whose result it is.
TEST(GeminiRequest, ResultsWithoutIds) {
  const std::string call = R"({"functionCall":{"name":"read","args":{}}})";
  const std::string other = R"({"functionCall":{"name":"list","args":{}}})";
  const std::string back = R"({"functionResponse":{"name":"read","response":{}}})";
  const auto parsed = parse(with(model(call + "," + other + "," + call) + "," + user(back + "," + back) +
                                 "," + model(call) + "," + user(back)));
  ASSERT_TRUE(parsed.has_value());
  const auto& messages = parsed->request.messages;
  EXPECT_EQ(std::get<Call>(messages[0].parts[2]).id, "read#2");
  const auto& first = std::get<exchange::Result>(messages[1].parts[0]);
  EXPECT_EQ(first.call_id, "read");
  EXPECT_EQ(first.other_calls, std::vector<std::string>{"read#2"});
  const auto& second = std::get<exchange::Result>(messages[1].parts[1]);
  EXPECT_EQ(second.call_id, "read#2");
  EXPECT_EQ(second.other_calls, std::vector<std::string>{"read"});
  EXPECT_TRUE(std::get<exchange::Result>(messages[3].parts[0]).other_calls.empty());
}

TEST(GeminiRequest, MediaAndWhatTheProviderRan) {
  const auto parsed = parse(with(
      user(
          R"({"inlineData":{"mimeType":"image/png","data":"QQ=="}},{"fileData":{"fileUri":"https://x.example/v"}})") +
      "," + model(R"({"executableCode":{"code":"1+1"}},{"toolResponse":{"response":{"x":"found"}}})")));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  EXPECT_EQ(std::get<Media>(parsed->request.messages[0].parts[0]).text, "");
  EXPECT_EQ(std::get<Media>(parsed->request.messages[0].parts[1]).text, "https://x.example/v");
  EXPECT_EQ(std::get<Media>(parsed->request.messages[1].parts[1]).text, "found");
}

TEST(GeminiRequest, WhatIsRefused) {
  const std::string hi = user(R"({"text":"hi"})");
  for (const auto& [body, where] :
       {std::pair(with(hi, R"(,"cachedContent":"cachedContents/1")"), "/cachedContent"),
        std::pair(with(hi, R"(,"cached_content":"cachedContents/1")"), "/cached_content"),
        std::pair(with(hi, R"(,"generationConfig":{"continuationToken":"x"})"), "/generationConfig"),
        std::pair(with(hi, R"(,"generationConfig":{"candidateCount":2})"), "/generationConfig"),
        std::pair(with(hi, R"(,"toolConfig":{"functionCallingConfig":{"streamFunctionCallArguments":true}})"),
                  "/toolConfig"),
        std::pair(with(hi, R"(,"generateContentRequest":{"contents":[]})"), "/generateContentRequest"),
        std::pair(with(hi, R"(,"somethingNew":{"content":"x"})"), "/somethingNew"),
        std::pair(with(user(R"({"newPart":{"a":1}})")), "/contents/0/parts/0/newPart"),
        std::pair(with(user(R"({"functionCall":{"name":"f"}})")), "/contents/0/parts/0"),
        std::pair(with(model(R"({"functionCall":{"name":"f","willContinue":true}})")), "/contents/0/parts/0"),
        std::pair(with(model(R"({"functionResponse":{"name":"f"}})")), "/contents/0/parts/0"),
        std::pair(with(R"({"role":"system","parts":[]})"), "/contents/0/role"),
        std::pair(with(hi, R"(,"tools":[{"computerUse":{}}])"), "/tools/0")}) {
    const auto parsed = parse(body);
    ASSERT_FALSE(parsed.has_value()) << body;
    EXPECT_TRUE(parsed.error().where.starts_with(where)) << body << parsed.error().text();
  }
}

TEST(GeminiRequest, HostedToolsAreRefusedOrCut) {
  for (const std::string tool : {"googleSearch", "google_search", "urlContext", "codeExecution", "fileSearch",
                                 "googleMaps", "mcpServers", "retrieval", "googleSearchRetrieval",
                                 "enterpriseWebSearch", "exaAiSearch", "parallelAiSearch", "somethingNew"}) {
    const std::string alone =
        with(user(R"({"text":"hi"})"), R"(,"tools":[{")" + tool + R"(":{}}],"toolConfig":{})");
    EXPECT_FALSE(parse(alone).has_value()) << tool;
    const auto cut = parse(alone, {.strip_hosted_tools = true});
    ASSERT_TRUE(cut.has_value()) << tool;
    EXPECT_EQ(cut->write({}), with(user(R"({"text":"hi"})")));
    const std::string declared = R"("functionDeclarations":[{"name":"f"}])";
    const auto mixed = parse(with("", R"(,"tools":[{")" + tool + R"(":{},)" + declared + "}]"),
                             {.strip_hosted_tools = true});
    ASSERT_TRUE(mixed.has_value());
    EXPECT_EQ(mixed->write({}), with("", ",\"tools\":[{" + declared + "}]"));
    const auto two = parse(with("", R"(,"tools":[{")" + tool + R"(":{}},{)" + declared + "}]"),
                           {.strip_hosted_tools = true});
    ASSERT_TRUE(two.has_value());
    EXPECT_EQ(two->write({}), with("", ",\"tools\":[{" + declared + "}]"));
  }
}

TEST(GeminiRequest, EditsAreSplicedIn) {
  const std::string body = with(
      user(R"({"text":"one"},{"inlineData":{"data":"QQ=="}})") + "," +
      model(R"({"functionCall":{"name":"f"},"thoughtSignature":"c2ln"})") + "," +
      user(
          R"({"functionResponse":{"name":"f","response":{"output":"secret"},"parts":[{"inlineData":{}}]}})"));
  const auto parsed = parse(body);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  Changes changes;
  changes.parts = {{0, 0, "two"}, {0, 1, "a picture"}, {1, 0, "x"}, {1, 1, R"({"a":1})"}, {2, 0, "sealed"}};
  changes.edits = {{Edit::Kind::prepend_blocks, 2, R"({"functionResponse":{"name":"g","response":{}}})"}};
  changes.tools = {{exchange::ToolKind::function, "ask", "asks", R"({"type":"object"})"}};
  EXPECT_EQ(
      parsed->write(changes),
      with(
          user(R"({"text":"two"},{"text":"a picture"})") + "," +
              model(
                  R"({"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"skip_thought_signature_validator"})") +
              "," +
              user(
                  R"({"functionResponse":{"name":"g","response":{}}},{"functionResponse":{"name":"f","response":{"output":"sealed"},"parts":[]}})"),
          R"(,"tools":[{"functionDeclarations":[{"name":"ask","description":"asks","parametersJsonSchema":{"type":"object"}}]}])"));
}

}  // namespace
}  // namespace weir::wire

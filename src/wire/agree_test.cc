// One conversation in every dialect is the same exchange, and is written again byte for byte.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "wire/dialect.h"

namespace weir::wire {
namespace {

using exchange::Dialect;

// A step of a conversation, before any dialect.
struct Step {
  enum class Kind : uint8_t { user, picture, said, called } kind;
  std::string text = {};
  std::vector<std::pair<std::string, std::string>> calls = {};  // name, arguments
};

std::vector<Step> make(std::mt19937& dice) {
  const auto word = [&] {
    static const std::string kWords[] = {"hé",   "a \"quoted\" one", "line\nbreak", "{\"json\":1}", "\\",
                                         "words"};
    return kWords[dice() % std::size(kWords)];
  };
  std::vector<Step> steps;
  for (size_t turns = 1 + dice() % 4; turns > 0; --turns) {
    steps.push_back({dice() % 3 == 0 ? Step::Kind::picture : Step::Kind::user, word()});
    for (size_t rounds = dice() % 3; rounds > 0; --rounds) {
      Step called{Step::Kind::called, dice() % 2 == 0 ? "" : word(), {}};
      for (size_t i = 0; i <= dice() % 3; ++i)
        called.calls.emplace_back("tool_" + std::to_string(i), R"({"n": )" + std::to_string(dice() % 9) +
                                                                   R"(,"w":)" + json::quote(word()) + "}");
      steps.push_back(std::move(called));
    }
    steps.push_back({Step::Kind::said, word()});
  }
  return steps;
}

constexpr std::string_view kSchema = R"({"type":"object","properties":{"n":{"type":"integer"}}})";
const std::string kPng = "iVBORw0KGgo=";

std::string text_message(Dialect dialect, const std::string& role, const std::string& text) {
  if (dialect == Dialect::gemini)
    return R"({"role":")" + std::string(role == "assistant" ? "model" : role) + R"(","parts":[{"text":)" +
           json::quote(text) + "}]}";
  return R"({"role":")" + role + R"(","content":)" + json::quote(text) + "}";
}

std::string picture(Dialect dialect, const std::string& text) {
  const std::string url = "\"data:image/png;base64," + kPng + "\"";
  switch (dialect) {
    case Dialect::chat_completions:
      return R"({"role":"user","content":[{"type":"text","text":)" + text +
             R"(},{"type":"image_url","image_url":{"url":)" + url + "}}]}";
    case Dialect::messages:
      return R"({"role":"user","content":[{"type":"text","text":)" + text +
             R"(},{"type":"image","source":{"type":"base64","media_type":"image/png","data":")" + kPng +
             "\"}}]}";
    case Dialect::responses:
      return R"({"role":"user","content":[{"type":"input_text","text":)" + text +
             R"(},{"type":"input_image","image_url":)" + url + "}]}";
    case Dialect::ollama:
      return R"({"role":"user","content":)" + text + R"(,"images":[")" + kPng + "\"]}";
    case Dialect::gemini:
      return R"({"role":"user","parts":[{"text":)" + text +
             R"(},{"inlineData":{"mimeType":"image/png","data":")" + kPng + "\"}}]}";
  }
  return {};
}

// A call, and its result.
std::pair<std::string, std::string> call(Dialect dialect, const std::string& id, const std::string& name,
                                         const std::string& arguments, const std::string& back) {
  switch (dialect) {
    case Dialect::chat_completions:
      return {R"({"id":")" + id + R"(","type":"function","function":{"name":")" + name + R"(","arguments":)" +
                  json::quote(arguments) + "}}",
              R"({"role":"tool","tool_call_id":")" + id + R"(","content":")" + back + "\"}"};
    case Dialect::messages:
      return {
          R"({"type":"tool_use","id":")" + id + R"(","name":")" + name + R"(","input":)" + arguments + "}",
          R"({"type":"tool_result","tool_use_id":")" + id + R"(","content":")" + back + "\"}"};
    case Dialect::responses:
      return {R"({"type":"function_call","call_id":")" + id + R"(","name":")" + name + R"(","arguments":)" +
                  json::quote(arguments) + "}",
              R"({"type":"function_call_output","call_id":")" + id + R"(","output":")" + back + "\"}"};
    case Dialect::ollama:
      return {R"({"function":{"name":")" + name + R"(","arguments":)" + arguments + "}}",
              R"({"role":"tool","tool_name":")" + name + R"(","content":")" + back + "\"}"};
    case Dialect::gemini:
      return {R"({"functionCall":{"name":")" + name + R"(","args":)" + arguments + "}}",
              R"({"functionResponse":{"name":")" + name + R"(","response":{"output":")" + back + "\"}}}"};
  }
  return {};
}

std::string called(Dialect dialect, const Step& step, int turn) {
  std::string calls;
  std::string results;
  for (size_t i = 0; i < step.calls.size(); ++i) {
    const auto [made, back] = call(dialect, "id_" + std::to_string(turn) + "_" + std::to_string(i),
                                   step.calls[i].first, step.calls[i].second, "result " + std::to_string(i));
    calls += (i == 0 ? "" : ",") + made;
    results += (i == 0 ? "" : ",") + back;
  }
  const std::string text = json::quote(step.text);
  const std::string block = step.text.empty() ? "" : R"("text":)" + text + "},";
  switch (dialect) {
    case Dialect::chat_completions:
    case Dialect::ollama:
      return R"({"role":"assistant","content":)" + text + R"(,"tool_calls":[)" + calls + "]}," + results;
    case Dialect::messages:
      return R"({"role":"assistant","content":[)" + (block.empty() ? "" : R"({"type":"text",)" + block) +
             calls + R"(]},{"role":"user","content":[)" + results + "]}";
    case Dialect::responses:
      return (block.empty() ? "" : text_message(dialect, "assistant", step.text) + ",") + calls + "," +
             results;
    case Dialect::gemini:
      return R"({"role":"model","parts":[)" + (block.empty() ? "" : "{" + block) + calls +
             R"(]},{"role":"user","parts":[)" + results + "]}";
  }
  return {};
}

// As the client of that API would send it. Result k of a step says "result k".
std::string write(Dialect dialect, const std::vector<Step>& steps) {
  std::string out;
  int turn = 0;
  for (const Step& step : steps) {
    out += out.empty() ? "" : ",";
    if (step.kind == Step::Kind::user) out += text_message(dialect, "user", step.text);
    if (step.kind == Step::Kind::said) out += text_message(dialect, "assistant", step.text);
    if (step.kind == Step::Kind::picture) out += picture(dialect, json::quote(step.text));
    if (step.kind == Step::Kind::called) out += called(dialect, step, ++turn);
  }
  const std::string schema(kSchema);
  switch (dialect) {
    case Dialect::chat_completions:
    case Dialect::ollama:
      return R"({"model":"m","messages":[{"role":"system","content":"be good"},)" + out +
             R"(],"tools":[{"type":"function","function":{"name":"tool_0","description":"d","parameters":)" +
             schema + "}}]}";
    case Dialect::messages:
      return R"({"model":"m","system":"be good","messages":[)" + out +
             R"(],"tools":[{"name":"tool_0","description":"d","input_schema":)" + schema + "}]}";
    case Dialect::responses:
      return R"({"model":"m","instructions":"be good","input":[)" + out +
             R"(],"tools":[{"type":"function","name":"tool_0","description":"d","parameters":)" + schema +
             "}]}";
    case Dialect::gemini:
      return R"({"systemInstruction":{"parts":[{"text":"be good"}]},"contents":[)" + out +
             R"(],"tools":[{"functionDeclarations":[{"name":"tool_0","description":"d","parametersJsonSchema":)" +
             schema + "}]}]}";
  }
  return {};
}

std::string speaker(exchange::Role role) {
  return role == exchange::Role::operator_text ? "operator"
         : role == exchange::Role::planner     ? "planner"
                                               : "user";
}

// What is said, by whom, in order; ids are each API's own.
std::vector<std::string> told(const exchange::Request& request) {
  std::vector<std::string> all;
  std::map<std::string, std::string> called;
  for (const exchange::Message& message : request.messages) {
    for (const exchange::Part& part : message.parts) {
      if (const auto* text = std::get_if<exchange::Text>(&part)) {
        if (!text->text.empty()) all.push_back(speaker(message.role) + ": " + text->text);
      } else if (const auto* call = std::get_if<exchange::Call>(&part)) {
        const auto arguments = json::parse(call->arguments);
        called[call->id] = call->name;
        all.push_back("calls " + call->name + " " + json::canonical(arguments->root()));
      } else if (const auto* result = std::get_if<exchange::Result>(&part)) {
        EXPECT_TRUE(result->other_calls.empty());
        all.push_back("result of " + called[result->call_id] + ": " + result->texts.at(0));
      } else if (std::holds_alternative<exchange::Media>(part)) {
        all.push_back(speaker(message.role) + ": (a picture)");
      }
    }
  }
  for (const exchange::Tool& tool : request.tools)
    all.push_back("tool " + tool.name + ", " + tool.description + ", " + tool.schema);
  return all;
}

TEST(DialectsAgree, OneConversationIsOneExchange) {
  std::mt19937 dice(7);
  size_t calls = 0;
  for (int i = 0; i < 300; ++i) {
    const std::vector<Step> steps = make(dice);
    std::vector<std::string> expected;
    for (const Dialect dialect : {Dialect::chat_completions, Dialect::messages, Dialect::responses,
                                  Dialect::ollama, Dialect::gemini}) {
      const std::string body = write(dialect, steps);
      const auto parsed = parse_request(dialect, body, {});
      ASSERT_TRUE(parsed.has_value()) << exchange::dialect_name(dialect) << body << parsed.error().text();
      EXPECT_EQ(parsed->write({}), body);
      const std::vector<std::string> all = told(parsed->request);
      if (expected.empty()) expected = all;
      EXPECT_EQ(all, expected) << exchange::dialect_name(dialect) << body;
      // Again from its own bytes: the same messages, by their digests.
      const auto again = parse_request(dialect, parsed->write({}), {});
      for (size_t k = 0; k < parsed->request.messages.size(); ++k)
        EXPECT_EQ(exchange::message_digest(again->request.messages[k]),
                  exchange::message_digest(parsed->request.messages[k]));
    }
    for (const std::string& line : expected) calls += line.starts_with("calls ") ? 1 : 0;
  }
  EXPECT_GT(calls, 500U);
}

}  // namespace
}  // namespace weir::wire

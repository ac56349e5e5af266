#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "wire/translate/prompt.h"
#include "wire/translate/testing.h"

namespace weir::wire::translate {
namespace {

const char kClaude[] =
    R"({"model":"m","max_tokens":100,"system":[{"type":"text","text":"You help.","cache_control":{"type":"ephemeral"}}],)"
    R"("messages":[{"role":"user","content":[{"type":"text","text":"<system-reminder>x</system-reminder>"},{"type":"text","text":"Read a.txt"}]},)"
    R"({"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"c2ln"},{"type":"text","text":"I look."},{"type":"tool_use","id":"toolu_1","name":"Read","input":{"file": "a.txt"}}]},)"
    R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"A"},{"type":"text","text":"B"}],"is_error":true},{"type":"text","text":"Go on"}]},)"
    R"({"role":"system","content":"Be brief."}],)"
    R"("tools":[{"name":"Read","description":"Reads","input_schema":{"type":"object","properties":{"file":{"type":"string"}}}}],)"
    R"("tool_choice":{"type":"auto","disable_parallel_tool_use":true},"stop_sequences":["END"],"temperature":0.5,)"
    R"("thinking":{"type":"adaptive"},"output_config":{"effort":"high"},"stream":true})";

TEST(Translate, AMessagesRequestForChatCompletions) {
  auto translation = Translation::begin(parsed(Dialect::messages, kClaude), Dialect::chat_completions);
  ASSERT_TRUE(translation.has_value()) << translation.error().text();
  EXPECT_EQ(
      translation->body(),
      R"({"model":"m","messages":[{"role":"system","content":"You help."},)"
      R"({"role":"user","content":[{"type":"text","text":"<system-reminder>x</system-reminder>"},{"type":"text","text":"Read a.txt"}]},)"
      R"({"role":"assistant","content":"I look.","reasoning_content":"Hm.","tool_calls":[{"id":"toolu_1","type":"function","function":{"name":"Read","arguments":"{\"file\": \"a.txt\"}"}}]},)"
      R"({"role":"tool","tool_call_id":"toolu_1","content":[{"type":"text","text":"A"},{"type":"text","text":"B"}]},)"
      R"({"role":"user","content":"Go on"},{"role":"system","content":"Be brief."}],)"
      R"("tools":[{"type":"function","function":{"name":"Read","description":"Reads","parameters":{"type":"object","properties":{"file":{"type":"string"}}}}}],)"
      R"("max_completion_tokens":100,"temperature":0.5,"stop":["END"],"tool_choice":"auto","parallel_tool_calls":false,)"
      R"("reasoning_effort":"high","stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(translation->dropped(), (std::vector<std::string>{"cache_control", "thinking", "is_error"}));
}

TEST(Translate, AResponsesRequestForMessages) {
  const std::string codex =
      R"({"model":"m","instructions":"You help.","input":[)"
      R"({"type":"message","role":"developer","content":[{"type":"input_text","text":"Rules."}]},)"
      R"({"type":"message","role":"user","content":[{"type":"input_text","text":"Patch it"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]},)"
      R"({"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"zzz"},)"
      R"({"type":"custom_tool_call","call_id":"call_1","name":"apply_patch","input":"*** Begin"},)"
      R"({"type":"function_call","call_id":"call:2","name":"read","namespace":"mcp__files__","arguments":"{}"},)"
      R"({"type":"custom_tool_call_output","call_id":"call_1","output":"ok"},)"
      R"({"type":"function_call_output","call_id":"call:2","output":[{"type":"input_text","text":"hi"}]}],)"
      R"("tools":[{"type":"custom","name":"apply_patch","description":"Patches","format":{"type":"grammar","syntax":"lark","definition":"start: x"}},)"
      R"({"type":"namespace","name":"mcp__files__","tools":[{"type":"function","name":"read","parameters":{"type":"object"},"strict":false}]}],)"
      R"("tool_choice":"auto","reasoning":{"effort":"medium","summary":"auto"},"store":false,"include":["reasoning.encrypted_content"]})";
  auto translation = Translation::begin(parsed(Dialect::responses, codex), Dialect::messages);
  ASSERT_TRUE(translation.has_value()) << translation.error().text();
  EXPECT_EQ(
      translation->body(),
      R"({"model":"m","system":[{"type":"text","text":"You help."}],"messages":[)"
      R"({"role":"system","content":[{"type":"text","text":"Rules."}]},)"
      R"({"role":"user","content":[{"type":"text","text":"Patch it"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},)"
      R"({"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"apply_patch","input":{"input":"*** Begin"}},)"
      R"({"type":"tool_use","id":"call_x3a2","name":"mcp__files__read","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"ok"},)"
      R"({"type":"tool_result","tool_use_id":"call_x3a2","content":"hi"}]}],)"
      R"("tools":[{"name":"apply_patch","description":"Patches\nThe input must follow this grammar (lark):\nstart: x","input_schema":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}},)"
      R"({"name":"mcp__files__read","input_schema":{"type":"object"}}],"tool_choice":{"type":"auto"},)"
      R"("max_tokens":8192,"output_config":{"effort":"medium"}})");
  EXPECT_EQ(translation->dropped(), (std::vector<std::string>{"reasoning.summary", "include"}));
}

TEST(Translate, WhatMayCarryCallsOrContentIsRefusedByName) {
  const struct {
    Dialect from, to;
    const char* body;
    const char* says;
  } cases[] = {
      {Dialect::chat_completions, Dialect::messages,
       R"({"model":"m","n":2,"messages":[{"role":"user","content":"x"}]})", "/n"},
      {Dialect::chat_completions, Dialect::responses,
       R"({"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]}]})",
       "input_audio"},
      {Dialect::chat_completions, Dialect::responses,
       R"({"model":"m","modalities":["text","audio"],"messages":[{"role":"user","content":"x"}]})",
       "/modalities"},
      {Dialect::chat_completions, Dialect::messages,
       R"({"model":"m","functions":[{"name":"f"}],"messages":[{"role":"user","content":"x"}]})", "functions"},
      {Dialect::chat_completions, Dialect::messages,
       R"({"model":"m","tool_choice":{"type":"allowed_tools"},"messages":[{"role":"user","content":"x"}]})",
       "allowed_tools"},
      {Dialect::messages, Dialect::chat_completions,
       R"({"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"bash_20250124","name":"bash"}]})",
       "bash_20250124"},
      {Dialect::messages, Dialect::chat_completions,
       R"({"model":"m","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA"}}]}]}]})",
       "picture or file in a tool's result"},
      {Dialect::messages, Dialect::chat_completions,
       R"({"model":"m","messages":[{"role":"user","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]}]})",
       "not the planner's"},
      {Dialect::messages, Dialect::chat_completions,
       R"({"model":"m","messages":[{"role":"assistant","content":[{"type":"tool_result","tool_use_id":"a","content":"x"}]}]})",
       "in the planner's message"},
      {Dialect::messages, Dialect::responses,
       R"({"model":"m","messages":[{"role":"assistant","content":[{"type":"server_tool_use","id":"a","name":"web_search","input":{}}]}]})",
       "server_tool_use"},
      {Dialect::responses, Dialect::chat_completions,
       R"({"model":"m","input":[{"type":"compaction","encrypted_content":"zz"}]})", "compaction"},
      {Dialect::responses, Dialect::messages,
       R"({"model":"m","input":[{"type":"web_search_call","id":"w","status":"completed"}]})",
       "web_search_call"},
      {Dialect::responses, Dialect::messages, R"({"model":"m","input":"x","tools":[{"type":"local_shell"}]})",
       "local_shell"},
      {Dialect::responses, Dialect::chat_completions,
       R"({"model":"m","input":[{"type":"additional_tools","role":"developer","tools":[{"type":"function","name":"f"}]}]})",
       "additional_tools"},
      {Dialect::responses, Dialect::messages,
       R"({"model":"m","input":"x","tools":[{"type":"function","name":"a_b"},{"type":"function","name":"a b"}]})",
       "a_b"},
  };
  for (const auto& each : cases) {
    auto translation = Translation::begin(parsed(each.from, each.body), each.to);
    ASSERT_FALSE(translation.has_value()) << each.body;
    EXPECT_NE(translation.error().text().find(each.says), std::string::npos) << translation.error().text();
  }
}

TEST(Translate, AMessagesRequestForOllamaAndGemini) {
  const std::string body =
      R"({"model":"m","max_tokens":9,"system":"You help.","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},)"
      R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},)"
      R"({"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"x":1}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"r","is_error":true},{"type":"text","text":"Go on"}]}],)"
      R"("tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"},"stream":true})";
  EXPECT_EQ(
      translated(Dialect::messages, Dialect::ollama, body),
      R"({"model":"m","messages":[{"role":"system","content":"You help."},{"role":"user","content":"a"},{"role":"user","content":"b","images":["AAAA"]},)"
      R"({"role":"assistant","content":"","tool_calls":[{"id":"t1","function":{"name":"f","arguments":{"x":1}}}]},)"
      R"({"role":"tool","content":"r","tool_name":"f","tool_call_id":"t1"},{"role":"user","content":"Go on"}],)"
      R"("tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],"options":{"num_predict":9},"stream":true})");
  EXPECT_EQ(
      translated(Dialect::messages, Dialect::gemini, body),
      R"({"systemInstruction":{"parts":[{"text":"You help."}]},"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]},)"
      R"({"role":"model","parts":[{"functionCall":{"name":"f","args":{"x":1}}}]},)"
      R"({"role":"user","parts":[{"functionResponse":{"name":"f","response":{"error":"r"}}}]},{"role":"user","parts":[{"text":"Go on"}]}],)"
      R"("tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":{"type":"object"}}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}},"generationConfig":{"maxOutputTokens":9}})");
  EXPECT_EQ(request_path(Dialect::gemini, false, "m", true), "/models/m:streamGenerateContent?alt=sse");
}

std::string dump(const Prompt& prompt) {
  std::string all = prompt.model + (prompt.stream ? " streamed\n" : "\n");
  for (const Tool& tool : prompt.tools)
    all += "tool " + tool.name + " " + tool.description + " " + tool.schema +
           (tool.strict == true ? " strict\n" : "\n");
  for (const Message& message : prompt.messages) {
    all += "role " + std::to_string(static_cast<int>(message.role)) + "\n";
    const auto content = [&](const auto& part) {
      if (const auto* text = std::get_if<exchange::Text>(&part)) all += " text " + text->text + "\n";
      if (const auto* picture = std::get_if<Picture>(&part))
        all += " picture " + picture->media_type + " " + picture->data + " " + picture->url + "\n";
      if (const auto* file = std::get_if<File>(&part)) all += " file " + file->name + " " + file->data + "\n";
    };
    for (const Part& part : message.parts) {
      content(part);
      if (const auto* call = std::get_if<exchange::Call>(&part))
        all += " call " + call->id + " " + call->name + " " + call->arguments + "\n";
      const auto* returned = std::get_if<Returned>(&part);
      if (returned == nullptr) continue;
      all += " result " + returned->call_id + "\n";
      for (const Content& each : returned->content) content(each);
    }
  }
  const Settings& settings = prompt.settings;
  all += std::to_string(settings.tokens_max.value_or(0)) + " " + settings.temperature + " " + settings.top_p +
         " " + std::to_string(static_cast<int>(settings.choice)) + settings.choice_name + " " +
         (settings.parallel ? (*settings.parallel ? "parallel" : "serial") : "") + " " +
         std::to_string(static_cast<int>(settings.format)) + settings.format_schema + " " + settings.effort +
         " " + settings.user + "\n";
  return all;
}

// What every API carries.
Prompt some_prompt() {
  const auto text = rc::gen::map(
      rc::gen::container<std::string>(rc::gen::element('a', 'b', ' ', '\n', '"', '\\', '{', '}')),
      [](const std::string& some) { return "x" + some; });
  Prompt prompt;
  prompt.model = "m";
  prompt.stream = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>())
    prompt.messages.push_back({exchange::Role::operator_text, {exchange::Text{*text}}});
  const int turns = *rc::gen::inRange(1, 4);
  int calls = 0;
  for (int turn = 0; turn < turns; ++turn) {
    Message user{exchange::Role::user, {}};
    const int parts = *rc::gen::inRange(1, 3);
    for (int i = 0; i < parts; ++i) user.parts.emplace_back(exchange::Text{*text});
    if (*rc::gen::arbitrary<bool>()) user.parts.emplace_back(Picture{"image/png", "AAAA", {}, {}});
    if (*rc::gen::arbitrary<bool>()) user.parts.emplace_back(Picture{{}, {}, "https://a.example/b.png", {}});
    if (*rc::gen::arbitrary<bool>())
      user.parts.emplace_back(File{"a.pdf", "application/pdf", "BBBB", {}, {}});
    prompt.messages.push_back(std::move(user));
    Message planner{exchange::Role::planner, {}};
    Message results{exchange::Role::tool, {}};
    const int count = *rc::gen::inRange(0, 3);
    if (count == 0 || *rc::gen::arbitrary<bool>()) planner.parts.emplace_back(exchange::Text{*text});
    for (int i = 0; i < count; ++i) {
      const std::string id = "call_" + std::to_string(calls++);
      planner.parts.emplace_back(exchange::Call{id, "tool_a", R"({"x":)" + json::quote(*text) + "}", true});
      Returned returned{id};
      const int texts = *rc::gen::inRange(1, 3);
      for (int j = 0; j < texts; ++j) returned.content.emplace_back(exchange::Text{*text});
      results.parts.emplace_back(std::move(returned));
    }
    prompt.messages.push_back(std::move(planner));
    if (count > 0) {
      prompt.messages.push_back(std::move(results));
      prompt.messages.push_back({exchange::Role::planner, {exchange::Text{*text}}});
    }
  }
  prompt.tools.push_back({exchange::ToolKind::function,
                          "tool_a",
                          {},
                          {},
                          *text,
                          R"({"type":"object"})",
                          *rc::gen::arbitrary<bool>() ? std::optional(true) : std::nullopt});
  Settings& settings = prompt.settings;
  settings.tokens_max = *rc::gen::inRange(1, 1000);
  if (*rc::gen::arbitrary<bool>()) settings.temperature = "0.25";
  if (*rc::gen::arbitrary<bool>()) settings.top_p = "0.5";
  settings.choice = *rc::gen::element(Choice::automatic, Choice::none, Choice::required, Choice::named);
  if (settings.choice == Choice::named) settings.choice_name = "tool_a";
  if (settings.choice != Choice::none && *rc::gen::arbitrary<bool>())
    settings.parallel = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) {
    settings.format = Format::json_schema;
    settings.format_name = "answer";
    settings.format_strict = true;
    settings.format_schema = R"({"type":"object"})";
  }
  settings.effort = *rc::gen::element<std::string>("", "low", "medium", "high");
  if (*rc::gen::arbitrary<bool>()) settings.user = "somebody";
  return prompt;
}

Result<std::string> write_as(Dialect dialect, Prompt& prompt) {
  return dialect == Dialect::chat_completions ? write_chat(prompt)
         : dialect == Dialect::messages       ? write_messages_api(prompt)
                                              : write_responses(prompt);
}
Result<Prompt> read_as(Dialect dialect, const std::string& body) {
  const ParsedRequest request = parsed(dialect, body);
  return dialect == Dialect::chat_completions ? read_chat(request)
         : dialect == Dialect::messages       ? read_messages_api(request)
                                              : read_responses(request);
}

RC_GTEST_PROP(Translate, WhatEveryApiCarriesComesBackTheSame, ()) {
  Prompt prompt = some_prompt();
  const std::string expected = dump(prompt);
  for (const Dialect a : kAll) {
    const auto first = write_as(a, prompt);
    RC_ASSERT(first.has_value());
    RC_ASSERT(prompt.dropped.empty());
    const auto in_a = read_as(a, *first);
    RC_ASSERT(in_a.has_value());
    RC_ASSERT(dump(*in_a) == expected);
    for (const Dialect b : kAll) {
      if (a == b) continue;
      const std::string second = translated(a, b, *first);
      const auto in_b = read_as(b, second);
      RC_ASSERT(in_b.has_value());
      RC_ASSERT(dump(*in_b) == expected);
      // And back; equal requests give equal bytes.
      RC_ASSERT(translated(b, a, second) == *first);
    }
  }
}

RC_GTEST_PROP(Translate, AHistoryThatGrowsKeepsItsBytes, ()) {
  Prompt prompt = some_prompt();
  prompt.settings = {};
  for (const Dialect a : kAll) {
    const auto all = write_as(a, prompt);
    Prompt shorter = prompt;
    shorter.messages.resize(prompt.messages.size() - 1);
    const auto part = write_as(a, shorter);
    RC_ASSERT(all && part);
    for (const Dialect b : kAll) {
      if (a == b) continue;
      const std::string_view list = b == Dialect::responses ? "input" : "messages";
      const auto longer = json::parse(translated(a, b, *all));
      const auto before = json::parse(translated(a, b, *part));
      RC_ASSERT(longer && before);
      const std::string_view start = (*before)[list].raw();
      RC_ASSERT((*longer)[list].raw().substr(0, start.size() - 1) == start.substr(0, start.size() - 1));
    }
  }
}

// As the package's own chats send it: each piece of a stream a content, schemas in capitals, both spellings.
const char kGenai[] =
    R"({"systemInstruction":{"parts":[{"text":"You help."}]},"contents":[{"parts":[{"text":"Read it"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]},)"
    R"({"role":"model","parts":[{"text":"Hm.","thought":true}]},{"role":"model","parts":[{"text":"I "}]},{"role":"model","parts":[{"text":"look."}]},)"
    R"({"role":"model","parts":[{"functionCall":{"name":"read","args":{"file":"a"}},"thoughtSignature":"c2ln"}]},)"
    R"({"role":"user","parts":[{"functionResponse":{"name":"read","response":{"output":"A"}}}]},)"
    R"({"role":"model","parts":[{"functionCall":{"name":"read","args":{}}}]},)"
    R"({"role":"user","parts":[{"functionResponse":{"name":"read","response":{"error":"gone"}}},{"text":"Go on"}]}],)"
    R"("tools":[{"function_declarations":[{"name":"read","description":"Reads","parameters":{"type":"OBJECT","properties":{"type":{"type":"STRING","nullable":true},"n":{"type":"ARRAY","items":{"type":"INTEGER"},"minItems":"1"}}}}]}],)"
    R"("toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["read"]}},"safetySettings":[{"category":"X"}],)"
    R"("generationConfig":{"maxOutputTokens":9,"temperature":0.5,"topP":0.9,"stopSequences":["END"],"responseMimeType":"application/json","thinkingConfig":{"thinkingLevel":"LOW","includeThoughts":true}}})";

TEST(Translate, AGeminiRequestForChatCompletionsAndMessages) {
  const auto parsed =
      parse_request(Dialect::gemini, kGenai, {.path = request_path(Dialect::gemini, false, "m", true)});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  auto chat = Translation::begin(*parsed, Dialect::chat_completions);
  ASSERT_TRUE(chat.has_value()) << chat.error().text();
  EXPECT_EQ(
      chat->body(),
      R"({"model":"m","messages":[{"role":"system","content":"You help."},)"
      R"({"role":"user","content":[{"type":"text","text":"Read it"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},)"
      R"({"role":"assistant","content":"I look.","reasoning_content":"Hm.","tool_calls":[{"id":"read","type":"function","function":{"name":"read","arguments":"{\"file\":\"a\"}"}}]},)"
      R"({"role":"tool","tool_call_id":"read","content":"A"},)"
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"read_2","type":"function","function":{"name":"read","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"read_2","content":"gone"},{"role":"user","content":"Go on"}],)"
      R"("tools":[{"type":"function","function":{"name":"read","description":"Reads","parameters":{"type":"object","properties":{"type":{"type":["string","null"]},"n":{"type":"array","items":{"type":"integer"},"minItems":1}}}}}],)"
      R"("max_completion_tokens":9,"temperature":0.5,"top_p":0.9,"stop":["END"],"tool_choice":{"type":"function","function":{"name":"read"}},)"
      R"("response_format":{"type":"json_object"},"reasoning_effort":"low","stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(chat->dropped(),
            (std::vector<std::string>{"thinkingConfig.includeThoughts", "safetySettings", "is_error"}));
}

TEST(Translate, WhatAGeminiRequestMayNotSayIsRefusedByName) {
  const struct {
    const char* more;
    const char* says;
  } cases[] = {
      {R"("generationConfig":{"responseModalities":["TEXT","AUDIO"]})", "no text"},
      {R"("toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["a","b"]}})",
       "allowed tools"},
      {R"("toolConfig":{"functionCallingConfig":{"mode":"AUTO","allowedFunctionNames":["a"]}})",
       "allowed tools"},
      {R"("toolConfig":{"functionCallingConfig":{"mode":"NEW"}})", "NEW"},
      {R"("contents":[{"parts":[{"inlineData":{"mimeType":"audio/wav","data":"AA"}}]}])", "audio/wav"},
      {R"("contents":[{"parts":[{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/x"}}]}])",
       "provider keeps"},
      {R"("contents":[{"parts":[{"fileData":{"fileUri":"gs://bucket/x"}}]}])", "provider keeps"},
      {R"("contents":[{"role":"model","parts":[{"executableCode":{"code":"x"}}]}])", "\"this part\""},
  };
  for (const auto& each : cases) {
    std::string body = "{" + std::string(each.more);
    if (body.find("contents") == std::string::npos) body += R"(,"contents":[{"parts":[{"text":"x"}]}])";
    const auto parsed = parse_request(Dialect::gemini, body + "}",
                                      {.path = request_path(Dialect::gemini, false, "m", false)});
    ASSERT_TRUE(parsed.has_value()) << body << parsed.error().text();
    auto translation = Translation::begin(*parsed, Dialect::messages);
    ASSERT_FALSE(translation.has_value()) << body;
    EXPECT_NE(translation.error().text().find(each.says), std::string::npos) << translation.error().text();
  }
}

}  // namespace
}  // namespace weir::wire::translate

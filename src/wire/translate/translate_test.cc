#include "wire/translate/translate.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "wire/testing.h"
#include "wire/translate/prompt.h"

namespace weir::wire::translate {
namespace {

using exchange::Dialect;

constexpr Dialect kAll[] = {Dialect::chat_completions, Dialect::messages, Dialect::responses};

ParsedRequest parsed(Dialect dialect, const std::string& body) {
  auto request = parse_request(dialect, body, {});
  EXPECT_TRUE(request.has_value()) << (request ? "" : request.error().text()) << "\n" << body;
  return request ? std::move(*request) : ParsedRequest{};
}

std::string translated(Dialect from, Dialect to, const std::string& body) {
  auto translation = Translation::begin(parsed(from, body), to);
  return translation ? translation->body() : translation.error().text();
}

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

// What a client makes of a reply in its dialect.
testing::Seen seen(Dialect dialect, bool stream, const std::string& bytes) {
  switch (dialect) {
    case Dialect::chat_completions:
      return stream ? testing::read_chat_stream(bytes) : testing::read_chat_whole(bytes);
    case Dialect::messages:
      return stream ? testing::read_messages_stream(bytes) : testing::read_messages_whole(bytes);
    default:
      return stream ? testing::read_responses_stream(bytes) : testing::read_responses_whole(bytes);
  }
}

const char kReplies[][2][3000] = {
    {R"({"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"I look.","reasoning_content":"Hm.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"Read","arguments":"{\"file\":\"a\"}"}},{"id":"call_2","type":"function","function":{"name":"Read","arguments":"{\"file\":\"b\"}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":10,"completion_tokens":7,"total_tokens":17,"prompt_tokens_details":{"cached_tokens":4}}})",
     "data: "
     "{\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"reasoning_content\":\"Hm."
     "\"}}]}\n\n"
     "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"I \"}}]}\n\n"
     "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"look.\"}}]}\n\n"
     "data: "
     "{\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\","
     "\"type\":\"function\",\"function\":{\"name\":\"Read\",\"arguments\":\"\"}}]}}]}\n\n"
     "data: "
     "{\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{"
     "\"arguments\":\"{\\\"file\\\":\\\"a\\\"}\"}},{\"index\":1,\"id\":\"call_2\",\"type\":\"function\","
     "\"function\":{\"name\":\"Read\",\"arguments\":\"{\\\"file\\\":\\\"b\\\"}\"}}]}}]}\n\n"
     "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n"
     "data: "
     "{\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":7,\"total_tokens\":"
     "17,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n"
     "data: [DONE]\n\n"},
    {R"({"id":"msg_x","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"Hm.","signature":"s"},{"type":"text","text":"I look."},{"type":"tool_use","id":"call_1","name":"Read","input":{"file":"a"}},{"type":"tool_use","id":"call_2","name":"Read","input":{"file":"b"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":6,"cache_read_input_tokens":4,"output_tokens":7}})",
     "event: message_start\ndata: "
     "{\"type\":\"message_start\",\"message\":{\"id\":\"x\",\"usage\":{\"input_tokens\":6,\"cache_read_input_"
     "tokens\":4,\"output_tokens\":1}}}\n\n"
     "event: content_block_start\ndata: "
     "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":"
     "\"\"}}\n\n"
     "event: content_block_delta\ndata: "
     "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"Hm."
     "\"}}\n\n"
     "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
     "event: content_block_start\ndata: "
     "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
     "event: content_block_delta\ndata: "
     "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"I "
     "look.\"}}\n\n"
     "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n"
     "event: content_block_start\ndata: "
     "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"call_"
     "1\",\"name\":\"Read\",\"input\":{}}}\n\n"
     "event: content_block_delta\ndata: "
     "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_"
     "json\":\"{\\\"file\\\":\"}}\n\n"
     "event: content_block_delta\ndata: "
     "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_"
     "json\":\"\\\"a\\\"}\"}}\n\n"
     "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":2}\n\n"
     "event: content_block_start\ndata: "
     "{\"type\":\"content_block_start\",\"index\":3,\"content_block\":{\"type\":\"tool_use\",\"id\":\"call_"
     "2\",\"name\":\"Read\",\"input\":{\"file\":\"b\"}}}\n\n"
     "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":3}\n\n"
     "event: message_delta\ndata: "
     "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":7}}"
     "\n\n"
     "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"},
};

// Bytes of wire::Reply through a translation, `size` at a time.
std::string reply_in(Dialect from, Dialect to, bool stream, const std::string& reply, size_t size) {
  const std::string body = from == Dialect::responses
                               ? R"({"model":"m","input":"x")"
                               : R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}])";
  auto translation = Translation::begin(
      parsed(from, body + (stream ? R"(,"stream":true,"stream_options":{"include_usage":true}})" : "}")), to);
  if (!translation) return translation.error().text();
  translation->reply_begins("0a", 1);
  std::string out;
  for (size_t at = 0; at < reply.size(); at += size) {
    auto fed = translation->feed(std::string_view(reply).substr(at, size));
    if (!fed) return fed.error().text();
    out += *fed;
  }
  auto rest = translation->reply_ended();
  return rest ? out + *rest : rest.error().text();
}

std::string said(const testing::Seen& seen) {
  std::string all = seen.problem + "|" + seen.text + "|" + seen.reason + "|";
  for (const exchange::Call& call : seen.calls) {
    const auto arguments = json::parse(call.arguments);
    all += call.id + " " + call.name + " " +
           (arguments && call.is_json ? json::canonical(arguments->root()) : call.arguments) + ";";
  }
  return all + "|" + std::to_string(seen.output_tokens);
}

TEST(Translate, RepliesOfOtherApisAreTheClientsWholeAndInAnyPieces) {
  const struct {
    Dialect upstream;
    const char* whole;
    const char* streamed;
  } replies[] = {{Dialect::chat_completions, kReplies[0][0], kReplies[0][1]},
                 {Dialect::messages, kReplies[1][0], kReplies[1][1]}};
  for (const auto& reply : replies) {
    for (const Dialect client : kAll) {
      if (client == reply.upstream) continue;
      const std::string whole = reply_in(client, reply.upstream, false, reply.whole, 10'000);
      const testing::Seen expected = seen(client, false, whole);
      EXPECT_EQ(expected.problem, "") << whole;
      EXPECT_EQ(expected.text, "I look.") << whole;
      ASSERT_EQ(expected.calls.size(), 2u) << whole;
      EXPECT_EQ(expected.calls[1].id, "call_2");
      EXPECT_EQ(expected.output_tokens, 7) << whole;
      const std::string streamed = reply_in(client, reply.upstream, true, reply.streamed, 10'000);
      EXPECT_EQ(said(seen(client, true, streamed)), said(expected)) << streamed;
      for (size_t size = 1; size < 40; ++size)
        EXPECT_EQ(reply_in(client, reply.upstream, true, reply.streamed, size), streamed);
    }
  }
}

namespace {

Events some_events() {
  const auto text = rc::gen::nonEmpty(
      rc::gen::container<std::string>(rc::gen::element('a', 'b', ' ', '\n', '"', '\\', '{', '}', ':', '<')));
  Events events;
  const int thoughts = *rc::gen::inRange(0, 2);
  for (int i = 0; i < thoughts; ++i) events.emplace_back(Delta{Kind::thinking, *text});
  events.emplace_back(End{});
  const int texts = *rc::gen::inRange(0, 4);
  for (int i = 0; i < texts; ++i) events.emplace_back(Delta{Kind::text, *text});
  events.emplace_back(End{});
  const int calls = *rc::gen::inRange(0, 3);
  for (int i = 0; i < calls; ++i) {
    events.emplace_back(exchange::Call{"call_" + std::to_string(i),
                                       "tool" + std::to_string(*rc::gen::inRange(0, 2)),
                                       R"({"a":)" + json::quote(*text) + "}", true});
  }
  events.emplace_back(Usage{*rc::gen::inRange(0, 99), 0, 0, *rc::gen::inRange(0, 99), 0});
  const StopReason reason = *rc::gen::element(StopReason::end, StopReason::length);
  events.emplace_back(Stop{calls > 0 ? StopReason::calls : reason});
  return events;
}

std::string written(Dialect dialect, bool stream, const Events& events) {
  const ReplyFrame frame{"0b", "m", 1, stream, true, {}};
  const auto writer = dialect == Dialect::chat_completions ? write_chat_reply(frame)
                      : dialect == Dialect::messages       ? write_messages_reply(frame)
                                                           : write_responses_reply(frame);
  std::string out;
  for (const Event& event : events) out += writer->write(event);
  return out + writer->end();
}

}  // namespace

RC_GTEST_PROP(Translate, StreamedEqualsWholeForEveryPair, ()) {
  const Events events = some_events();
  const size_t size = *rc::gen::inRange<size_t>(1, 60);
  for (const Dialect upstream : kAll) {
    // What a client of the upstream's own API makes of it.
    const testing::Seen own = seen(upstream, false, written(upstream, false, events));
    RC_ASSERT(own.problem.empty());
    for (const Dialect client : kAll) {
      if (client == upstream) continue;
      const std::string whole =
          reply_in(client, upstream, false, written(upstream, false, events), size * 100);
      const std::string streamed = reply_in(client, upstream, true, written(upstream, true, events), size);
      RC_ASSERT(said(seen(client, true, streamed)) == said(seen(client, false, whole)));
      RC_ASSERT(seen(client, false, whole).text == own.text);
      RC_ASSERT(seen(client, false, whole).calls.size() == own.calls.size());
    }
  }
}

namespace {

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

}  // namespace

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

TEST(Translate, WhatTheClientSendsBackIsKnownAgain) {
  const std::string upstream =
      R"({"id":"msg_x","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"One."},)"
      R"({"type":"tool_use","id":"t1","name":"a_b","input":{"input":"x y"}},{"type":"text","text":"Two."}],)"
      R"("stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}})";
  auto translation = Translation::begin(
      parsed(
          Dialect::chat_completions,
          R"({"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"custom","custom":{"name":"a.b"}}]})"),
      Dialect::messages);
  ASSERT_TRUE(translation.has_value()) << translation.error().text();
  translation->reply_begins("0c", 1);
  ASSERT_TRUE(translation->feed(upstream).has_value());
  const auto client = translation->reply_ended();
  ASSERT_TRUE(client.has_value());
  const testing::Seen seen = testing::read_chat_whole(*client);
  EXPECT_EQ(seen.text, "One.\n\nTwo.");
  ASSERT_EQ(seen.calls.size(), 1u);
  EXPECT_EQ(seen.calls[0].name, "a.b");
  EXPECT_FALSE(seen.calls[0].is_json);
  EXPECT_EQ(seen.calls[0].arguments, "x y");
  // The client's next request, as the upstream is told of it.
  const ParsedRequest next =
      parsed(Dialect::messages, translated(Dialect::chat_completions, Dialect::messages,
                                           R"({"model":"m","messages":[)" + seen.message + "]}"));
  const auto back = translation->sent_back();
  ASSERT_TRUE(back.has_value()) << back.error().text();
  ASSERT_EQ(next.request.messages.size(), 1u);
  EXPECT_EQ(exchange::message_digest(*back), exchange::message_digest(next.request.messages[0]));
}

TEST(Translate, ErrorsAreToldInTheClientsWords) {
  const std::string body =
      R"({"error":{"message":"Too many tokens","type":"invalid_request_error","code":"context_length_exceeded"}})";
  EXPECT_EQ(
      error_reply(Dialect::messages, 400, body),
      R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: Too many tokens"}})");
  EXPECT_EQ(
      error_reply(Dialect::responses, 429,
                  R"({"type":"error","error":{"type":"rate_limit_error","message":"Slow down"}})"),
      R"({"error":{"message":"Slow down","type":"rate_limit_error","param":null,"code":"rate_limit_error"}})");
  EXPECT_EQ(
      error_reply(Dialect::chat_completions, 502, "<html>"),
      R"({"error":{"message":"the upstream answered 502","type":"server_error","param":null,"code":null}})");
}

TEST(Translate, AnErrorInAStreamEndsItAsTheClientKnowsIt) {
  const std::string broken =
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"x\",\"usage\":{}}}\n\n"
      "event: error\ndata: "
      "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
  const std::string chat = reply_in(Dialect::chat_completions, Dialect::messages, true, broken, 7);
  EXPECT_NE(chat.find("Overloaded"), std::string::npos) << chat;
  EXPECT_EQ(chat.find("[DONE]"), std::string::npos) << chat;
  const std::string responses = reply_in(Dialect::responses, Dialect::messages, true, broken, 7);
  EXPECT_NE(responses.find("event: response.failed"), std::string::npos) << responses;
  EXPECT_EQ(responses.find("response.completed"), std::string::npos) << responses;
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

TEST(Translate, CallsWithoutAnIdGetOne) {
  const std::string ollama =
      "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"I look.\"},\"done\":false}\n"
      "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{"
      "\"name\":\"f\",\"arguments\":{\"a\":1}}},{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":2}}}]},"
      "\"done\":false}\n"
      "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":"
      "\"stop\",\"prompt_eval_count\":3,\"eval_count\":7}\n";
  const std::string gemini =
      "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"I look.\"}]}}]}\r\n\r\n"
      "data: "
      "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\","
      "\"args\":{\"a\":1}},\"thoughtSignature\":\"s\"},{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":2}}}"
      "]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":5,"
      "\"thoughtsTokenCount\":2}}\r\n\r\n";
  for (const auto& [upstream, reply] :
       {std::pair{Dialect::ollama, ollama}, std::pair{Dialect::gemini, gemini}}) {
    for (const Dialect client : kAll) {
      for (const size_t size : {1U, 7U, 10'000U}) {
        const testing::Seen got = seen(client, true, reply_in(client, upstream, true, reply, size));
        EXPECT_EQ(got.problem, "");
        EXPECT_EQ(got.text, "I look.");
        ASSERT_EQ(got.calls.size(), 2U);
        EXPECT_NE(got.calls[0].id, got.calls[1].id);
        EXPECT_EQ(got.calls[0].id.substr(0, 8), "call_0a_");
        EXPECT_EQ(got.output_tokens, 7);
      }
    }
  }
}

}  // namespace
}  // namespace weir::wire::translate

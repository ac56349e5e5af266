#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "wire/translate/event.h"
#include "wire/translate/testing.h"

namespace weir::wire::translate {
namespace {

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

TEST(Translate, RepliesOfOtherApisAreTheClientsWholeAndInAnyPieces) {
  const struct {
    Dialect upstream;
    const char* whole;
    const char* streamed;
  } replies[] = {{Dialect::chat_completions, kReplies[0][0], kReplies[0][1]},
                 {Dialect::messages, kReplies[1][0], kReplies[1][1]}};
  for (const auto& reply : replies) {
    for (const Dialect client : kClients) {
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

RC_GTEST_PROP(Translate, StreamedEqualsWholeForEveryPair, ()) {
  const Events events = some_events();
  const size_t size = *rc::gen::inRange<size_t>(1, 60);
  for (const Dialect upstream : kAll) {
    // What a client of the upstream's own API makes of it.
    const testing::Seen own = seen(upstream, false, written(upstream, false, events));
    RC_ASSERT(own.problem.empty());
    for (const Dialect client : kClients) {
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
    for (const Dialect client : kClients) {
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

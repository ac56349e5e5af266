// Chat Completions replies: real-shaped streams × chunkings × verdicts.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "wire/chat_samples.h"

namespace weir::wire {
namespace {

using testing::Outcome;
using testing::play;
using testing::Seen;
using namespace testing::chat;  // NOLINT

// What holds for every stream, chunking and verdict.
void check(const Stream& stream, unsigned mask, const testing::Pieces& pieces, const std::string& where) {
  const Outcome outcome = play(
      kChat, kRequest, {stream.bytes}, [&](const auto& c) { return (mask >> number_of(c) & 1) != 0; },
      pieces);
  ASSERT_EQ(outcome.error, "") << where;
  ASSERT_EQ(outcome.calls.size(), static_cast<size_t>(stream.calls)) << where;
  const Seen seen = testing::read_chat_stream(outcome.out);
  const Seen sent = testing::read_chat_stream(stream.bytes);
  EXPECT_EQ(seen.problem, "") << where << outcome.out;
  std::vector<int> kept;
  for (int i = 0; i < stream.calls; ++i) {
    if ((mask >> i & 1) != 0) {
      kept.push_back(i);
    } else {
      expect_absent(outcome.out, i, where);
    }
  }
  ASSERT_EQ(seen.calls.size(), kept.size()) << where << outcome.out;
  for (size_t i = 0; i < kept.size(); ++i) {
    const std::string k = "K" + std::to_string(kept[i]);
    EXPECT_EQ(seen.calls[i].name, k + "_name") << where;
    EXPECT_EQ(seen.calls[i].id, stream.name == "legacy" ? k + "_name" : k + "_id") << where;
    EXPECT_NE(seen.calls[i].arguments.find("K" + std::to_string(kept[i]) + "_arg"), std::string::npos)
        << where;
  }
  const bool silent = kept.empty() && stream.calls > 0 && stream.text.empty();
  if (silent) {
    EXPECT_TRUE(seen.text.starts_with("(weir stopped")) << where << outcome.out;
  } else {
    EXPECT_EQ(seen.text, stream.text) << where;
  }
  const bool none_left = stream.calls > 0 && kept.empty() && !sent.reason.empty();
  EXPECT_EQ(seen.reason, none_left ? "stop" : sent.reason) << where << outcome.out;
  EXPECT_EQ(seen.output_tokens, sent.output_tokens) << where;
  if (kept.size() == static_cast<size_t>(stream.calls) && stream.exact) {
    EXPECT_EQ(outcome.out, stream.bytes) << where;
  }
  EXPECT_EQ(outcome.shadow.has_value(), kept.size() < static_cast<size_t>(stream.calls)) << where;
  // What weir thinks the client has is what the client sends back.
  const auto back = parse_request(kChat, R"({"model":"m","messages":[)" + seen.message + "]}", {});
  ASSERT_TRUE(back.has_value()) << where << back.error().text();
  ASSERT_EQ(outcome.messages.size(), 1U);
  EXPECT_EQ(exchange::message_digest(back->request.messages[0]),
            exchange::message_digest(outcome.messages[0]))
      << where << seen.message;
}

TEST(ChatStream, StreamsChunkingsVerdicts) {
  for (const Stream& stream : streams()) {
    for (unsigned mask = 0; mask < 1U << stream.calls; ++mask) {
      int chunking = 0;
      for (const testing::Pieces& pieces : chunkings())
        check(stream, mask, pieces,
              stream.name + " mask " + std::to_string(mask) + " " + std::to_string(chunking++));
    }
  }
}

TEST(ChatStream, EveryCutIsAnErrorAndNothingOfTheCallLeaves) {
  const std::string bytes = kRole + head(0) + fragments(0) + kCallsEnd + kDone;
  const size_t whole = bytes.find(kCallsEnd);
  for (size_t size = 1; size + 2 < whole + kCallsEnd.size(); ++size) {
    const Outcome outcome = play(
        kChat, kRequest, {bytes.substr(0, size)}, [](const auto&) { return true; }, [] { return SIZE_MAX; });
    EXPECT_NE(outcome.error, "") << size;
    EXPECT_EQ(outcome.out.find("K0"), std::string::npos) << size;
  }
}

TEST(ChatStream, ChoicesAreDecidedApart) {
  const auto choice = [](int index, const std::string& delta, const std::string& finish = "null") {
    return R"({"index":)" + std::to_string(index) + R"(,"delta":)" + delta + R"(,"finish_reason":)" + finish +
           "}";
  };
  const auto chunk = [](const std::string& choices) {
    return R"(data: {"id":"c1","choices":[)" + choices + "]}\n\n";
  };
  const std::string calls0 = R"({"tool_calls":[)" + call(0) + "]}";
  std::string calls1 = R"({"tool_calls":[)" + call(1) + "]}";
  calls1.replace(calls1.find("\"index\":1"), 9, "\"index\":0");
  for (const std::string& bytes : {
           chunk(choice(0, calls0)) + chunk(choice(1, calls1)) + chunk(choice(1, "{}", "\"tool_calls\"")) +
               chunk(choice(0, "{}", "\"tool_calls\"")) + kDone,
           chunk(choice(0, calls0) + "," + choice(1, calls1)) +
               chunk(choice(0, "{}", "\"tool_calls\"") + "," + choice(1, "{}", "\"tool_calls\"")) + kDone,
           chunk(choice(0, calls0, "\"tool_calls\"") + "," + choice(1, calls1, "\"tool_calls\"")) + kDone,
       }) {
    for (unsigned mask = 0; mask < 4; ++mask) {
      const Outcome outcome = play(
          kChat, R"({"model":"m","n":2,"stream":true,"messages":[]})", {bytes},
          [&](const auto& c) { return (mask >> number_of(c) & 1) != 0; }, [] { return size_t{7}; });
      ASSERT_EQ(outcome.error, "");
      for (int i = 0; i < 2; ++i) {
        const Seen seen = testing::read_chat_stream(outcome.out, i);
        const bool kept = (mask >> i & 1) != 0;
        EXPECT_EQ(seen.problem, "") << outcome.out;
        EXPECT_EQ(seen.calls.size(), kept ? 1U : 0U) << outcome.out;
        EXPECT_EQ(seen.reason, kept ? "tool_calls" : "stop") << outcome.out;
        if (!kept) expect_absent(outcome.out, i, bytes);
      }
      EXPECT_EQ(outcome.messages.size(), 2U);
    }
  }
}

// Each of these could be a call to some client and is none to another, or is nothing that weir knows.
TEST(ChatStream, RefusesWhatCouldBeACall) {
  for (
      const std::string& bytes : std::vector<std::string>{
          event(R"({"tool_calls":{"0":)" + call(0) + "}}"),
          event(R"({"tool_calls":[[]]})"),
          event(R"({"tool_calls":"K0_arg"})"),
          event(R"({"function_call":"K0_arg"})"),
          event(R"({"function_call":["K0_arg"]})"),
          event(R"({"tool_calls":[{"index":"0","id":"K0_id","function":{"name":"K0_name"}}]})"),
          event(R"({"tool_calls":[{"index":0.0,"id":"K0_id","function":{"name":"K0_name"}}]})"),
          event(R"({"tool_calls":[{"index":-1,"id":"K0_id","function":{"name":"K0_name"}}]})"),
          event(R"({"tool_calls":[{"index":0,"id":7,"function":{"name":"K0_name"}}]})"),
          event(R"({"tool_calls":[{"index":0,"id":"K0_id","function":{"name":["K0_name"]}}]})"),
          event(
              R"({"tool_calls":[{"index":0,"id":"K0_id","function":{"name":"K0_name","arguments":["K0_arg"]}}]})"),
          event(
              R"({"tool_calls":[{"index":0,"id":"K0_id","function":{"name":"a","arguments":"{}","args":{"K0_arg":1}}}]})"),
          event(
              R"({"tool_calls":[{"index":0,"id":"K0_id","name":"K0_name","function":{"name":"a","arguments":"{}"}}]})"),
          event(R"({"tool_calls":[{"index":0,"id":"K0_id","type":"shell","shell":{"command":"K0_arg"}}]})"),
          event(
              R"({"tool_calls":[{"index":0,"id":"x","type":"function","function":{"name":"a"},"custom":{"name":"K0_name"}}]})"),
          event(R"({"tool_calls":[{"index":0,"id":"x","type":"custom","function":{"name":"K0_name"}}]})"),
          head(0) + event(R"({"tool_calls":[{"index":0,"custom":{"input":"K0_arg"}}]})"),
          event(R"({"tool_calls":[{"function":{"arguments":"K0_arg"}}]})"),
          event(R"({"tool_calls":[{"index":0,"id":"K0_id","function":{"arguments":"K0_arg"}}]})") + kCallsEnd,
          event(R"({"tool_use":{"name":"K0_name"}})"),
          event(R"({"toolCalls":[{"name":"K0_name"}]})"),
          event(R"({"custom":{"name":"K0_name"}})"),
          event(R"({"content":[{"type":"tool_use","name":"K0_name"}]})"),
          event(R"({"content":{"K0_arg":1}})"),
          event(R"([{"tool_calls":[]}])"),
          R"(data: {"choices":[{"index":0,"delta":{},"message":{"tool_calls":[]}}]})"
          "\n\n",
          R"(data: {"choices":[{"index":0,"delta":{},"tool_calls":[{"K0_arg":1}]}]})"
          "\n\n",
          R"(data: {"choices":{"0":{"text":"K0_arg"}}})"
          "\n\n",
          R"(data: {"choices":["K0_arg"]})"
          "\n\n",
          R"(data: {"choices":[{"index":"0","delta":{}}]})"
          "\n\n",
          R"(data: {"choices":[{"index":128,"delta":{}}]})"
          "\n\n",
          R"(data: {"choices":[{"index":0,"delta":{}},{"index":0,"delta":{}}]})"
          "\n\n",
          R"(data: {"choices":[],"tool_calls":[{"K0_arg":1}]})"
          "\n\n",
          R"(data: {"message":{"tool_calls":[{"K0_arg":1}]}})"
          "\n\n",
          "event: content_block_start\n"
          R"(data: {"type":"content_block_start","content_block":{"name":"K0_name"}})"
          "\n\n",
          "data: [\"K0_arg\"]\n\n",
          "data: {\"choices\":\n\n",
          R"(data: {"choices":[],"choices":[{"index":0,"delta":{"tool_calls":[]}}]})"
          "\n\n",
          head(0) + fragments(0) + kCallsEnd + head(1),
      }) {
    const Outcome outcome = play(
        kChat, kRequest, {kRole + bytes + kDone}, [](const auto& c) { return number_of(c) != 1; },
        [] { return SIZE_MAX; });
    EXPECT_NE(outcome.error, "") << bytes;
    if (outcome.calls.empty()) {
      EXPECT_EQ(outcome.out.find("K0"), std::string::npos) << bytes;
    }
    EXPECT_EQ(outcome.out.find("K1"), std::string::npos) << bytes;
  }
}

TEST(ChatStream, NothingAfterDoneLeaves) {
  const Outcome outcome = play(
      kChat, kRequest, {kRole + event("{}", "\"stop\"") + kDone + head(0) + kCallsEnd},
      [](const auto&) { return true; }, [] { return size_t{9}; });
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.out.find("K0"), std::string::npos);
}

TEST(ChatStream, UpstreamsErrorPassesAndDropsWhatWasNotWhole) {
  const std::string error = "data: {\"error\":{\"message\":\"overloaded\",\"code\":529}}\n\n";
  const Outcome outcome = play(
      kChat, kRequest, {kRole + head(0) + error}, [](const auto&) { return true; }, [] { return SIZE_MAX; });
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.out, kRole + error);
  EXPECT_TRUE(outcome.calls.empty());
}

TEST(ChatStream, TwoRoundsAreOneMessage) {
  std::string second = kRole + event(R"({"content":"Then "})") + event(R"({"content":"not."})") +
                       event("{}", R"("stop")") + kUsage + kDone;
  for (size_t at = 0; (at = second.find("\"c1\"", at)) != std::string::npos;) second.replace(at, 4, "\"c2\"");
  for (const bool talks : {false, true}) {
    const std::string first = kRole + (talks ? event(R"({"content":"Hm.","reasoning_content":"why"})") : "") +
                              head(0) + fragments(0) + kCallsEnd + kUsage + kDone;
    for (const testing::Pieces& pieces : chunkings()) {
      const Outcome outcome =
          play(kChat, kRequest, {first, second}, [](const auto&) { return false; }, pieces);
      ASSERT_EQ(outcome.error, "");
      const Seen seen = testing::read_chat_stream(outcome.out);
      EXPECT_EQ(seen.problem, "") << outcome.out;
      EXPECT_EQ(seen.text, talks ? "Hm.\n\nThen not." : "Then not.");
      EXPECT_EQ(seen.reason, "stop");
      EXPECT_EQ(seen.id, "c1");
      EXPECT_EQ(seen.output_tokens, 10);
      expect_absent(outcome.out, 0, "rounds");
      ASSERT_EQ(outcome.bodies.size(), 1U);
      const std::string call_json =
          R"({"id":"K0_id","type":"function","function":{"name":"K0_name","arguments":"{\"v\":\"K0_arg\"}"}})";
      const std::string planner =
          R"({"role":"assistant","content":)" + std::string(talks ? "\"Hm.\"" : "null") +
          (talks ? R"(,"reasoning_content":"why")" : "") + R"(,"tool_calls":[)" + call_json +
          R"(]},{"role":"tool","tool_call_id":"K0_id","content":"denied 0"})";
      EXPECT_EQ(outcome.bodies[0],
                R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"},)" + planner + "]}");
      ASSERT_TRUE(outcome.shadow.has_value());
      EXPECT_EQ(outcome.shadow->replacement, planner + R"(,{"role":"assistant","content":"Then not."})");
      EXPECT_EQ(outcome.shadow->insert_after, "");
      const auto back = parse_request(kChat, R"({"model":"m","messages":[)" + seen.message + "]}", {});
      EXPECT_EQ(exchange::message_digest(back->request.messages[0]),
                exchange::message_digest(outcome.messages[0]));
    }
  }
}

TEST(ChatStream, SecondRoundMayCall) {
  const Outcome outcome = play(
      kChat, kRequest,
      {kRole + head(0) + fragments(0) + kCallsEnd + kDone,
       kRole + event(R"({"content":"ok"})") + event(R"({"tool_calls":[)" + call(0) + "," + call(1) + "]}") +
           kCallsEnd + kDone},
      [](const auto& c) { return number_of(c) == 1; }, [] { return size_t{11}; });
  ASSERT_EQ(outcome.error, "");
  const Seen seen = testing::read_chat_stream(outcome.out);
  EXPECT_EQ(seen.problem, "") << outcome.out;
  ASSERT_EQ(seen.calls.size(), 1U);
  EXPECT_EQ(number_of(seen.calls[0]), 1);
  EXPECT_EQ(seen.reason, "tool_calls");
  ASSERT_TRUE(outcome.shadow.has_value());
  EXPECT_EQ(outcome.shadow->insert_after, R"({"role":"tool","tool_call_id":"K0_id","content":"denied 1"})");
  const auto messages = json::parse("[" + outcome.shadow->replacement + "]");
  ASSERT_TRUE(messages.has_value());
  EXPECT_EQ(messages->root().size(), 3U);
}

TEST(ChatStream, CallsAtTheLimitAndPast) {
  for (const size_t count : {limits::kCallsPerTurnMax, limits::kCallsPerTurnMax + 1}) {
    std::string bytes = kRole;
    for (size_t i = 0; i < count; ++i)
      bytes += event(R"({"tool_calls":[{"index":)" + std::to_string(i) + R"(,"id":"x)" + std::to_string(i) +
                     R"(","function":{"name":"n","arguments":"{}"}}]})");
    const Outcome outcome = play(
        kChat, kRequest, {bytes + kCallsEnd + kDone}, [](const auto&) { return true; },
        [] { return SIZE_MAX; });
    EXPECT_EQ(outcome.error.empty(), count == limits::kCallsPerTurnMax) << outcome.error;
  }
}

TEST(ChatStream, HeldBytesAtTheLimitAndPast) {
  const std::string text(limits::kHeldCallBytesMax / 4, 'x');
  // Counted: the id, the name and the arguments with their quotes.
  const size_t rest =
      limits::kHeldCallBytesMax - 3 * (text.size() + 2) - std::string("K0_idK0_name\"\"").size() - 2;
  for (const size_t more : {size_t{0}, size_t{1}}) {
    const Outcome outcome = play(
        kChat, kRequest,
        {kRole + head(0) + piece(0, text) + piece(0, text) + piece(0, text) +
         piece(0, std::string(rest + more, 'x')) + kCallsEnd + kDone},
        [](const auto&) { return false; }, [] { return size_t{1} << 20; });
    EXPECT_EQ(outcome.error.empty(), more == 0) << outcome.error;
  }
}

TEST(ChatWhole, MessagesAndVerdicts) {
  const std::string three = "[" + call(0, false) + " , " + call(1, false) + "," + call(2, false) + "]";
  const std::string legacy = R"({"name":"K0_name","arguments":"{\"v\":\"K0_arg\"}"})";
  struct Row {
    std::string bytes;
    int calls;
    std::string text;
  };
  for (const Row& row : std::vector<Row>{
           {whole(R"({"role":"assistant","content":"hi","refusal":null})", "stop"), 0, "hi"},
           {whole(R"({"role":"assistant","content":null,"tool_calls":)" + three + "}"), 3, ""},
           {whole(R"({"tool_calls":)" + three + R"(,"role":"assistant","content":"t"})"), 3, "t"},
           {whole(R"({"tool_calls":)" + three + "}"), 3, ""},
           {whole(R"({"role":"assistant", "tool_calls":)" + three + "}"), 3, ""},
           {whole(R"({"function_call":)" + legacy + R"(,"role":"assistant","content":null})",
                  "function_call"),
            1, ""},
           {whole(R"({"function_call":)" + legacy + R"(,"tool_calls":null,"role":"assistant"})",
                  "function_call"),
            1, ""},
           {whole(R"({"tool_calls":[)" + call(0, false) + R"(],"function_call":null,"role":"assistant"})"), 1,
            ""},
           {whole(R"({"role":"assistant","content":"x","tool_calls":[)" + call(0, false) + "]}", "tool_calls",
                  R"({"content":[{"token":"K0_id"},{"token":"K0_arg"}]})"),
            1, "x"},
       }) {
    for (unsigned mask = 0; mask < 1U << row.calls; ++mask) {
      const Outcome outcome = play(
          kChat, kWholeRequest, {row.bytes}, [&](const auto& c) { return (mask >> number_of(c) & 1) != 0; },
          [] { return size_t{13}; });
      ASSERT_EQ(outcome.error, "") << row.bytes;
      const Seen seen = testing::read_chat_whole(outcome.out);
      EXPECT_EQ(seen.problem, "") << outcome.out;
      size_t kept = 0;
      for (int i = 0; i < row.calls; ++i) {
        if ((mask >> i & 1) == 0) {
          expect_absent(outcome.out, i, row.bytes);
          continue;
        }
        ASSERT_GT(seen.calls.size(), kept) << outcome.out;
        EXPECT_EQ(number_of(seen.calls[kept++]), i);
      }
      EXPECT_EQ(seen.calls.size(), kept) << outcome.out;
      if (kept == static_cast<size_t>(row.calls)) {
        EXPECT_EQ(outcome.out, row.bytes);
      }
      if (kept == 0 && row.calls > 0) {
        EXPECT_EQ(seen.reason, "stop");
        EXPECT_FALSE(seen.text.empty());
      }
      if (!row.text.empty()) {
        EXPECT_EQ(seen.text, row.text);
      }
      const auto back = parse_request(kChat, R"({"model":"m","messages":[)" + seen.message + "]}", {});
      ASSERT_TRUE(back.has_value());
      EXPECT_EQ(exchange::message_digest(back->request.messages[0]),
                exchange::message_digest(outcome.messages[0]))
          << outcome.out;
    }
  }
}

TEST(ChatWhole, TwoKindsOfCallsAreBothCut) {
  const std::string bytes =
      whole(R"({"function_call":{"name":"K0_name","arguments":"{\"v\":\"K0_arg\"}"},"tool_calls":[)" +
            call(1, false) + R"(],"role":"assistant"})");
  for (unsigned mask = 0; mask < 4; ++mask) {
    const Outcome outcome = play(
        kChat, kWholeRequest, {bytes}, [&](const auto& c) { return (mask >> number_of(c) & 1) != 0; },
        [] { return SIZE_MAX; });
    ASSERT_EQ(outcome.error, "");
    EXPECT_EQ(testing::read_chat_whole(outcome.out).problem, "");
    for (int i = 0; i < 2; ++i) {
      if ((mask >> i & 1) == 0) expect_absent(outcome.out, i, "both");
    }
  }
}

TEST(ChatWhole, TwoRoundsAreOneMessage) {
  const std::string first =
      whole(R"({"role":"assistant","content":"Hm.","tool_calls":[)" + call(0, false) + "]}");
  std::string second = whole(R"({"role":"assistant","content":"Then not."})", "stop");
  second.replace(second.find("c1"), 2, "c2");
  const Outcome outcome =
      play(kChat, kWholeRequest, {first, second}, [](const auto&) { return false; }, [] { return SIZE_MAX; });
  ASSERT_EQ(outcome.error, "");
  const Seen seen = testing::read_chat_whole(outcome.out);
  EXPECT_EQ(seen.text, "Hm.\n\nThen not.");
  EXPECT_EQ(seen.id, "c1");
  EXPECT_EQ(seen.output_tokens, 10);
  expect_absent(outcome.out, 0, "rounds");
}

TEST(ChatWhole, RefusesWhatCouldBeACall) {
  for (const std::string& bytes : std::vector<std::string>{
           whole(R"({"tool_calls":{"0":{}}})"), whole(R"({"tool_calls":[{"id":"a","type":"shell"}]})"),
           whole(R"({"tool_calls":[{"id":"a","function":{"name":"b"},"custom":{"name":"K0"}}]})"),
           whole(R"({"tool_calls":[{"id":"a","function":{"name":""}}]})"), whole(R"({"function_call":"x"})"),
           whole(R"({"content":[{"type":"tool_use"}]})"), whole(R"({"custom":{"name":"K0"}})"),
           whole(R"([{}])"), std::string(R"({"choices":[{"delta":{"tool_calls":[]}}]})"),
           std::string(R"({"choices":[],"message":{"tool_calls":[]}})"), std::string(R"({"choices":{}})"),
           std::string("{}"), std::string("[]"), std::string("{\"choices\":[]")}) {
    const Outcome outcome =
        play(kChat, kWholeRequest, {bytes}, [](const auto&) { return true; }, [] { return SIZE_MAX; });
    EXPECT_NE(outcome.error, "") << bytes;
    EXPECT_EQ(outcome.out, "") << bytes;
  }
}

}  // namespace
}  // namespace weir::wire

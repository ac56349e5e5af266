// Messages replies: real-shaped streams × chunkings × verdicts.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "wire/messages_samples.h"

namespace weir::wire {
namespace {

using testing::Outcome;
using testing::play;
using testing::Seen;
using namespace testing::messages;  // NOLINT

void check(const Stream& stream, unsigned mask, const testing::Pieces& pieces, const std::string& where) {
  const Outcome outcome = play(
      kMessages, kRequest, {stream.bytes}, [&](const auto& c) { return (mask >> number_of(c) & 1) != 0; },
      pieces);
  ASSERT_EQ(outcome.error, "") << where;
  ASSERT_EQ(outcome.calls.size(), static_cast<size_t>(stream.calls)) << where;
  const Seen seen = testing::read_messages_stream(outcome.out);
  if (stream.name != "no event fields") {
    EXPECT_EQ(seen.problem, "") << where << outcome.out;
  }
  EXPECT_TRUE(seen.ended);
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
    EXPECT_EQ(seen.calls[i].id, k + "_id") << where;
    EXPECT_EQ(json::canonical(json::parse(seen.calls[i].arguments)->root()), R"({"v":")" + k + R"(_arg"})")
        << where;
  }
  if (kept.empty() && stream.calls > 0 && stream.text.empty()) {
    EXPECT_TRUE(seen.text.starts_with("(weir stopped")) << where << outcome.out;
  } else {
    EXPECT_EQ(seen.text, stream.text) << where;
  }
  const std::string sent = testing::read_messages_stream(stream.bytes).reason;
  EXPECT_EQ(seen.reason, sent == "tool_use" && kept.empty() ? "end_turn" : sent) << where;
  if (kept.size() == static_cast<size_t>(stream.calls)) {
    EXPECT_EQ(outcome.out, stream.bytes) << where;
    EXPECT_FALSE(outcome.shadow.has_value());
  } else {
    ASSERT_TRUE(outcome.shadow.has_value());
    // The upstream sees its own message, signatures and all; the denials first in what the user says next.
    const auto message = json::parse(outcome.shadow->replacement);
    ASSERT_TRUE(message.has_value()) << outcome.shadow->replacement;
    EXPECT_TRUE(json::parse("[" + outcome.shadow->prepend_blocks + "]").has_value());
    for (int i = 0; i < stream.calls; ++i) {
      const std::string id = "\"K" + std::to_string(i) + "_id\"";
      EXPECT_NE(outcome.shadow->replacement.find(id), std::string::npos) << where;
      EXPECT_EQ(outcome.shadow->prepend_blocks.find(id) == std::string::npos, (mask >> i & 1) != 0) << where;
    }
    EXPECT_EQ(outcome.shadow->replacement.find("c2ln") != std::string::npos,
              stream.name == "thinking, calls");
  }
  expect_same_message(seen, outcome, where);
}

TEST(MessagesStream, StreamsChunkingsVerdicts) {
  for (const Stream& stream : streams()) {
    for (unsigned mask = 0; mask < 1U << stream.calls; ++mask) {
      int chunking = 0;
      for (const testing::Pieces& pieces : chunkings())
        check(stream, mask, pieces,
              stream.name + " mask " + std::to_string(mask) + " " + std::to_string(chunking++));
    }
  }
}

TEST(MessagesStream, EqualTurnsGiveEqualShadows) {
  const std::string bytes = begin() + thinking(0) + text(1, "t") + call(2, 0) + call(3, 1) + end("tool_use");
  std::optional<Shadow> first;
  for (const testing::Pieces& pieces : chunkings()) {
    const Outcome outcome =
        play(kMessages, kRequest, {bytes}, [](const auto& c) { return number_of(c) == 1; }, pieces);
    ASSERT_TRUE(outcome.shadow.has_value());
    if (!first) first = outcome.shadow;
    EXPECT_EQ(outcome.shadow->replacement, first->replacement);
    EXPECT_EQ(outcome.shadow->prepend_blocks, first->prepend_blocks);
  }
  EXPECT_EQ(
      first->replacement,
      R"({"role":"assistant","content":[{"type":"thinking","thinking":"let me see","signature":"c2ln"},)"
      R"({"type":"text","text":"t"},{"type":"tool_use","id":"K0_id","name":"K0_name","input":{"v": "K0_arg"}},)"
      R"({"type":"tool_use","id":"K1_id","name":"K1_name","input":{"v": "K1_arg"}}]})");
  EXPECT_EQ(first->prepend_blocks,
            R"({"type":"tool_result","tool_use_id":"K0_id","is_error":true,"content":"denied 0"})");
}

TEST(MessagesStream, TwoRoundsAreOneMessage) {
  for (const bool talks : {false, true}) {
    const std::string first =
        begin() + thinking(0) + (talks ? text(1, "Hm.") : "") + call(talks ? 2 : 1, 0) + end("tool_use");
    const std::string second = begin("m2") + kPing + text(0, "Then not.") + end("end_turn");
    for (const testing::Pieces& pieces : chunkings()) {
      const Outcome outcome =
          play(kMessages, kRequest, {first, second}, [](const auto&) { return false; }, pieces);
      ASSERT_EQ(outcome.error, "");
      const Seen seen = testing::read_messages_stream(outcome.out);
      EXPECT_EQ(seen.problem, "") << outcome.out;
      EXPECT_EQ(seen.id, "m1");
      EXPECT_EQ(seen.text, talks ? "Hm.Then not." : "Then not.");
      EXPECT_EQ(seen.reason, "end_turn");
      EXPECT_EQ(seen.output_tokens, 10);
      expect_absent(outcome.out, 0, "rounds");
      ASSERT_EQ(outcome.bodies.size(), 1U);
      const std::string planner =
          std::string(
              R"({"role":"assistant","content":[{"type":"thinking","thinking":"let me see","signature":"c2ln"},)") +
          (talks ? R"({"type":"text","text":"Hm."},)" : "") +
          R"({"type":"tool_use","id":"K0_id","name":"K0_name","input":{"v": "K0_arg"}}]},)"
          R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"K0_id","is_error":true,"content":"denied 0"}]})";
      EXPECT_EQ(outcome.bodies[0],
                R"({"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"},)" +
                    planner + "]}");
      ASSERT_TRUE(outcome.shadow.has_value());
      EXPECT_EQ(outcome.shadow->replacement,
                planner + R"(,{"role":"assistant","content":[{"type":"text","text":"Then not."}]})");
      expect_same_message(seen, outcome, "rounds");
    }
  }
}

TEST(MessagesStream, ASilentSecondRoundLeavesNoEmptyMessage) {
  const Outcome outcome = play(
      kMessages, kRequest, {begin() + call(0, 0) + end("tool_use"), begin("m2") + end("end_turn")},
      [](const auto&) { return false; }, [] { return SIZE_MAX; });
  ASSERT_EQ(outcome.error, "");
  const Seen seen = testing::read_messages_stream(outcome.out);
  EXPECT_EQ(seen.problem, "");
  EXPECT_TRUE(seen.text.starts_with("(weir stopped"));
  EXPECT_EQ(outcome.shadow->replacement.find("\"content\":[]"), std::string::npos);
}

TEST(MessagesStream, EveryCutIsAnErrorAndNothingOfTheCallLeaves) {
  const std::string bytes = begin() + text(0, "t") + call(1, 0) + end("tool_use");
  const size_t called = bytes.find(stop(1)) + stop(1).size() - 2;
  for (size_t size = 0; size + 2 < bytes.size(); ++size) {
    const Outcome outcome = play(
        kMessages, kRequest, {bytes.substr(0, size)}, [](const auto&) { return true; },
        [] { return SIZE_MAX; });
    EXPECT_NE(outcome.error, "") << size;
    if (size < called) {
      EXPECT_EQ(outcome.out.find("K0"), std::string::npos) << size;
    }
  }
}

// Each could be a call to some client and is none to another, or is nothing that weir knows.
TEST(MessagesStream, RefusesWhatCouldBeACall) {
  const std::string bad = R"({"type":"tool_use","id":"K0_id","name":"K0_name","input":{}})";
  for (const std::string& bytes : std::vector<std::string>{
           "event: content_block_start\ndata: {\"type\":\"ping\",\"index\":0,\"content_block\":" + bad +
               "}\n\n",
           "event: ping\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":" + bad +
               "}\n\n",
           "event: content_block_start\ndata: {\"index\":0,\"content_block\":" + bad + "}\n\n",
           "event: ping\ndata: {\"type\":\"ping\",\"content_block\":" + bad + "}\n\n",
           "event: error\ndata: {\"type\":\"error\",\"content_block\":" + bad + "}\n\n",
           event("message_delta", R"("delta":{"stop_reason":null,"content_block":)" + bad + "}"),
           event("message_delta", R"("content_block":)" + bad),
           "event: message_stop\ndata: {\"type\":\"content_block_start\",\"index\":0,"
           "\"content_block\":{\"type\":\"text\",\"text\":\"K0_arg\"}}\n\n",
           event("message_stop", R"("content_block":)" + bad),
           event("completion", R"("completion":"K0_arg")"),
           event("content_block_start", R"("index":0)"),
           start(0, R"({"type":"tool_use","id":"K0_id","name":"K0_name","input":"K0_arg"})"),
           start(0, R"({"type":"tool_use","id":"K0_id","name":"K0_name","input":[1]})"),
           start(0, R"({"type":"tool_use","id":7,"name":"K0_name","input":{}})"),
           start(0, R"({"type":"tool_use","id":"K0_id","name":"","input":{}})"),
           start(0,
                 R"({"type":"tool_use","id":"K0_id","name":"navigate","toolset_name":"browser","input":{}})"),
           start(0, R"({"type":"text","text":"","input":{"K0_arg":1}})"),
           start(0, R"({"type":"tool_use","id":"K0_id","name":"K0_name","input":{"a":"K0_arg"}})") +
               json_piece(0, "{}") + stop(0),
           call_start(0, 0) + delta(0, R"({"type":"text_delta","text":"K0_arg"})"),
           call_start(0, 0) + delta(0, R"({"type":"input_json_delta","partial_json":{"K0_arg":1}})"),
           call_start(0, 0) + delta(0, R"({"type":"input_json_delta","partial_json":"{}","input":"K0_arg"})"),
           call_start(0, 0) + call_start(0, 0),
           call_start(0, 0) + end("tool_use"),
           start(0, R"({"type":"text","text":""})") + json_piece(0, "K0_arg"),
           start(0, R"({"type":"text","text":""})") + delta(0, R"({"type":"new_delta","K0_arg":1})"),
           json_piece(0, "K0_arg"),
           stop(0),
           begin("m2"),
           "data: {\"type\":\n\n",
           "data: {\"type\":\"ping\",\"type\":\"content_block_start\",\"content_block\":" + bad + "}\n\n",
       }) {
    const Outcome outcome = play(
        kMessages, kRequest, {begin() + bytes + event("message_stop", "")}, [](const auto&) { return true; },
        [] { return SIZE_MAX; });
    EXPECT_NE(outcome.error, "") << bytes;
    EXPECT_EQ(outcome.out.find("K0"), std::string::npos) << bytes;
  }
  const std::string content = R"(event: message_start)"
                              "\n"
                              R"(data: {"type":"message_start","message":{"id":"x","content":)";
  for (const std::string& given :
       {"[" + bad + "]", std::string("\"K0_arg\""), std::string("{\"K0_arg\":1}")}) {
    const Outcome outcome = play(
        kMessages, kRequest, {content + given + "}}\n\n" + event("message_stop", "")},
        [](const auto&) { return true; }, [] { return SIZE_MAX; });
    EXPECT_NE(outcome.error, "") << given;
    EXPECT_EQ(outcome.out, "");
  }
}

// Every content block of the published schema (2026-11, the beta part included), on purpose.
TEST(MessagesReply, EveryBlockTypeIsKnown) {
  struct Row {
    std::string block;
    bool passes;
  };
  for (const Row& row : std::vector<Row>{
           {R"({"type":"text","text":"x"})", true},
           {R"({"type":"thinking","thinking":"x","signature":"y"})", true},
           {R"({"type":"redacted_thinking","data":"x"})", true},
           {R"({"type":"tool_use","id":"a","name":"b","input":{}})", true},
           {R"({"type":"tool_use","id":"a","name":"b","input":{},"caller":{"type":"direct"}})", true},
           {R"({"type":"compaction","content":"x","encrypted_content":null})", true},
           {R"({"type":"fallback","from":{"model":"a"},"to":{"model":"b"},"trigger":{"type":"refusal"}})",
            true},
           {R"({"type":"server_tool_use","id":"a","name":"web_search","input":{}})", false},
           {R"({"type":"mcp_tool_use","id":"a","name":"b","server_name":"s","input":{}})", false},
           {R"({"type":"mcp_tool_result","tool_use_id":"a","content":[]})", false},
           {R"({"type":"mcp_tool_listing","mcp_server_name":"s","tools":[]})", false},
           {R"({"type":"web_search_tool_result","tool_use_id":"a","content":[]})", false},
           {R"({"type":"web_fetch_tool_result","tool_use_id":"a","content":{}})", false},
           {R"({"type":"code_execution_tool_result","tool_use_id":"a","content":{}})", false},
           {R"({"type":"bash_code_execution_tool_result","tool_use_id":"a","content":{}})", false},
           {R"({"type":"text_editor_code_execution_tool_result","tool_use_id":"a","content":{}})", false},
           {R"({"type":"tool_search_tool_result","tool_use_id":"a","content":{}})", false},
           {R"({"type":"advisor_tool_result","tool_use_id":"a","content":{}})", false},
           {R"({"type":"container_upload","file_id":"f"})", false},
           {R"({"type":"tool_use","id":"a","name":"navigate","toolset_name":"browser","input":{}})", false},
           {R"({"type":"tool_result","tool_use_id":"a","content":"x"})", false},
           {R"({"type":"image"})", false},
           {R"({"type":"brand_new"})", false},
           {R"({})", false},
       }) {
    const auto allow = [](const auto&) { return true; };
    const auto pieces = [] { return SIZE_MAX; };
    const std::string stream = begin() + start(0, row.block) + stop(0) + end("end_turn");
    const std::string whole = R"({"id":"m1","type":"message","role":"assistant","content":[)" + row.block +
                              R"(],"stop_reason":"end_turn","usage":{"output_tokens":1}})";
    const Outcome streamed = play(kMessages, kRequest, {stream}, allow, pieces);
    const Outcome once = play(kMessages, kWholeRequest, {whole}, allow, pieces);
    EXPECT_EQ(streamed.error.empty(), row.passes) << row.block << streamed.error;
    EXPECT_EQ(once.error.empty(), row.passes) << row.block << once.error;
    if (row.passes) {
      EXPECT_EQ(streamed.out, stream);
      EXPECT_EQ(once.out, whole);
      continue;
    }
    EXPECT_EQ(once.out, "");
    if (row.block.find("toolset") == std::string::npos && row.block.find("tool_use\"") == std::string::npos) {
      const Outcome let =
          play(kMessages, kRequest, {stream}, allow, pieces, {.unknown_items_untrusted = true});
      EXPECT_EQ(let.error, "") << row.block;
    }
  }
}

std::string whole(const std::string& content, const std::string& reason = "tool_use") {
  return R"({ "id":"m1","type":"message","role":"assistant","content":)" + content + R"(,"stop_reason":")" +
         reason +
         R"(","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":5}})"
         "\n";
}
std::string block(int n) {
  const std::string k = "K" + std::to_string(n);
  return R"({"type":"tool_use","id":")" + k + R"(_id","name":")" + k + R"(_name","input":{"v":")" + k +
         R"(_arg"}})";
}

TEST(MessagesWhole, MessagesAndVerdicts) {
  const std::string think = R"({"type":"thinking","thinking":"t","signature":"c2ln"})";
  const std::string said = R"({"type":"text","text":"said"})";
  struct Row {
    std::string bytes;
    int calls;
    std::string text;
  };
  for (const Row& row : std::vector<Row>{
           {whole("[" + said + "]", "end_turn"), 0, "said"},
           {whole("[" + block(0) + "]"), 1, ""},
           {whole("[" + think + " , " + said + "," + block(0) + "," + block(1) + "]"), 2, "said"},
           {whole("[" + block(0) + "," + said + "," + block(1) + "," + block(2) + "]"), 3, "said"}}) {
    for (unsigned mask = 0; mask < 1U << row.calls; ++mask) {
      const Outcome outcome = play(
          kMessages, kWholeRequest, {row.bytes},
          [&](const auto& c) { return (mask >> number_of(c) & 1) != 0; }, [] { return size_t{17}; });
      ASSERT_EQ(outcome.error, "");
      const Seen seen = testing::read_messages_whole(outcome.out);
      EXPECT_EQ(seen.problem, "") << outcome.out;
      size_t kept = 0;
      for (int i = 0; i < row.calls; ++i) {
        if ((mask >> i & 1) == 0) {
          expect_absent(outcome.out, i, row.bytes);
        } else {
          ASSERT_GT(seen.calls.size(), kept);
          EXPECT_EQ(number_of(seen.calls[kept++]), i);
        }
      }
      EXPECT_EQ(seen.calls.size(), kept);
      if (kept == static_cast<size_t>(row.calls)) {
        EXPECT_EQ(outcome.out, row.bytes);
      } else {
        EXPECT_EQ(seen.reason, kept == 0 ? "end_turn" : "tool_use");
      }
      if (!row.text.empty()) {
        EXPECT_EQ(seen.text, row.text);
      } else if (kept == 0) {
        EXPECT_TRUE(seen.text.starts_with("(weir stopped"));
      }
      expect_same_message(seen, outcome, row.bytes);
    }
  }
}

TEST(MessagesWhole, TwoRoundsAreOneMessage) {
  std::string second = whole(R"([{"type":"text","text":"Then not."}])", "end_turn");
  second.replace(second.find("m1"), 2, "m2");
  const Outcome outcome = play(
      kMessages, kWholeRequest, {whole(R"([{"type":"text","text":"Hm."},)" + block(0) + "]"), second},
      [](const auto&) { return false; }, [] { return SIZE_MAX; });
  ASSERT_EQ(outcome.error, "");
  const Seen seen = testing::read_messages_whole(outcome.out);
  EXPECT_EQ(seen.text, "Hm.Then not.");
  EXPECT_EQ(seen.id, "m1");
  EXPECT_EQ(seen.output_tokens, 10);
  EXPECT_EQ(seen.reason, "end_turn");
  expect_absent(outcome.out, 0, "rounds");
  expect_same_message(seen, outcome, "rounds");
}

TEST(MessagesStream, CallsAtTheLimitAndPast) {
  for (const size_t count : {limits::kCallsPerTurnMax, limits::kCallsPerTurnMax + 1}) {
    std::string bytes = begin();
    for (size_t i = 0; i < count; ++i) bytes += call(static_cast<int>(i), 0);
    const Outcome outcome = play(
        kMessages, kRequest, {bytes + end("tool_use")}, [](const auto&) { return true; },
        [] { return SIZE_MAX; });
    EXPECT_EQ(outcome.error.empty(), count == limits::kCallsPerTurnMax) << outcome.error;
  }
}

TEST(MessagesStream, HeldBytesAtTheLimitAndPast) {
  const std::string piece(limits::kHeldCallBytesMax / 4, ' ');
  const size_t head = std::string(R"({"type":"tool_use","id":"K0_id","name":"K0_name","input":{}})").size();
  for (const size_t more : {size_t{0}, size_t{1}}) {
    const std::string last(limits::kHeldCallBytesMax - 3 * piece.size() - head + more, ' ');
    const Outcome outcome = play(
        kMessages, kRequest,
        {begin() + call_start(0, 0) + json_piece(0, piece) + json_piece(0, piece) + json_piece(0, piece) +
         json_piece(0, last) + stop(0) + end("tool_use")},
        [](const auto&) { return false; }, [] { return size_t{1} << 20; });
    EXPECT_EQ(outcome.error.empty(), more == 0) << outcome.error;
  }
}

TEST(MessagesStream, UpstreamsErrorPassesAndDropsWhatWasNotWhole) {
  const std::string error =
      "event: error\ndata: "
      "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n";
  const Outcome outcome = play(
      kMessages, kRequest, {begin() + call_start(0, 0) + json_piece(0, "{}") + error},
      [](const auto&) { return true; }, [] { return SIZE_MAX; });
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.out, begin() + error);
}

}  // namespace
}  // namespace weir::wire

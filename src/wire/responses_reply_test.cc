// Responses replies: real-shaped streams × chunkings × verdicts.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "wire/responses_samples.h"

namespace weir::wire {
namespace {

using testing::Outcome;
using testing::play;
using testing::Seen;
using namespace testing::responses;  // NOLINT

const auto kAll = [] { return SIZE_MAX; };

void check(const Stream& stream, unsigned mask, const testing::Pieces& pieces, const std::string& where) {
  const Outcome outcome = play(
      kResponses, kRequest, {stream.bytes}, [&](const auto& c) { return (mask >> number_of(c) & 1) != 0; },
      pieces);
  ASSERT_EQ(outcome.error, "") << where;
  ASSERT_EQ(outcome.calls.size(), static_cast<size_t>(stream.calls)) << where;
  std::string read = outcome.out;
  if (const size_t done = read.find("data: [DONE]"); done != std::string::npos) read.resize(done);
  const Seen seen = testing::read_responses_stream(read);
  EXPECT_EQ(seen.problem, "") << where << outcome.out;
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
    EXPECT_EQ(number_of(seen.calls[i]), kept[i]) << where;
    EXPECT_NE(seen.calls[i].arguments.find("K" + std::to_string(kept[i]) + "_arg"), std::string::npos)
        << where;
  }
  if (kept.empty() && stream.calls > 0 && stream.text.empty()) {
    EXPECT_TRUE(seen.text.starts_with("(weir stopped")) << where << outcome.out;
  } else {
    EXPECT_EQ(seen.text, stream.text) << where;
  }
  if (kept.size() == static_cast<size_t>(stream.calls)) {
    EXPECT_EQ(outcome.out, stream.bytes) << where;
    EXPECT_FALSE(outcome.shadow.has_value());
  } else {
    ASSERT_TRUE(outcome.shadow.has_value());
    // The upstream sees its own items, sealed thoughts and all, and why a call came to nothing.
    const auto items = json::parse("[" + outcome.shadow->replacement + "]");
    ASSERT_TRUE(items.has_value()) << outcome.shadow->replacement;
    EXPECT_EQ(outcome.shadow->prepend_blocks + outcome.shadow->insert_after, "");
    for (int i = 0; i < stream.calls; ++i) {
      const std::string id = "K" + std::to_string(i) + "_id";
      size_t told = 0;
      size_t made = 0;
      for (const json::Value item : items->root().elements()) {
        if (item["call_id"].string_or("") != id) continue;
        ++(item["type"].string_or("").ends_with("_output") ? told : made);
      }
      EXPECT_EQ(made, 1U) << where;
      EXPECT_EQ(told, (mask >> i & 1) != 0 ? 0U : 1U) << where << outcome.shadow->replacement;
    }
    EXPECT_EQ(outcome.shadow->replacement.find("c2ln") != std::string::npos,
              stream.bytes.find("c2ln") != std::string::npos);
  }
  expect_same_message(seen, outcome, where);
}

TEST(ResponsesStream, StreamsChunkingsVerdicts) {
  for (const Stream& stream : streams()) {
    for (unsigned mask = 0; mask < 1U << stream.calls; ++mask) {
      int chunking = 0;
      for (const testing::Pieces& pieces : chunkings())
        check(stream, mask, pieces,
              stream.name + " mask " + std::to_string(mask) + " " + std::to_string(chunking++) + "\n");
    }
  }
}

TEST(ResponsesStream, TwoRoundsAreOneResponse) {
  for (const bool talks : {false, true}) {
    Made first;
    first.reasoning();
    if (talks) first.text("Hm.");
    const std::string bytes = first.call(0).end();
    const std::string second = Made("r2").text("Then not.").end();
    for (const testing::Pieces& pieces : chunkings()) {
      const Outcome outcome =
          play(kResponses, kRequest, {bytes, second}, [](const auto&) { return false; }, pieces);
      ASSERT_EQ(outcome.error, "");
      const Seen seen = testing::read_responses_stream(outcome.out);
      EXPECT_EQ(seen.problem, "") << outcome.out;
      EXPECT_EQ(seen.id, "r1");
      EXPECT_EQ(seen.text, talks ? "Hm.Then not." : "Then not.");
      EXPECT_EQ(seen.reason, "completed");
      EXPECT_EQ(seen.output_tokens, 10);
      expect_absent(outcome.out, 0, "rounds");
      ASSERT_EQ(outcome.bodies.size(), 1U);
      const auto body = parse_request(kResponses, outcome.bodies[0], {});
      ASSERT_TRUE(body.has_value()) << outcome.bodies[0];
      ASSERT_EQ(body->request.messages.size(), 3U);
      EXPECT_EQ(std::get<exchange::Result>(body->request.messages[2].parts[0]).texts[0], "denied 0");
      ASSERT_TRUE(outcome.shadow.has_value());
      // What follows is what the upstream has seen already.
      EXPECT_NE(outcome.bodies[0].find(outcome.shadow->replacement.substr(
                    0, outcome.shadow->replacement.find(R"(,{"id":"msg_0")"))),
                std::string::npos)
          << outcome.shadow->replacement;
      expect_same_message(seen, outcome, "rounds");
    }
  }
}

TEST(ResponsesStream, ANextRoundOfWhatIsNotStored) {
  // The provider knows a thought again only by what is sealed in it; without, it goes, and the ids that name
  // it.
  std::string bytes = Made().reasoning().call(0).end();
  const auto round = [&](const std::string& store) {
    const Outcome outcome = play(
        kResponses, R"({"model":"m","stream":true,)" + store + R"("input":"hi"})",
        {bytes, Made("r2").text("ok").end()}, [](const auto&) { return false; }, kAll);
    EXPECT_EQ(outcome.error, "");
    return outcome.bodies.at(0);
  };
  EXPECT_NE(round(R"("store":false,)").find("rs_0"), std::string::npos);
  for (size_t at = 0; (at = bytes.find(R"("encrypted_content":"c2ln",)", at)) != std::string::npos;)
    bytes.erase(at, std::string(R"("encrypted_content":"c2ln",)").size());
  EXPECT_NE(round("").find("rs_0"), std::string::npos);
  const std::string bare = round(R"("store":false,)");
  EXPECT_EQ(bare.find("rs_0"), std::string::npos) << bare;
  EXPECT_EQ(bare.find("K0_item"), std::string::npos) << bare;
  EXPECT_NE(
      bare.find(
          R"("input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]},)"),
      std::string::npos)
      << bare;
}

TEST(ResponsesStream, EveryCutIsAnErrorAndNothingOfTheCallLeaves) {
  Made made;
  made.text("t");
  const std::string bytes = made.call(0).end();
  const size_t called = made.bytes.size() - 2;
  for (size_t size = 0; size + 2 < bytes.size(); ++size) {
    const Outcome outcome =
        play(kResponses, kRequest, {bytes.substr(0, size)}, [](const auto&) { return true; }, kAll);
    EXPECT_NE(outcome.error, "") << size;
    if (size < called) {
      EXPECT_EQ(outcome.out.find("K0"), std::string::npos) << size;
    }
  }
}

// Each could be a call to some client and is none to another, or is nothing that weir knows.
TEST(ResponsesStream, RefusesWhatCouldBeACall) {
  Made made;
  const std::string at = made.at() + ",";
  const std::string item =
      R"({"type":"function_call","id":"i","call_id":"K0_id","name":"K0_name","arguments":)";
  const auto event = [](const std::string& type, const std::string& rest) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + rest + "}\n\n";
  };
  const auto added = [&](const std::string& raw) {
    return event("response.output_item.added", at + "\"item\":" + raw);
  };
  const auto done = [&](const std::string& raw) {
    return event("response.output_item.done", at + "\"item\":" + raw);
  };
  const auto delta = [&](const std::string& raw) {
    return event("response.function_call_arguments.delta", at + R"("item_id":"i","delta":)" + raw);
  };
  const std::string full = item + R"("{\"v\":\"K0_arg\"}"})";
  const std::string empty = item + R"(""})";
  const std::string message = R"({"type":"message","id":"i","role":"assistant","content":[]})";
  for (
      const std::string& bytes : std::vector<std::string>{
          "event: keepalive\ndata: {\"type\":\"response.output_item.added\"," + at + "\"item\":" + full +
              "}\n\n",
          "event: response.output_item.added\ndata: {\"type\":\"keepalive\"," + at + "\"item\":" + full +
              "}\n\n",
          "data: {\"item\":" + full + "}\n\n",
          event("response.output_item.added", at + "\"item\":" + message + R"(,"function_call":)" + full),
          added(R"({"type":"message","id":"i","role":"assistant","content":[],"tool_calls":[)" + full + "]}"),
          added(R"({"type":"message","id":"i","role":"user","content":"K0_arg"})"),
          added(R"({"type":"message","id":"i","role":"assistant","content":[{"type":"tool","x":"K0_arg"}]})"),
          added(R"({"type":"brand_new","id":"i","x":"K0_arg"})"),
          added(R"({"type":"mcp_call","id":"i","arguments":"K0_arg"})"),
          added(R"({"type":"mcp_approval_request","id":"i","arguments":"K0_arg"})"),
          added(
              R"({"type":"shell_call","id":"i","call_id":"K0_id","environment":{"type":"container_auto"},"action":{"commands":["K0_arg"]}})"),
          added("\"K0_arg\""),
          added(empty) + added(empty),
          added(empty) + delta(R"("{\"w\":\"K0_arg\"}")") + done(full),
          added(full) + delta(R"("{}")") + done(full),
          added(item + R"("{}"})") + done(full),
          added(empty) + event("response.function_call_arguments.done", at + R"("arguments":"K0_arg")") +
              done(full),
          added(empty) +
              event("response.function_call_arguments.done",
                    at + R"("name":"K0_other","arguments":"{\"v\":\"K0_arg\"}")") +
              done(full),
          added(empty) + delta(R"({"K0_arg":1})") + done(full),
          added(empty) + event("response.output_text.delta", at + R"("delta":"K0_arg")"),
          added(R"({"type":"function_call","id":"i","call_id":"K0_id","name":"K0_else","arguments":""})") +
              done(full),
          added(R"({"type":"function_call","id":"i","call_id":"K0_more","name":"K0_name","arguments":""})") +
              done(full),
          added(message) + done(full),
          added(empty) + done(message),
          done(R"({"type":"function_call","id":"i","call_id":"","name":"K0_name","arguments":"{}"})"),
          done(R"({"type":"function_call","id":"i","name":"K0_name","arguments":"{}"})"),
          done(R"({"type":"function_call","id":"i","call_id":"K0_id","name":"","arguments":"{}"})"),
          done(
              R"({"type":"function_call","id":"i","call_id":"K0_id","name":"K0_name","arguments":{"K0_arg":1}})"),
          done(
              R"({"type":"function_call","id":"i","call_id":"K0_id","name":"K0_name","namespace":7,"arguments":"{}"})"),
          done(R"({"type":"shell_call","id":"i","call_id":"K0_id","action":"K0_arg"})"),
          delta("\"K0_arg\""),
          added(message) + delta("\"K0_arg\""),
          added(message) +
              event("response.content_part.added", at + R"("part":{"type":"tool_use","x":"K0_arg"})"),
          added(message) + event("response.output_text.delta", at + R"("delta":{"K0_arg":1})"),
          event("response.brand_new.delta", at + R"("delta":"K0_arg")"),
          event("response.mcp_call_arguments.done", at + R"("arguments":"K0_arg")"),
          event("response.web_search_call.completed", at + R"("item_id":"K0_id")"),
          event("response.completed", R"("response":{"output":[)" + full + "]}"),
          event("response.completed", R"("response":{"output":[],"tool_calls":[)" + full + "]}"),
          event("response.created", R"("response":{"output":[)" + full + "]}"),
          event("response.in_progress", R"("response":{"choices":[)" + full + "]}"),
          "data: {\"type\":\n\n",
          "data: {\"type\":\"keepalive\",\"type\":\"response.output_item.done\",\"item\":" + full + "}\n\n",
      }) {
    const Outcome outcome = play(
        kResponses, kRequest,
        {made.bytes + bytes + event("response.completed", R"("response":{"output":[]})")},
        [](const auto&) { return true; }, kAll);
    EXPECT_NE(outcome.error, "") << bytes;
    EXPECT_EQ(outcome.out.find("K0"), std::string::npos) << bytes;
  }
}

// Where two clients would put a call together from different events, it is written once and whole.
TEST(ResponsesStream, WhatClientsReadDifferentlyIsWrittenAnew) {
  Made made;
  const auto event = [](const std::string& type, const std::string& rest) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + rest + "}\n\n";
  };
  const std::string full =
      R"({"type":"function_call","id":"i","call_id":"K0_id","name":"K0_name","arguments":"{\"v\":\"K0_arg\"}"})";
  const std::string start =
      "event: response.created\ndata: "
      "{\"type\":\"response.created\",\"response\":{\"id\":\"r1\",\"output\":[]}}\n\n";
  const std::string end =
      event("response.completed", R"("response":{"id":"r1","status":"completed","output":[)" + full + "]}");
  for (
      const std::string& bytes : std::vector<std::string>{
          // No pieces, no beginning, or a beginning without a name.
          event(
              "response.output_item.added",
              R"("output_index":0,"item":{"type":"function_call","id":"i","call_id":"K0_id","name":"K0_name","arguments":""})") +
              event("response.output_item.done", R"("output_index":0,"item":)" + full),
          event("response.output_item.done", R"("output_index":0,"item":)" + full),
          event("response.output_item.added",
                R"("output_index":0,"item":{"type":"function_call","id":"i","arguments":""})") +
              event("response.function_call_arguments.delta",
                    R"("output_index":0,"item_id":"i","delta":"{\"v\":\"K0_arg\"}")") +
              event("response.output_item.done", R"("output_index":0,"item":)" + full)}) {
    const Outcome outcome =
        play(kResponses, kRequest, {start + bytes + end}, [](const auto&) { return true; }, kAll);
    ASSERT_EQ(outcome.error, "") << bytes;
    const Seen seen = testing::read_responses_stream(outcome.out);
    EXPECT_EQ(seen.problem, "") << outcome.out;
    ASSERT_EQ(seen.calls.size(), 1U);
    EXPECT_EQ(seen.calls[0].arguments, R"({"v":"K0_arg"})");
  }
}

// A server that numbers neither events nor items.
TEST(ResponsesStream, WithoutNumbers) {
  std::string bytes = Made().text("t").call(0).call(1, true).end();
  for (const std::string_view key : {R"("sequence_number":)", R"("output_index":)", R"("content_index":)"}) {
    for (size_t at = 0; (at = bytes.find(key)) != std::string::npos;)
      bytes.erase(at, bytes.find(',', at) + 1 - at);
  }
  for (unsigned mask = 0; mask < 4; ++mask) {
    const Outcome outcome = play(
        kResponses, kRequest, {bytes}, [&](const auto& c) { return (mask >> number_of(c) & 1) != 0; }, kAll);
    ASSERT_EQ(outcome.error, "");
    EXPECT_EQ(outcome.calls.size(), 2U);
    for (int i = 0; i < 2; ++i) {
      if ((mask >> i & 1) == 0) expect_absent(outcome.out, i, outcome.out);
    }
    if (mask == 3) {
      EXPECT_EQ(outcome.out, bytes);
    }
  }
}

TEST(ResponsesStream, CallsAtTheLimitAndPast) {
  for (const size_t count : {limits::kCallsPerTurnMax, limits::kCallsPerTurnMax + 1}) {
    Made made;
    for (size_t i = 0; i < count; ++i) made.call(0);
    const Outcome outcome = play(kResponses, kRequest, {made.end()}, [](const auto&) { return true; }, kAll);
    EXPECT_EQ(outcome.error.empty(), count == limits::kCallsPerTurnMax) << outcome.error;
  }
}

TEST(ResponsesStream, AnErrorAndABrokenOffResponseDropWhatWasNotWhole) {
  Made made;
  const std::string begun = made.bytes;
  const std::string item =
      R"({"type":"function_call","id":"i","call_id":"K0_id","name":"K0_name","arguments":)";
  made.bytes += made.event("response.output_item.added", made.at() + ",\"item\":" + item + R"(""})");
  made.bytes +=
      made.event("response.function_call_arguments.delta", made.at() + R"(,"item_id":"i","delta":"K0_arg")");
  const std::string error = "event: error\ndata: {\"type\":\"error\",\"code\":\"x\",\"message\":\"y\"}\n\n";
  const Outcome failed =
      play(kResponses, kRequest, {made.bytes + error}, [](const auto&) { return true; }, kAll);
  EXPECT_EQ(failed.error, "");
  EXPECT_EQ(failed.out, begun + error);
  const Outcome cut = play(
      kResponses, kRequest,
      {made.bytes +
       "event: response.incomplete\ndata: {\"type\":\"response.incomplete\",\"sequence_number\":4,"
       "\"response\":{\"id\":\"r1\",\"output\":[" +
       item + "\"K0_arg\"}]}}\n\n"},
      [](const auto&) { return true; }, kAll);
  EXPECT_EQ(cut.error, "");
  EXPECT_EQ(cut.out,
            begun +
                "event: response.incomplete\ndata: {\"type\":\"response.incomplete\",\"sequence_number\":2,"
                "\"response\":{\"id\":\"r1\",\"output\":[]}}\n\n");
}

std::string whole(const std::string& output, const std::string& status = "completed") {
  return R"({ "id":"r1","object":"response","status":")" + status + R"(","output":)" + output +
         R"(,"usage":{"input_tokens":3,"output_tokens":5,"total_tokens":8}})"
         "\n";
}
std::string call_item(int n) {
  const std::string k = "K" + std::to_string(n);
  return R"({"type":"function_call","id":")" + k + R"(_item","call_id":")" + k + R"(_id","name":")" + k +
         R"(_name","arguments":"{\"v\":\")" + k + R"(_arg\"}"})";
}

TEST(ResponsesWhole, ItemsAndVerdicts) {
  const std::string think = R"({"type":"reasoning","id":"rs","summary":[],"encrypted_content":"c2ln"})";
  const std::string said =
      R"({"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"output_text","text":"said","annotations":[]}]})";
  struct Row {
    std::string bytes;
    int calls;
    std::string text;
  };
  for (const Row& row : std::vector<Row>{
           {whole("[" + said + "]"), 0, "said"},
           {whole("[" + call_item(0) + "]"), 1, ""},
           {whole("[" + shell_call(0) + "," + patch_call(1) + "]"), 2, ""},
           {whole("[" + think + " , " + said + "," + call_item(0) + "," + call_item(1) + "]"), 2, "said"},
           {whole("[" + call_item(0) + "," + said + "," + call_item(1) + "," + call_item(2) + "]"), 3,
            "said"}}) {
    for (unsigned mask = 0; mask < 1U << row.calls; ++mask) {
      const Outcome outcome = play(
          kResponses, kWholeRequest, {row.bytes},
          [&](const auto& c) { return (mask >> number_of(c) & 1) != 0; }, [] { return size_t{17}; });
      ASSERT_EQ(outcome.error, "");
      const Seen seen = testing::read_responses_whole(outcome.out);
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

TEST(ResponsesWhole, TwoRoundsAreOneResponse) {
  std::string second = whole(
      R"([{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"Then not."}]}])");
  second.replace(second.find("r1"), 2, "r2");
  const Outcome outcome = play(
      kResponses, kWholeRequest,
      {whole(
           R"([{"type":"message","id":"n","role":"assistant","content":[{"type":"output_text","text":"Hm."}]},)" +
           call_item(0) + "]"),
       second},
      [](const auto&) { return false; }, kAll);
  ASSERT_EQ(outcome.error, "");
  const Seen seen = testing::read_responses_whole(outcome.out);
  EXPECT_EQ(seen.text, "Hm.Then not.");
  EXPECT_EQ(seen.id, "r1");
  EXPECT_EQ(seen.output_tokens, 10);
  EXPECT_NE(outcome.out.find(R"("total_tokens":13)"), std::string::npos);
  expect_absent(outcome.out, 0, "rounds");
  expect_same_message(seen, outcome, "rounds");
}

}  // namespace
}  // namespace weir::wire

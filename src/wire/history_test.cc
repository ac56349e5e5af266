// What the upstream is sent next is a conversation that its API takes: every call has its result, and the
// planner sees what it really did. And what nobody held flows at once.
#include <gtest/gtest.h>

#include <set>

#include "wire/testing.h"

namespace weir::wire {
namespace {

using exchange::Dialect;

const std::string kSse = "data: [DONE]\n\n";

std::string chat_reply(bool stream, char round, int calls, bool text) {
  std::string list;
  for (int i = 0; i < calls; ++i) {
    const std::string k = std::string(1, round) + std::to_string(i);
    list += (i == 0 ? "" : ",") + (stream ? R"({"index":)" + std::to_string(i) + "," : std::string("{")) +
            R"("id":"id_)" + k + R"(","type":"function","function":{"name":"f","arguments":"{}"}})";
  }
  const std::string said = std::string(R"("role":"assistant","content":)") + (text ? "\"said\"" : "null");
  const std::string held = calls > 0 ? R"("tool_calls":[)" + list + "]" : "";
  const std::string reason = calls > 0 ? R"("tool_calls")" : R"("stop")";
  if (!stream)
    return R"({"id":"c","choices":[{"index":0,"message":{)" + said + (calls > 0 ? "," : "") + held +
           R"(},"finish_reason":)" + reason + "}]}";
  const auto chunk = [](const std::string& delta, const std::string& finish) {
    return R"(data: {"id":"c","choices":[{"index":0,"delta":{)" + delta + R"(},"finish_reason":)" + finish +
           "}]}\n\n";
  };
  return chunk(said, "null") + (calls > 0 ? chunk(held, "null") : "") + chunk("", reason) + kSse;
}

std::string event(const std::string& type, const std::string& rest) {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + rest + "}\n\n";
}

std::string messages_reply(bool stream, char round, int calls, bool text) {
  std::vector<std::string> blocks{R"({"type":"thinking","thinking":"hm","signature":"sig_)" +
                                  std::string(1, round) + "\"}"};
  if (text) blocks.emplace_back(R"({"type":"text","text":"said"})");
  for (int i = 0; i < calls; ++i) {
    blocks.push_back(R"({"type":"tool_use","id":"id_)" + std::string(1, round) + std::to_string(i) +
                     R"(","name":"f","input":{}})");
  }
  const std::string reason = calls > 0 ? R"("tool_use")" : R"("end_turn")";
  std::string out;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const std::string at = R"(,"index":)" + std::to_string(i);
    out += stream ? event("content_block_start", at + R"(,"content_block":)" + blocks[i]) +
                        event("content_block_stop", at)
                  : (i == 0 ? "" : ",") + blocks[i];
  }
  if (!stream)
    return R"({"id":"m","role":"assistant","content":[)" + out + R"(],"stop_reason":)" + reason + "}";
  return event("message_start", R"(,"message":{"id":"m","content":[]})") + out +
         event("message_delta", R"(,"delta":{"stop_reason":)" + reason + "}") + event("message_stop", "");
}

// Every call is answered in the very next message (or messages, of role tool), nothing else is, and for
// Messages user and assistant alternate.
void expect_sound(const exchange::Request& request, const std::string& where) {
  std::set<std::string> open;
  std::optional<exchange::Role> before;
  for (const exchange::Message& message : request.messages) {
    if (request.dialect == Dialect::messages) {
      EXPECT_NE(message.role, before) << where;
      before = message.role;
    }
    EXPECT_FALSE(message.parts.empty()) << where;
    for (const exchange::Part& part : message.parts) {
      const auto* result = std::get_if<exchange::Result>(&part);
      if (result != nullptr) {
        EXPECT_EQ(open.erase(result->call_id), 1U) << where << result->call_id;
      }
      if (const auto* call = std::get_if<exchange::Call>(&part)) {
        EXPECT_TRUE(open.insert(call->id).second) << where << call->id;
      }
    }
    if (message.role == exchange::Role::user) {
      EXPECT_TRUE(open.empty()) << where;
    }
  }
  EXPECT_TRUE(open.empty()) << where;
}

struct Case {
  Dialect dialect;
  bool stream;
  std::vector<int> calls;  // of each round
  bool text;
  unsigned allow;  // of the last round, bit by call; earlier rounds are all denied
  bool seams;      // every second call that is not allowed was answered, and all the client gets is rewritten
};

const std::string kGiven = R"({"given":1})";

void check(const Case& c, const std::string& where) {
  const bool chat = c.dialect == Dialect::chat_completions;
  std::vector<std::string> replies;
  for (size_t i = 0; i < c.calls.size(); ++i) {
    const char round = static_cast<char>('a' + i);
    replies.push_back(chat ? chat_reply(c.stream, round, c.calls[i], c.text)
                           : messages_reply(c.stream, round, c.calls[i], c.text));
  }
  const char last = static_cast<char>('a' + c.calls.size() - 1);
  const auto answered = [&](const std::string& id) { return c.seams && (id[4] - '0') % 2 == 1; };
  const testing::Decide decide = [&](const exchange::Call& call) {
    const bool allow = call.id[3] == last && (c.allow >> (call.id[4] - '0') & 1) != 0;
    Verdict verdict{allow, "told", {}, answered(call.id)};
    if (c.seams) verdict.arguments = kGiven;
    return verdict;
  };
  const std::string user = R"({"role":"user","content":"hi"})";
  const std::string open =
      std::string(R"({"model":"m","stream":)") + (c.stream ? "true" : "false") + R"(,"messages":[)" + user;
  const auto outcome = testing::play(c.dialect, open + "]}", replies, decide, [] { return size_t{7}; },
                                     {.text_filters = testing::filters(c.seams ? "loud" : "none")});
  ASSERT_EQ(outcome.error, "") << where;
  for (const std::string& body : outcome.bodies) {
    const auto next = parse_request(c.dialect, body, {});
    ASSERT_TRUE(next.has_value()) << where << body;
    expect_sound(next->request, where + body);
    EXPECT_EQ(body.find(R"("signature":"sig_a")") == std::string::npos, chat) << body;
  }
  const testing::Seen seen =
      chat ? (c.stream ? testing::read_chat_stream(outcome.out) : testing::read_chat_whole(outcome.out))
           : (c.stream ? testing::read_messages_stream(outcome.out)
                       : testing::read_messages_whole(outcome.out));
  EXPECT_EQ(seen.problem, "") << where << outcome.out;
  for (const exchange::Call& call : seen.calls) EXPECT_EQ(call.arguments, c.seams ? kGiven : "{}") << where;
  // The client sends it back, with results of the calls that it got.
  std::string next = open + "," + seen.message;
  std::string blocks;
  for (const exchange::Call& call : seen.calls) {
    next += chat ? R"(,{"role":"tool","tool_call_id":")" + call.id + R"(","content":"done"})" : "";
    blocks += R"({"type":"tool_result","tool_use_id":")" + call.id + R"(","content":"done"},)";
  }
  next += chat ? "," + user : R"(,{"role":"user","content":[)" + blocks + R"({"type":"text","text":"go"}]})";
  const auto back = parse_request(c.dialect, next + "]}", {});
  ASSERT_TRUE(back.has_value()) << where << next << back.error().text();
  EXPECT_EQ(exchange::message_digest(back->request.messages[1]),
            exchange::message_digest(outcome.messages[0]))
      << where;
  std::vector<Edit> edits;
  if (outcome.shadow) {
    using Kind = Edit::Kind;
    if (!outcome.shadow->replacement.empty())
      edits.push_back({Kind::replace, 1, outcome.shadow->replacement});
    if (!outcome.shadow->insert_after.empty())
      edits.push_back({Kind::insert_after, 1, outcome.shadow->insert_after});
    if (!outcome.shadow->prepend_blocks.empty())
      edits.push_back({Kind::prepend_blocks, 2, outcome.shadow->prepend_blocks});
  }
  const std::string sent = back->write({.edits = edits});
  const auto truth = parse_request(c.dialect, sent, {});
  ASSERT_TRUE(truth.has_value()) << where << sent;
  expect_sound(truth->request, where + sent);
  size_t calls = 0;
  for (const int count : c.calls) calls += static_cast<size_t>(count);
  size_t told = 0;
  for (const exchange::Message& message : truth->request.messages) {
    for (const exchange::Part& part : message.parts) {
      if (const auto* call = std::get_if<exchange::Call>(&part)) {
        ++told;
        EXPECT_EQ(call->arguments, "{}") << where << sent;
      }
      const auto* result = std::get_if<exchange::Result>(&part);
      if (result != nullptr && result->texts.at(0) == "told" && !chat) {
        EXPECT_EQ(result->is_error, !answered(result->call_id)) << where << sent;
      }
    }
  }
  EXPECT_EQ(sent.find("SAID"), std::string::npos) << where << sent;
  EXPECT_EQ(told, calls) << where << sent;
}

TEST(History, EveryCallHasItsResultAndThePlannerSeesWhatItDid) {
  for (const Dialect dialect : {Dialect::chat_completions, Dialect::messages}) {
    for (const bool stream : {false, true}) {
      for (const bool text : {false, true}) {
        for (const std::vector<int>& calls :
             std::vector<std::vector<int>>{{0}, {1}, {3}, {1, 0}, {2, 2}, {1, 1, 3}}) {
          // An upstream that says nothing at all is not weir's to mend.
          if (calls == std::vector<int>{0} && !text) continue;
          for (unsigned allow = 0; allow < 2U << calls.back(); ++allow) {
            const bool seams = (allow & 1) != 0;
            std::string where = std::string(exchange::dialect_name(dialect)) +
                                (stream ? " stream" : " whole") + (text ? " text" : "") + " allow " +
                                std::to_string(allow / 2) + (seams ? " seams" : "") + " rounds";
            for (const int count : calls) where += " " + std::to_string(count);
            check({dialect, stream, calls, text, allow / 2, seams}, where + "\n");
          }
        }
      }
    }
  }
}

TEST(History, TextFlowsWhileACallIsHeld) {
  const auto feed = [](Dialect dialect, const std::vector<std::string>& events) {
    const std::string body = R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]})";
    const auto request = parse_request(dialect, body, {});
    const auto reply = make_reply(*request, body, {});
    std::vector<std::string> out;
    for (const std::string& bytes : events) {
      const auto step = reply->feed(bytes);
      EXPECT_TRUE(step.has_value());
      out.push_back(step ? step->out : "");
    }
    return out;
  };
  const auto chunk = [](const std::string& delta) {
    return R"(data: {"id":"c","choices":[{"index":0,"delta":{)" + delta + R"(},"finish_reason":null}]})" +
           "\n\n";
  };
  const std::string before = chunk(R"("content":"a")");
  const std::string call = chunk(
      R"("tool_calls":[{"index":0,"id":"i","type":"function","function":{"name":"f","arguments":"{}"}}])");
  EXPECT_EQ(feed(Dialect::chat_completions, {before, call, before}),
            (std::vector<std::string>{before, "", before}));

  const std::string start = event("message_start", R"(,"message":{"id":"m","content":[]})");
  const std::string text =
      event("content_block_start", R"(,"index":0,"content_block":{"type":"text","text":""})");
  const std::string more =
      event("content_block_delta", R"(,"index":0,"delta":{"type":"text_delta","text":"a"})");
  const std::string held =
      event("content_block_start",
            R"(,"index":1,"content_block":{"type":"tool_use","id":"i","name":"f","input":{}})");
  const std::string piece =
      event("content_block_delta", R"(,"index":1,"delta":{"type":"input_json_delta","partial_json":"{}"})");
  EXPECT_EQ(feed(Dialect::messages, {start, text, more, held, piece, event("ping", "")}),
            (std::vector<std::string>{start, text, more, "", "", event("ping", "")}));
}

// An upstream that says "tool_use" without a call said so itself.
TEST(History, AReasonThatNothingWasDeniedForStays) {
  for (const bool stream : {false, true}) {
    std::string bytes = messages_reply(stream, 'a', 0, true);
    bytes.replace(bytes.find("end_turn"), 8, "tool_use");
    const std::string request =
        std::string(R"({"model":"m","messages":[],"stream":)") + (stream ? "true}" : "false}");
    const auto outcome = testing::play(
        Dialect::messages, request, {bytes}, [](const auto&) { return false; }, [] { return 5; });
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(outcome.out, bytes);
  }
}

}  // namespace
}  // namespace weir::wire

// Messages replies through text filters, with other arguments, and with calls that weir answered.
#include <gtest/gtest.h>

#include "wire/messages_samples.h"

namespace weir::wire {
namespace {

using testing::filtered;
using testing::filters;
using testing::kAllow;
using testing::kAnswer;
using testing::kChange;
using testing::kDeny;
using testing::kept;
using testing::Outcome;
using testing::play;
using testing::Seen;
using testing::What;
using testing::what_of;
using namespace testing::messages;  // NOLINT

Verdict verdict_for(What what, int i) {
  return testing::verdict_on(what, i, R"({"given": ")" + std::to_string(i) + "\"}");
}

testing::Decide by(unsigned verdicts) {
  return [verdicts](const exchange::Call& call) {
    const int i = number_of(call);
    return verdict_for(what_of(verdicts, i), i);
  };
}

void expect_seen(const Seen& seen, const std::string& out, const std::string& text, int calls,
                 unsigned verdicts, const std::string& where) {
  size_t count = 0;
  bool denied = false;
  for (int i = 0; i < calls; ++i) {
    const What what = what_of(verdicts, i);
    denied = denied || what == kDeny;
    if (!kept(what)) {
      expect_absent(out, i, where);
      EXPECT_EQ(out.find("answer "), std::string::npos) << where;
      continue;
    }
    ASSERT_GT(seen.calls.size(), count) << where << out;
    const exchange::Call& call = seen.calls[count++];
    EXPECT_EQ(number_of(call), i) << where;
    const std::string own = "K" + std::to_string(i) + "_arg";
    if (what == kAllow) {
      EXPECT_NE(call.arguments.find(own), std::string::npos) << where;
    } else {
      EXPECT_EQ(call.arguments, *verdict_for(what, i).arguments) << where;
      EXPECT_EQ(out.find(own), std::string::npos) << where << out;
      EXPECT_EQ(out.find("K" + std::to_string(i) + "_\""), std::string::npos) << where << out;
    }
  }
  EXPECT_EQ(seen.calls.size(), count) << where << out;
  if (count == 0 && denied && text.empty()) {
    EXPECT_TRUE(seen.text.starts_with("(weir stopped")) << where << out;
    for (int i = 0; i < calls; ++i) {
      const bool named = seen.text.find("K" + std::to_string(i)) != std::string::npos;
      EXPECT_EQ(named, what_of(verdicts, i) == kDeny) << where << seen.text;
    }
  } else {
    EXPECT_EQ(seen.text, text) << where << out;
  }
}

void expect_same_message(const Seen& seen, const Outcome& outcome, const std::string& where) {
  const auto back = parse_request(kMessages, R"({"model":"m","messages":[)" + seen.message + "]}", {});
  ASSERT_TRUE(back.has_value()) << where << back.error().text() << seen.message;
  ASSERT_EQ(outcome.messages.size(), 1U);
  EXPECT_EQ(exchange::message_digest(back->request.messages[0]),
            exchange::message_digest(outcome.messages[0]))
      << where << seen.message;
}

// All text of the message, whatever stands between.
std::string words_of(const exchange::Message& message) {
  std::string all;
  for (const exchange::Part& part : message.parts) {
    if (const auto* text = std::get_if<exchange::Text>(&part)) all += text->text;
  }
  return all;
}

// The planner's own calls and text, whatever the client got; and what became of those that it did not get.
void expect_planners_own(const Shadow& shadow, const std::string& text, int calls, unsigned verdicts,
                         const std::string& where) {
  const auto request = parse_request(kMessages,
                                     R"({"model":"m","messages":[)" + shadow.replacement +
                                         R"(,{"role":"user","content":[)" + shadow.prepend_blocks + "]}]}",
                                     {});
  ASSERT_TRUE(request.has_value()) << where << shadow.replacement;
  EXPECT_EQ(words_of(request->request.messages[0]), text) << where;
  int found = 0;
  for (const exchange::Part& part : request->request.messages[0].parts) {
    const auto* call = std::get_if<exchange::Call>(&part);
    if (call == nullptr) continue;
    EXPECT_NE(call->arguments.find("K" + std::to_string(number_of(*call)) + "_arg"), std::string::npos)
        << where;
    ++found;
  }
  EXPECT_EQ(found, calls) << where;
  int told = 0;
  for (const exchange::Part& part : request->request.messages[1].parts) {
    const auto& result = std::get<exchange::Result>(part);
    const int i = result.call_id[1] - '0';
    EXPECT_EQ(result.is_error, what_of(verdicts, i) == kDeny) << where << shadow.prepend_blocks;
    EXPECT_EQ(result.texts.at(0), verdict_for(what_of(verdicts, i), i).why) << where;
    ++told;
  }
  for (int i = 0; i < calls; ++i) told -= kept(what_of(verdicts, i)) ? 0 : 1;
  EXPECT_EQ(told, 0) << where;
}

// What holds for a reply in either form.
void check(const std::string& request, const std::string& bytes, bool named, int calls,
           const std::string& text, const std::string& filter, unsigned verdicts, size_t size,
           const std::string& where) {
  const Outcome outcome = play(kMessages, request, {bytes}, by(verdicts), [size] { return size; },
                               {.text_filters = filters(filter)});
  ASSERT_EQ(outcome.error, "") << where;
  const bool stream = request == kRequest;
  const auto read = stream ? testing::read_messages_stream : testing::read_messages_whole;
  const Seen seen = read(outcome.out);
  if (named) {
    EXPECT_EQ(seen.problem, "") << where << outcome.out;
  }
  const std::string shown = filtered(filter, text);
  expect_seen(seen, outcome.out, shown, calls, verdicts, where);
  bool untouched = shown == text;
  bool any = false;
  for (int i = 0; i < calls; ++i) {
    untouched = untouched && what_of(verdicts, i) == kAllow;
    any = any || kept(what_of(verdicts, i));
  }
  const std::string sent = read(bytes).reason;
  EXPECT_EQ(seen.reason, sent == "tool_use" && !any ? "end_turn" : sent) << where;
  if (untouched && filter != "hoard" && filter != "loud") {
    EXPECT_EQ(outcome.out, bytes) << where;
  }
  ASSERT_EQ(outcome.shadow.has_value(), !untouched) << where;
  if (outcome.shadow) {
    expect_planners_own(*outcome.shadow, text, calls, verdicts, where);
    EXPECT_EQ(outcome.shadow->replacement.find("c2ln") != std::string::npos,
              bytes.find("c2ln") != std::string::npos);
  }
  expect_same_message(seen, outcome, where);
}

TEST(MessagesSeams, StreamsFiltersVerdicts) {
  for (const Stream& stream : streams()) {
    for (const std::string filter : {"none", "same", "loud", "hoard", "mute", "swap"}) {
      for (unsigned verdicts = 0; verdicts < 1U << (2 * stream.calls); ++verdicts) {
        const std::string where =
            stream.name + ", " + filter + ", verdicts " + std::to_string(verdicts) + "\n";
        for (const size_t size : {SIZE_MAX, size_t{1}, size_t{23}})
          check(kRequest, stream.bytes, stream.name != "no event fields", stream.calls, stream.text, filter,
                verdicts, size, where);
      }
    }
  }
}

TEST(MessagesSeams, WholeMessagesFiltersVerdicts) {
  const auto call_block = [](int n) {
    const std::string k = "K" + std::to_string(n);
    return R"({"type":"tool_use", "id":")" + k + R"(_id","name":")" + k + R"(_name","input":{"v":")" + k +
           R"(_arg"}})";
  };
  const std::string thinking = R"({"type":"thinking","thinking":"{{9}}","signature":"c2ln"})";
  const std::string words = R"({"text":"a {{1}} {","type":"text","citations":null})";
  struct Row {
    std::string content;
    int calls;
    std::string text;
  };
  for (const Row& row : std::vector<Row>{
           {words, 0, "a {{1}} {"},
           {call_block(0), 1, ""},
           {thinking + ", " + words + "," + call_block(0) + "," + call_block(1), 2, "a {{1}} {"},
           {thinking + "," + call_block(0) + " ," + call_block(1) + "," + call_block(2), 3, ""}}) {
    const std::string bytes = R"({"id":"m1","type":"message","role":"assistant","content":[ )" + row.content +
                              R"(],"stop_reason":")" + (row.calls > 0 ? "tool_use" : "end_turn") +
                              R"(","usage":{"output_tokens":5}})";
    for (const std::string filter : {"none", "same", "loud", "hoard", "mute", "swap"}) {
      for (unsigned verdicts = 0; verdicts < 1U << (2 * row.calls); ++verdicts)
        check(kWholeRequest, bytes, true, row.calls, row.text, filter, verdicts, 40,
              bytes + filter + std::to_string(verdicts) + "\n");
    }
  }
}

constexpr std::string_view kText = "a {{1}}{{22}} {x} {{{3}} {{4}";

TEST(MessagesSeams, TextCutAtEveryByte) {
  for (const bool at_start : {false, true}) {
    for (size_t a = 0; a <= kText.size(); ++a) {
      for (size_t b = a; b <= kText.size(); ++b) {
        const auto piece = [](std::string_view text) {
          return delta(0, R"({"type":"text_delta","text":)" + json::quote(text) + "}");
        };
        const std::string_view first = kText.substr(0, a);
        const std::string bytes = begin() +
                                  (at_start ? start(0, R"({"type":"text","text":)" + json::quote(first) + "}")
                                            : start(0, R"({"type":"text","text":""})") + piece(first)) +
                                  piece(kText.substr(a, b - a)) + piece(kText.substr(b)) + stop(0) +
                                  call(1, 0) + end("tool_use");
        const Outcome outcome = play(kMessages, kRequest, {bytes}, by(kAllow), [] { return SIZE_MAX; },
                                     {.text_filters = filters("swap")});
        const std::string where = std::to_string(a) + " " + std::to_string(b) + "\n" + outcome.out;
        ASSERT_EQ(outcome.error, "") << where;
        const Seen seen = testing::read_messages_stream(outcome.out);
        ASSERT_EQ(seen.problem, "") << where;
        ASSERT_EQ(seen.text, filtered("swap", kText)) << where;
        ASSERT_EQ(seen.calls.size(), 1U) << where;
        ASSERT_TRUE(outcome.shadow.has_value());
        EXPECT_NE(outcome.shadow->replacement.find(json::quote(kText)), std::string::npos) << where;
        expect_same_message(seen, outcome, where);
      }
    }
  }
}

TEST(MessagesSeams, WhatIsKeptBackComesBeforeTheBlockEnds) {
  const std::string start0 = start(0, R"({"type":"text","text":""})");
  const auto piece = [](const std::string& text) {
    return delta(0, R"({"type":"text_delta","text":")" + text + "\"}");
  };
  const Outcome outcome =
      play(kMessages, kRequest, {begin() + start0 + piece("so {{") + stop(0) + call(1, 0) + end("tool_use")},
           by(kAllow), [] { return SIZE_MAX; }, {.text_filters = filters("swap")});
  EXPECT_EQ(outcome.out,
            begin() + start0 + piece("so ") + piece("{{") + stop(0) + call(1, 0) + end("tool_use"));
  // All of it came in the end, as the planner wrote it.
  EXPECT_FALSE(outcome.shadow.has_value());
  // A block that never ends, and one that a call overtakes.
  const Outcome open = play(kMessages, kRequest, {begin() + start0 + piece("so {{") + end("end_turn")}, by(0),
                            [] { return SIZE_MAX; }, {.text_filters = filters("swap")});
  EXPECT_EQ(open.out, begin() + start0 + piece("so ") + piece("{{") + end("end_turn"));
  const Outcome overtaken =
      play(kMessages, kRequest,
           {begin() + start0 + piece("so {{") + call(1, 0) + piece("1}}") + stop(0) + end("tool_use")},
           by(kAllow), [] { return SIZE_MAX; }, {.text_filters = filters("swap")});
  EXPECT_EQ(overtaken.out, begin() + start0 + piece("so ") + piece("{{") + call(1, 0) + piece("1}}") +
                               stop(0) + end("tool_use"));
}

TEST(MessagesSeams, CitationsOfChangedTextAreCut) {
  const std::string cite =
      delta(0, R"({"type":"citations_delta","citation":{"type":"char_location","cited_text":"CITED"}})");
  const auto piece = [](const std::string& text) {
    return delta(0, R"({"type":"text_delta","text":")" + text + "\"}");
  };
  const std::string open = begin() + start(0, R"({"type":"text","text":"","citations":[]})");
  const std::string close = stop(0) + end("end_turn");
  for (const std::string& body : {piece("a") + piece("b") + cite, cite + piece("a") + piece("b"),
                                  piece("a") + cite + piece("b") + cite}) {
    for (const std::string filter : {"none", "same", "loud", "hoard", "swap"}) {
      const Outcome outcome = play(kMessages, kRequest, {open + body + close}, by(0),
                                   [] { return size_t{8}; }, {.text_filters = filters(filter)});
      const Seen seen = testing::read_messages_stream(outcome.out);
      EXPECT_EQ(seen.text, filtered(filter, "ab"));
      EXPECT_EQ(outcome.out.find("CITED") == std::string::npos, filter == "loud") << outcome.out;
      if (filter != "loud" && filter != "hoard") {
        EXPECT_EQ(outcome.out, open + body + close);
      }
      EXPECT_EQ(outcome.shadow.has_value(), filter == "loud");
      if (outcome.shadow) {
        EXPECT_NE(outcome.shadow->replacement.find("CITED"), std::string::npos);
      }
      expect_same_message(seen, outcome, filter + body);
    }
  }
  const std::string block = R"({"type":"text","text":"ab","citations":[{"cited_text":"CITED"}]})";
  const std::string bytes = R"({"id":"m","content":[)" + block + R"(],"stop_reason":"end_turn"})";
  const Outcome outcome = play(kMessages, kWholeRequest, {bytes}, by(0), [] { return SIZE_MAX; },
                               {.text_filters = filters("loud")});
  EXPECT_EQ(outcome.out, R"({"id":"m","content":[{"type":"text","text":"AB"}],"stop_reason":"end_turn"})");
  EXPECT_EQ(outcome.shadow->replacement, R"({"role":"assistant","content":[)" + block + "]}");
}

TEST(MessagesSeams, RoundsFlowOnInTheClientsMessage) {
  const auto words = [](int i, const std::string& text) { return testing::messages::text(i, text); };
  const std::string first =
      begin() + thinking(0) + words(1, "a {{1}} {{") + call(2, 0) + call(3, 1) + end("tool_use");
  const std::string second = begin("m2") + words(0, "{{2}} b{") + end("end_turn");
  for (const unsigned verdicts : {kDeny | kAnswer << 2, kAnswer | kAnswer << 2}) {
    for (const size_t size : {SIZE_MAX, size_t{1}}) {
      const Outcome outcome = play(kMessages, kRequest, {first, second}, by(verdicts),
                                   [size] { return size; }, {.text_filters = filters("swap")});
      ASSERT_EQ(outcome.error, "");
      const Seen seen = testing::read_messages_stream(outcome.out);
      EXPECT_EQ(seen.problem, "") << outcome.out;
      EXPECT_EQ(seen.text, "a <value of 1> {{<value of 2> b{");
      ASSERT_EQ(outcome.bodies.size(), 1U);
      const std::string error = what_of(verdicts, 0) == kDeny ? R"("is_error":true,)" : "";
      const std::string own =
          R"({"role":"assistant","content":[{"type":"thinking","thinking":"let me see","signature":"c2ln"},)"
          R"({"type":"text","text":"a {{1}} {{"},)"
          R"({"type":"tool_use","id":"K0_id","name":"K0_name","input":{"v": "K0_arg"}},)"
          R"({"type":"tool_use","id":"K1_id","name":"K1_name","input":{"v": "K1_arg"}}]},)"
          R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"K0_id",)" +
          error + R"("content":")" + (error.empty() ? "answer 0" : "denied 0") +
          R"("},{"type":"tool_result","tool_use_id":"K1_id","content":"answer 1"}]})";
      EXPECT_EQ(outcome.bodies[0],
                R"({"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"},)" +
                    own + "]}");
      EXPECT_EQ(outcome.shadow->replacement,
                own + R"(,{"role":"assistant","content":[{"type":"text","text":"{{2}} b{"}]})");
      expect_same_message(seen, outcome, "rounds");
    }
  }
}

TEST(MessagesSeams, ArgumentsInTheStartAreChangedToo) {
  const std::string begun = R"({"type":"tool_use","id":"K0_id","name":"K0_name","input":)";
  const std::string bytes = begin() + start(0, begun + R"({"v":"K0_arg"}})") + stop(0) + end("tool_use");
  const Outcome outcome = play(kMessages, kRequest, {bytes}, by(kChange), [] { return SIZE_MAX; });
  EXPECT_EQ(outcome.out, begin() + start(0, begun + "{}}") + json_piece(0, R"({"given": "0"})") + stop(0) +
                             end("tool_use"));
}

TEST(MessagesSeams, ArgumentsThatNoClientCouldReadEndTheReply) {
  for (const std::string arguments : {"", "x", "[1]", "{"}) {
    const Outcome outcome = play(
        kMessages, kRequest, {begin() + call(0, 0) + end("tool_use")},
        [&](const exchange::Call&) { return Verdict{true, {}, arguments}; }, [] { return SIZE_MAX; });
    EXPECT_NE(outcome.error, "") << arguments;
    EXPECT_EQ(outcome.out.find("K0"), std::string::npos);
  }
}

}  // namespace
}  // namespace weir::wire

// Chat Completions replies through text filters, with other arguments, and with calls that weir answered.
#include <gtest/gtest.h>

#include "wire/chat_samples.h"

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
using namespace testing::chat;  // NOLINT

std::string given(const exchange::Call& call) {
  const std::string n = std::to_string(number_of(call));
  return call.is_json ? R"({"given":")" + n + "\"}" : "given " + n;
}

testing::Decide by(unsigned verdicts) {
  return [verdicts](const exchange::Call& call) {
    const int i = number_of(call);
    return testing::verdict_on(what_of(verdicts, i), i, given(call));
  };
}

void expect_same_message(const Seen& seen, const Outcome& outcome, const std::string& where,
                         size_t choice = 0) {
  const auto back = parse_request(kChat, R"({"model":"m","messages":[)" + seen.message + "]}", {});
  ASSERT_TRUE(back.has_value()) << where << back.error().text();
  ASSERT_GT(outcome.messages.size(), choice) << where;
  EXPECT_EQ(exchange::message_digest(back->request.messages[0]),
            exchange::message_digest(outcome.messages[choice]))
      << where << seen.message;
}

// The planner's own calls and text, whatever the client got.
void expect_planners_own(const Shadow& shadow, const std::string& text, int calls, const std::string& where) {
  const auto request = parse_request(kChat, R"({"model":"m","messages":[)" + shadow.replacement + "]}", {});
  ASSERT_TRUE(request.has_value()) << where << shadow.replacement;
  const exchange::Message& message = request->request.messages[0];
  EXPECT_EQ(exchange::text_of(message), text) << where;
  int found = 0;
  for (const exchange::Part& part : message.parts) {
    const auto* call = std::get_if<exchange::Call>(&part);
    if (call == nullptr) continue;
    EXPECT_NE(call->arguments.find("K" + std::to_string(number_of(*call)) + "_arg"), std::string::npos)
        << where;
    ++found;
  }
  EXPECT_EQ(found, calls) << where;
}

// What the client got of the calls, and the sentence that stands for the denied ones.
void expect_seen(const Seen& seen, const std::string& out, const std::string& text, int calls,
                 unsigned verdicts, const std::string& where) {
  EXPECT_EQ(seen.problem, "") << where << out;
  size_t count = 0;
  bool denied = false;
  for (int i = 0; i < calls; ++i) {
    const What what = what_of(verdicts, i);
    denied = denied || what == kDeny;
    if (what == kDeny || what == kAnswer) {
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
      EXPECT_EQ(call.arguments, given(call)) << where;
      EXPECT_EQ(out.find(own), std::string::npos) << where << out;
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

bool all_allowed(unsigned verdicts, int calls) {
  for (int i = 0; i < calls; ++i) {
    if (what_of(verdicts, i) != kAllow) return false;
  }
  return true;
}

bool any_kept(unsigned verdicts, int calls) {
  for (int i = 0; i < calls; ++i) {
    if (kept(what_of(verdicts, i))) return true;
  }
  return false;
}

void check(const Stream& stream, const std::string& filter, unsigned verdicts,
           const testing::Pieces& pieces) {
  const std::string where = stream.name + ", " + filter + ", verdicts " + std::to_string(verdicts) + "\n";
  const Outcome outcome =
      play(kChat, kRequest, {stream.bytes}, by(verdicts), pieces, {.text_filters = filters(filter)});
  ASSERT_EQ(outcome.error, "") << where;
  const Seen seen = testing::read_chat_stream(outcome.out);
  const Seen sent = testing::read_chat_stream(stream.bytes);
  expect_seen(seen, outcome.out, filtered(filter, stream.text), stream.calls, verdicts, where);
  const bool none_left = stream.calls > 0 && !any_kept(verdicts, stream.calls) && !sent.reason.empty();
  EXPECT_EQ(seen.reason, none_left ? "stop" : sent.reason) << where << outcome.out;
  const bool untouched = filtered(filter, stream.text) == stream.text && all_allowed(verdicts, stream.calls);
  EXPECT_EQ(seen.output_tokens, sent.output_tokens) << where;
  if (untouched && stream.exact && (filter == "none" || filter == "same")) {
    EXPECT_EQ(outcome.out, stream.bytes) << where;
  }
  ASSERT_EQ(outcome.shadow.has_value(), !untouched) << where;
  if (outcome.shadow) expect_planners_own(*outcome.shadow, stream.text, stream.calls, where);
  expect_same_message(seen, outcome, where);
}

TEST(ChatSeams, StreamsFiltersVerdicts) {
  for (const Stream& stream : streams()) {
    for (const std::string filter : {"none", "same", "loud", "hoard", "mute", "swap"}) {
      for (unsigned verdicts = 0; verdicts < 1U << (2 * stream.calls); ++verdicts) {
        for (const size_t size : {SIZE_MAX, size_t{1}, size_t{23}})
          check(stream, filter, verdicts, [size] { return size; });
      }
    }
  }
}

// Fragments of two-byte characters are no JSON, so that pieces end between characters.
std::vector<std::string> cut(std::string_view text, size_t a, size_t b) {
  return {std::string(text.substr(0, a)), std::string(text.substr(a, b - a)), std::string(text.substr(b))};
}

constexpr std::string_view kText = "a {{1}}{{22}} {x} {{{3}} {{4}";

TEST(ChatSeams, TextCutAtEveryByte) {
  for (const bool calls : {false, true}) {
    for (const bool last_with_the_end : {false, true}) {
      for (size_t a = 0; a <= kText.size(); ++a) {
        for (size_t b = a; b <= kText.size(); ++b) {
          std::string bytes = kRole;
          const std::vector<std::string> pieces = cut(kText, a, b);
          const std::string reason = calls ? R"("tool_calls")" : R"("stop")";
          for (size_t i = 0; i < pieces.size(); ++i) {
            const bool last = i + 1 == pieces.size() && last_with_the_end;
            if (last && calls) bytes += head(0) + fragments(0);
            bytes += event(R"({"content":)" + json::quote(pieces[i]) + "}", last ? reason : "null");
          }
          if (!last_with_the_end) bytes += (calls ? head(0) + fragments(0) : "") + event("{}", reason);
          const Outcome outcome = play(kChat, kRequest, {bytes + kDone}, by(0), [] { return SIZE_MAX; },
                                       {.text_filters = filters("swap")});
          const std::string where = std::to_string(a) + " " + std::to_string(b) + "\n" + outcome.out;
          ASSERT_EQ(outcome.error, "") << where;
          const Seen seen = testing::read_chat_stream(outcome.out);
          ASSERT_EQ(seen.problem, "") << where;
          ASSERT_EQ(seen.text, filtered("swap", kText)) << where;
          ASSERT_EQ(seen.calls.size(), calls ? 1U : 0U) << where;
          ASSERT_TRUE(outcome.shadow.has_value());
          ASSERT_EQ(outcome.shadow->replacement.find("<value"), std::string::npos) << where;
          expect_same_message(seen, outcome, where);
        }
      }
    }
  }
}

TEST(ChatSeams, WhatIsKeptBackComesBeforeCallsAndTheEnd) {
  const std::string text = event(R"({"content":"so {{"})");
  const Outcome outcome =
      play(kChat, kRequest, {kRole + text + head(0) + fragments(0) + kCallsEnd + kUsage + kDone}, by(0),
           [] { return SIZE_MAX; }, {.text_filters = filters("swap")});
  std::string now = text;
  now.replace(now.find("so {{"), 5, "so ");
  const std::string rest =
      R"(data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,)"
      R"("delta":{"content":"{{"},"finish_reason":null}]})"
      "\n\n";
  EXPECT_EQ(outcome.out, kRole + now + rest + head(0) + fragments(0) + kCallsEnd + kUsage + kDone);
  // All of it came in the end, as the planner wrote it.
  EXPECT_FALSE(outcome.shadow.has_value());
}

// What the filter gives for the last delta has the delta's own bytes, and is not the last.
TEST(ChatSeams, TextOfTheClosingEventStaysInOrder) {
  const std::string bytes =
      kRole + event(R"({"content":"ab"})") + event(R"({"content":"aba"})", R"("stop")") + kDone;
  const Outcome outcome =
      play(kChat, kRequest, {bytes}, by(0), [] { return SIZE_MAX; }, {.text_filters = filters("lag")});
  const Seen seen = testing::read_chat_stream(outcome.out);
  EXPECT_EQ(seen.problem, "");
  EXPECT_EQ(seen.text, "ababa") << outcome.out;
}

TEST(ChatSeams, OnlyTheTextOfADeltaChanges) {
  const std::string bytes =
      kRole + event(R"({"content":"plain","reasoning":"{{1}}"})") +
      event(R"({"x_vendor":1 , "content" : [{"type":"thinking","thinking":[{"type":"text","text":"{{2}}"}]},)"
            R"({"type":"text","text":"{{3}}"},{"type":"text","text":" b"}]})") +
      event(R"({"refusal":"{{4}}"})") + event("{}", R"("stop")") + kDone;
  const Outcome outcome =
      play(kChat, kRequest, {bytes}, by(0), [] { return size_t{5}; }, {.text_filters = filters("swap")});
  std::string expected = bytes;
  for (const std::string n : {"3", "4"}) {
    const size_t at = expected.find("\"{{" + n);
    expected.replace(at, 7, "\"<value of " + n + ">\"");
  }
  EXPECT_EQ(outcome.out, expected);
  const std::string own = outcome.shadow ? outcome.shadow->replacement : "";
  EXPECT_EQ(own, R"({"role":"assistant","content":"plain{{3}} b{{4}}","reasoning":"{{1}}"})");
}

TEST(ChatSeams, WhatBelongsToChangedTextIsCut) {
  const auto chunk = [](const std::string& delta, const std::string& logprobs, const std::string& finish) {
    return R"(data: {"id":"c1","choices":[{"index":0,"delta":)" + delta +
           R"(,"logprobs":{"content":[{"token":)" + logprobs + R"(}]},"finish_reason":)" + finish + "}]}\n\n";
  };
  const std::string notes = R"({"annotations":[{"type":"url_citation","url_citation":{"url":"https://e"}}]})";
  const std::string plain = chunk(R"({"role":"assistant","content":"a"})", "\"a\"", "null");
  const std::string bytes = plain + chunk(R"({"content":"{{1"})", "\"T1\"", "null") +
                            chunk(R"({"content":"}} b"})", "\"T2\"", "null") + event(notes) +
                            chunk(R"({"content":"c"})", "\"c\"", "\"stop\"") + kDone;
  const Outcome outcome =
      play(kChat, kRequest, {bytes}, by(0), [] { return SIZE_MAX; }, {.text_filters = filters("swap")});
  EXPECT_TRUE(outcome.out.starts_with(plain));
  for (const std::string gone : {"T1", "T2", "https://e"})
    EXPECT_EQ(outcome.out.find(gone), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find(R"("token":"c")"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find(R"("annotations":[])"), std::string::npos) << outcome.out;
  // Tokens spell what the call was to do.
  const std::string spelt = plain + event(R"({"tool_calls":[)" + call(0) + "]}") +
                            chunk("{}", "\"K0_arg\"", R"("tool_calls")") + kDone;
  for (const What what : {kChange, kDeny, kAnswer}) {
    const Outcome called = play(kChat, kRequest, {spelt}, by(what), [] { return SIZE_MAX; });
    EXPECT_EQ(called.out.find("K0_arg"), std::string::npos) << called.out;
  }
  const std::string spelt_whole = whole(R"({"role":"assistant","tool_calls":[)" + call(0, false) + "]}",
                                        "tool_calls", R"({"content":[{"token":"K0_arg"}]})");
  for (const What what : {kChange, kDeny, kAnswer}) {
    const Outcome called = play(kChat, kWholeRequest, {spelt_whole}, by(what), [] { return SIZE_MAX; });
    EXPECT_EQ(called.out.find("K0_arg"), std::string::npos) << called.out;
  }
  const std::string message = R"({"role":"assistant","content":"{{1}}",)" + notes.substr(1);
  const std::string reply = whole(message, "stop", R"({"content":[{"token":"T1"}]})");
  const Outcome at_once =
      play(kChat, kWholeRequest, {reply}, by(0), [] { return SIZE_MAX; }, {.text_filters = filters("swap")});
  EXPECT_EQ(at_once.out, whole(R"({"role":"assistant","content":"<value of 1>","annotations":[]})", "stop"));
}

TEST(ChatSeams, EachChoiceHasAFilterOfItsOwn) {
  const auto choice = [](int index, const std::string& text, const std::string& finish = "null") {
    return R"({"index":)" + std::to_string(index) + R"(,"delta":{"content":)" + json::quote(text) +
           R"(},"finish_reason":)" + finish + "}";
  };
  const auto chunk = [](const std::string& choices) {
    return R"(data: {"id":"c1","choices":[)" + choices + "]}\n\n";
  };
  for (const bool together : {false, true}) {
    const auto both = [&](const std::string& a, const std::string& b) {
      return together ? chunk(a + "," + b) : chunk(a) + chunk(b);
    };
    const std::string bytes = both(choice(0, "x{{"), choice(1, "y{")) +
                              both(choice(0, "1}"), choice(1, "{2}}")) +
                              both(choice(0, "} {{", R"("stop")"), choice(1, "{", R"("length")")) + kDone;
    const Outcome outcome = play(kChat, R"({"model":"m","n":2,"stream":true,"messages":[]})", {bytes}, by(0),
                                 [] { return size_t{9}; }, {.text_filters = filters("swap")});
    ASSERT_EQ(outcome.error, "");
    const std::string texts[] = {"x<value of 1> {{", "y<value of 2>{"};
    for (int i = 0; i < 2; ++i) {
      const Seen seen = testing::read_chat_stream(outcome.out, i);
      EXPECT_EQ(seen.problem, "") << outcome.out;
      EXPECT_EQ(seen.text, texts[i]) << outcome.out;
      EXPECT_EQ(seen.reason, i == 0 ? "stop" : "length");
      expect_same_message(seen, outcome, bytes, static_cast<size_t>(i));
    }
    ASSERT_TRUE(outcome.shadow.has_value());
    EXPECT_EQ(outcome.shadow->replacement, R"({"role":"assistant","content":"x{{1}} {{"})");
  }
}

TEST(ChatSeams, RoundsFlowOnInTheClientsMessage) {
  const std::string first = kRole + event(R"({"content":"a {{1}} {{"})") + head(0) + fragments(0) + head(1) +
                            fragments(1) + kCallsEnd + kUsage + kDone;
  const std::string second =
      kRole + event(R"({"content":"{{"})") + event(R"({"content":"2}} b{"})", R"("stop")") + kUsage + kDone;
  for (const unsigned verdicts : {kDeny | kAnswer << 2, kAnswer | kAnswer << 2}) {
    for (const size_t size : {SIZE_MAX, size_t{1}}) {
      const Outcome outcome = play(kChat, kRequest, {first, second}, by(verdicts), [size] { return size; },
                                   {.text_filters = filters("swap")});
      ASSERT_EQ(outcome.error, "");
      const Seen seen = testing::read_chat_stream(outcome.out);
      EXPECT_EQ(seen.problem, "") << outcome.out;
      EXPECT_EQ(seen.text, "a <value of 1> {{\n\n<value of 2> b{");
      EXPECT_TRUE(seen.calls.empty());
      ASSERT_EQ(outcome.bodies.size(), 1U);
      const auto next = parse_request(kChat, outcome.bodies[0], {});
      ASSERT_TRUE(next.has_value());
      ASSERT_EQ(next->request.messages.size(), 4U);
      EXPECT_EQ(exchange::text_of(next->request.messages[1]), "a {{1}} {{");
      for (size_t i = 0; i < 2; ++i) {
        const auto& result = std::get<exchange::Result>(next->request.messages[2 + i].parts.at(0));
        const bool answered = what_of(verdicts, static_cast<int>(i)) == kAnswer;
        EXPECT_EQ(result.texts.at(0), (answered ? "answer " : "denied ") + std::to_string(i));
      }
      ASSERT_TRUE(outcome.shadow.has_value());
      expect_planners_own(*outcome.shadow, "a {{1}} {{", 2, outcome.shadow->replacement);
      EXPECT_TRUE(outcome.shadow->replacement.ends_with(R"({"role":"assistant","content":"{{2}} b{"})"));
      expect_same_message(seen, outcome, "rounds");
    }
  }
}

// Text that first comes out when the second round has ended is set apart like any other.
TEST(ChatSeams, TheGapBetweenRoundsWaitsForTextThatTheClientGets) {
  const std::string first = kRole + event(R"({"content":"a"})") + head(0) + fragments(0) + kCallsEnd + kDone;
  for (const std::string text : {"b", "{{"}) {
    for (const std::string reason : {"null", R"("stop")"}) {
      std::string second = kRole + event(R"({"content":)" + json::quote(text) + "}", reason);
      if (reason == "null") second += event("{}", R"("stop")");
      for (const std::string filter : {"none", "swap", "hoard"}) {
        const Outcome outcome = play(kChat, kRequest, {first, second + kDone}, by(kAnswer),
                                     [] { return SIZE_MAX; }, {.text_filters = filters(filter)});
        const Seen seen = testing::read_chat_stream(outcome.out);
        EXPECT_EQ(seen.problem, "") << outcome.out;
        EXPECT_EQ(seen.text, "a\n\n" + text) << filter << outcome.out;
        expect_same_message(seen, outcome, filter);
      }
    }
  }
}

TEST(ChatSeams, ArgumentsThatNoClientCouldReadEndTheReply) {
  for (const std::string arguments : {"", "x", "[1]", "{"}) {
    for (const bool streamed : {false, true}) {
      const std::string bytes = streamed
                                    ? kRole + head(0) + fragments(0) + kCallsEnd + kDone
                                    : whole(R"({"role":"assistant","tool_calls":[)" + call(0, false) + "]}");
      const Outcome outcome = play(
          kChat, streamed ? kRequest : kWholeRequest, {bytes},
          [&](const exchange::Call&) { return Verdict{true, {}, arguments}; }, [] { return SIZE_MAX; });
      EXPECT_NE(outcome.error, "") << arguments;
      EXPECT_EQ(outcome.out.find("K0"), std::string::npos);
    }
  }
}

TEST(ChatSeams, WholeMessagesFiltersVerdicts) {
  const std::string three = "[" + call(0, false) + " , " + call(1, false) + "," + call(2, false) + "]";
  const std::string legacy = R"({"name":"K0_name","arguments":"{\"v\":\"K0_arg\"}"})";
  const std::string custom = R"({"id":"K0_id","type":"custom","custom":{"name":"K0_name","input":"K0_arg"}})";
  const std::string object =
      R"({"id":"K0_id","type":"function","function":{"arguments":{"v":"K0_arg"},"name":"K0_name"}})";
  struct Row {
    std::string message;
    int calls;
    std::string text;
  };
  for (const Row& row : std::vector<Row>{
           {R"({"role":"assistant", "content" : "a {{1}}{","refusal":null})", 0, "a {{1}}{"},
           {R"({"role":"assistant","content":"x","refusal":"{{1}}"})", 0, "x{{1}}"},
           {R"({"content":"t {{12}}","tool_calls":)" + three + R"(,"role":"assistant"})", 3, "t {{12}}"},
           {R"({"tool_calls":)" + three + "}", 3, ""},
           {R"({"function_call":)" + legacy + R"(,"role":"assistant","content":"{{"})", 1, "{{"},
           {R"({"role":"assistant","content":null,"tool_calls":[)" + custom + "]}", 1, ""},
           {R"({"role":"assistant","content":"","tool_calls":[)" + object + "]}", 1, ""},
       }) {
    for (const std::string filter : {"none", "same", "loud", "hoard", "mute", "swap"}) {
      for (unsigned verdicts = 0; verdicts < 1U << (2 * row.calls); ++verdicts) {
        const std::string bytes = whole(row.message, row.calls > 0 ? "tool_calls" : "stop");
        const Outcome outcome = play(kChat, kWholeRequest, {bytes}, by(verdicts), [] { return size_t{50}; },
                                     {.text_filters = filters(filter)});
        const std::string where = row.message + filter + std::to_string(verdicts) + "\n";
        ASSERT_EQ(outcome.error, "") << where;
        const Seen seen = testing::read_chat_whole(outcome.out);
        const std::string text = filtered(filter, row.text);
        expect_seen(seen, outcome.out, text, row.calls, verdicts, where);
        const bool none_left = row.calls > 0 && !any_kept(verdicts, row.calls);
        EXPECT_EQ(seen.reason, row.calls > 0 && !none_left ? "tool_calls" : "stop") << where;
        const bool untouched = text == row.text && all_allowed(verdicts, row.calls);
        if (untouched) {
          EXPECT_EQ(outcome.out, bytes) << where;
        }
        ASSERT_EQ(outcome.shadow.has_value(), !untouched) << where;
        if (outcome.shadow) expect_planners_own(*outcome.shadow, row.text, row.calls, where);
        expect_same_message(seen, outcome, where);
      }
    }
  }
}

TEST(ChatSeams, WholeContentInPartsIsOneText) {
  const std::string bytes = whole(
      R"({"role":"assistant","content":[{"type":"text","text":"a {{"},{"type":"text","text":"1}} {"}]})",
      "stop");
  const Outcome outcome =
      play(kChat, kWholeRequest, {bytes}, by(0), [] { return SIZE_MAX; }, {.text_filters = filters("swap")});
  EXPECT_EQ(
      outcome.out,
      whole(
          R"({"role":"assistant","content":[{"type":"text","text":"a "},{"type":"text","text":"<value of 1> {"}]})",
          "stop"));
}

TEST(ChatSeams, WholeRoundsAreOneMessage) {
  const std::string first =
      whole(R"({"role":"assistant","content":"a {{1}}","tool_calls":[)" + call(0, false) + "]}");
  const std::string second = whole(R"({"role":"assistant","content":"b","refusal":"{{2}}"})", "stop");
  const Outcome outcome = play(kChat, kWholeRequest, {first, second}, by(kAnswer), [] { return SIZE_MAX; },
                               {.text_filters = filters("swap")});
  ASSERT_EQ(outcome.error, "");
  const Seen seen = testing::read_chat_whole(outcome.out);
  EXPECT_EQ(seen.text, "a <value of 1>\n\nb<value of 2>");
  EXPECT_EQ(outcome.shadow->replacement,
            R"({"role":"assistant","content":"a {{1}}","tool_calls":[)" + call(0, false) +
                R"(]},{"role":"tool","tool_call_id":"K0_id","content":"answer 0"},)"
                R"({"role":"assistant","content":"b{{2}}"})");
  expect_same_message(seen, outcome, outcome.out);
}

}  // namespace
}  // namespace weir::wire

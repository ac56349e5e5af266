// Responses replies through text filters, with other arguments, and with calls that weir answered.
#include <gtest/gtest.h>

#include "wire/responses_samples.h"

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
using namespace testing::responses;  // NOLINT

// Other arguments in the shape that the call has.
std::string given(const exchange::Call& call) {
  const std::string n = std::to_string(number_of(call));
  if (call.name == "shell") return R"({"commands":["given )" + n + "\"]}";
  if (call.name == "apply_patch") return R"({"type":"delete_file","path":"given )" + n + "\"}";
  return call.is_json ? R"({"given": ")" + n + "\"}" : "given " + n;
}

testing::Decide by(unsigned verdicts) {
  return [verdicts](const exchange::Call& call) {
    const int i = number_of(call);
    return testing::verdict_on(what_of(verdicts, i), i, given(call));
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
      EXPECT_NE(call.arguments.find("given"), std::string::npos) << where;
      EXPECT_EQ(out.find(own), std::string::npos) << where << out;
    }
  }
  EXPECT_EQ(seen.calls.size(), count) << where << out;
  if (count == 0 && denied && text.empty()) {
    EXPECT_TRUE(seen.text.starts_with("(weir stopped")) << where << out;
  } else {
    EXPECT_EQ(seen.text, text) << where << out;
  }
}

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
  const auto request = parse_request(kResponses, R"({"model":"m","input":[)" + shadow.replacement + "]}", {});
  ASSERT_TRUE(request.has_value()) << where << shadow.replacement;
  std::string words;
  int found = 0;
  int told = 0;
  for (const exchange::Message& message : request->request.messages) {
    words += words_of(message);
    for (const exchange::Part& part : message.parts) {
      if (const auto* call = std::get_if<exchange::Call>(&part)) {
        EXPECT_NE(call->arguments.find("K" + std::to_string(number_of(*call)) + "_arg"), std::string::npos)
            << where;
        ++found;
      }
      if (const auto* result = std::get_if<exchange::Result>(&part)) {
        const int i = result->call_id[1] - '0';
        EXPECT_EQ(result->texts.at(0),
                  (what_of(verdicts, i) == kDeny ? "denied " : "answer ") + std::to_string(i))
            << where;
        ++told;
      }
    }
  }
  EXPECT_EQ(words, text) << where;
  EXPECT_EQ(found, calls) << where;
  for (int i = 0; i < calls; ++i) told -= kept(what_of(verdicts, i)) ? 0 : 1;
  EXPECT_EQ(told, 0) << where;
}

// What holds for a reply in either form.
void check(const std::string& request, const std::string& bytes, int calls, const std::string& text,
           const std::string& filter, unsigned verdicts, size_t size, const std::string& where) {
  const Outcome outcome = play(kResponses, request, {bytes}, by(verdicts), [size] { return size; },
                               {.text_filters = filters(filter)});
  ASSERT_EQ(outcome.error, "") << where;
  const auto read = request == kRequest ? testing::read_responses_stream : testing::read_responses_whole;
  std::string out = outcome.out;
  if (const size_t done = out.find("data: [DONE]"); done != std::string::npos) out.resize(done);
  const Seen seen = read(out);
  EXPECT_EQ(seen.problem, "") << where << outcome.out;
  const std::string shown = filtered(filter, text);
  expect_seen(seen, outcome.out, shown, calls, verdicts, where);
  bool untouched = shown == text;
  for (int i = 0; i < calls; ++i) untouched = untouched && what_of(verdicts, i) == kAllow;
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

TEST(ResponsesSeams, StreamsFiltersVerdicts) {
  for (const Stream& stream : streams()) {
    for (const std::string filter : {"none", "same", "loud", "hoard", "mute", "swap"}) {
      for (unsigned verdicts = 0; verdicts < 1U << (2 * stream.calls); ++verdicts) {
        const std::string where =
            stream.name + ", " + filter + ", verdicts " + std::to_string(verdicts) + "\n";
        for (const size_t size : {SIZE_MAX, size_t{1}, size_t{23}})
          check(kRequest, stream.bytes, stream.calls, stream.text, filter, verdicts, size, where);
      }
    }
  }
}

TEST(ResponsesSeams, WholeResponsesFiltersVerdicts) {
  const auto call_item = [](int n) {
    const std::string k = "K" + std::to_string(n);
    return R"({"type":"function_call", "id":")" + k + R"(_item","call_id":")" + k + R"(_id","name":")" + k +
           R"(_name","arguments":"{\"v\":\")" + k + R"(_arg\"}"})";
  };
  const std::string thinking = R"({"type":"reasoning","id":"rs","summary":[],"encrypted_content":"c2ln"})";
  const std::string words =
      R"({"type":"message","id":"m","role":"assistant","content":[{"text":"a {{1}} {","type":"output_text"}]})";
  struct Row {
    std::string output;
    int calls;
    std::string text;
  };
  for (const Row& row : std::vector<Row>{
           {words, 0, "a {{1}} {"},
           {call_item(0), 1, ""},
           {shell_call(0) + "," + patch_call(1), 2, ""},
           {thinking + ", " + words + "," + call_item(0) + "," + call_item(1), 2, "a {{1}} {"}}) {
    const std::string bytes = R"({"id":"r1","object":"response","status":"completed","output":[ )" +
                              row.output + R"(],"usage":{"output_tokens":5}})";
    for (const std::string filter : {"none", "same", "loud", "hoard", "mute", "swap"}) {
      for (unsigned verdicts = 0; verdicts < 1U << (2 * row.calls); ++verdicts)
        check(kWholeRequest, bytes, row.calls, row.text, filter, verdicts, 40,
              bytes + filter + std::to_string(verdicts) + "\n");
    }
  }
}

constexpr std::string_view kText = "a {{1}}{{22}} {x} {{{3}} {{4}";

// One text in three pieces, and a call behind it.
std::string pieces(std::string_view a, std::string_view b, std::string_view c) {
  const std::string all = std::string(a) + std::string(b) + std::string(c);
  Made made;
  const auto part = [](std::string_view said) {
    return R"({"type":"output_text","text":)" + json::quote(said) + R"(,"annotations":[]})";
  };
  const auto item = [](const std::string& content) {
    return R"({"id":"m","type":"message","role":"assistant","content":[)" + content + "]}";
  };
  const std::string about = R"("item_id":"m",)" + made.at() + R"(,"content_index":0,)";
  made.bytes += made.event("response.output_item.added", made.at() + ",\"item\":" + item(""));
  for (const std::string_view piece : {a, b, c})
    made.bytes += made.event("response.output_text.delta", about + "\"delta\":" + json::quote(piece));
  made.bytes += made.event("response.output_text.done", about + "\"text\":" + json::quote(all));
  made.bytes += made.event("response.output_item.done", made.at() + ",\"item\":" + item(part(all)));
  return made.bytes +
         made.event("response.completed",
                    R"("response":{"id":"r1","status":"completed","output":[)" + item(part(all)) + "]}");
}

TEST(ResponsesSeams, TextCutAtEveryByte) {
  for (size_t a = 0; a <= kText.size(); ++a) {
    for (size_t b = a; b <= kText.size(); ++b) {
      const std::string bytes = pieces(kText.substr(0, a), kText.substr(a, b - a), kText.substr(b));
      const Outcome outcome = play(kResponses, kRequest, {bytes}, by(kAllow), [] { return SIZE_MAX; },
                                   {.text_filters = filters("swap")});
      const std::string where = std::to_string(a) + " " + std::to_string(b) + "\n" + outcome.out;
      ASSERT_EQ(outcome.error, "") << where;
      const Seen seen = testing::read_responses_stream(outcome.out);
      ASSERT_EQ(seen.problem, "") << where;
      ASSERT_EQ(seen.text, filtered("swap", kText)) << where;
      ASSERT_TRUE(outcome.shadow.has_value());
      EXPECT_NE(outcome.shadow->replacement.find(json::quote(kText)), std::string::npos) << where;
      expect_same_message(seen, outcome, where);
    }
  }
}

// A text that two clients would read differently: one goes by the pieces, one by the end.
TEST(ResponsesSeams, ATextThatIsNotItsPiecesEndsAFilteredReply) {
  const std::string bytes = pieces("a", "b", "c");
  for (const std::string_view whole : {R"("text":"abc")"}) {
    for (size_t at = bytes.find(whole); at != std::string::npos; at = bytes.find(whole, at + 1)) {
      std::string other = bytes;
      other.replace(at, whole.size(), R"("text":"SECRET")");
      const Outcome outcome = play(kResponses, kRequest, {other}, by(0), [] { return SIZE_MAX; },
                                   {.text_filters = filters("same")});
      EXPECT_EQ(outcome.out.find("SECRET"), std::string::npos) << outcome.out;
    }
  }
  // Without pieces the filter gets what came whole.
  std::string bare = bytes;
  for (size_t at = 0; (at = bare.find("event: response.output_text.delta")) != std::string::npos;)
    bare.erase(at, bare.find("\n\n", at) + 2 - at);
  const Outcome outcome =
      play(kResponses, kRequest, {bare}, by(0), [] { return SIZE_MAX; }, {.text_filters = filters("loud")});
  ASSERT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.out.find("abc"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find(R"("text":"ABC")"), std::string::npos) << outcome.out;
}

// Some servers say all text once more, as one.
TEST(ResponsesSeams, TheTextOfAllIsWhatTheClientHas) {
  const std::string item =
      R"({"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"ab"}]})";
  const std::string whole =
      R"({"id":"r1","status":"completed","output_text":"SECRET","output":[)" + item + "]}";
  const Outcome once = play(kResponses, kWholeRequest, {whole}, by(0), [] { return SIZE_MAX; },
                            {.text_filters = filters("same")});
  EXPECT_NE(once.out.find(R"("output_text":"ab")"), std::string::npos) << once.out;
  std::string bytes = Made().text("ab").end();
  const size_t at = bytes.rfind(R"("output":[)");
  bytes.insert(at, R"("output_text":"SECRET",)");
  const Outcome streamed =
      play(kResponses, kRequest, {bytes}, by(0), [] { return SIZE_MAX; }, {.text_filters = filters("same")});
  EXPECT_EQ(streamed.error, "");
  EXPECT_NE(streamed.out.find(R"("output_text":"ab")"), std::string::npos) << streamed.out;
  EXPECT_EQ(streamed.out.find("SECRET"), std::string::npos);
}

TEST(ResponsesSeams, AnnotationsOfChangedTextAreCut) {
  std::string bytes = Made().text("ab").end();
  const std::string cited = R"("annotations":[{"type":"url_citation","url":"CITED"}])";
  for (size_t at = 0; (at = bytes.find(R"("text":"ab","annotations":[])", at)) != std::string::npos; ++at)
    bytes.replace(at + 12, std::string(R"("annotations":[])").size(), cited);
  for (const std::string filter : {"none", "same", "loud"}) {
    const Outcome outcome = play(kResponses, kRequest, {bytes}, by(0), [] { return size_t{8}; },
                                 {.text_filters = filters(filter)});
    ASSERT_EQ(outcome.error, "");
    const Seen seen = testing::read_responses_stream(outcome.out);
    EXPECT_EQ(seen.problem, "") << outcome.out;
    EXPECT_EQ(outcome.out.find("CITED") == std::string::npos, filter == "loud") << outcome.out;
    EXPECT_EQ(outcome.shadow.has_value(), filter == "loud");
    if (outcome.shadow) {
      EXPECT_NE(outcome.shadow->replacement.find("CITED"), std::string::npos);
    }
    expect_same_message(seen, outcome, filter);
  }
}

TEST(ResponsesSeams, RoundsFlowOnInTheClientsResponse) {
  const std::string first = Made().reasoning().text("a {{1}} {{").call(0).call(1, true).end();
  const std::string second = Made("r2").text("{{2}} b{").end();
  for (const unsigned verdicts : {kDeny | kAnswer << 2, kAnswer | kAnswer << 2}) {
    for (const size_t size : {SIZE_MAX, size_t{1}}) {
      const Outcome outcome = play(kResponses, kRequest, {first, second}, by(verdicts),
                                   [size] { return size; }, {.text_filters = filters("swap")});
      ASSERT_EQ(outcome.error, "");
      const Seen seen = testing::read_responses_stream(outcome.out);
      EXPECT_EQ(seen.problem, "") << outcome.out;
      EXPECT_EQ(seen.text, "a <value of 1> {{<value of 2> b{");
      ASSERT_EQ(outcome.bodies.size(), 1U);
      const std::string own =
          outcome.shadow->replacement.substr(0, outcome.shadow->replacement.rfind(R"(,{"id":"msg_0")"));
      EXPECT_EQ(outcome.bodies[0],
                R"({"model":"m","stream":true,"input":[{"role":"user","content":"hi"},)" + own + "]}");
      expect_planners_own(*outcome.shadow, "a {{1}} {{{{2}} b{", 2, verdicts, "rounds");
      expect_same_message(seen, outcome, "rounds");
    }
  }
}

TEST(ResponsesSeams, ArgumentsThatNoClientCouldReadEndTheReply) {
  for (const std::string arguments : {"", "x", "[1]", "{"}) {
    const Outcome outcome = play(
        kResponses, kRequest, {Made().call(0).end()},
        [&](const exchange::Call&) { return Verdict{true, {}, arguments}; }, [] { return SIZE_MAX; });
    EXPECT_NE(outcome.error, "") << arguments;
    EXPECT_EQ(outcome.out.find("K0"), std::string::npos);
  }
}

}  // namespace
}  // namespace weir::wire

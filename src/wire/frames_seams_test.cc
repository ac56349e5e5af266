// Replies of Ollama and Gemini at every seam: cut anywhere, through text filters, with other arguments, with
// calls denied and answered, in one round and in two.
#include <gtest/gtest.h>

#include "wire/frames_samples.h"

namespace weir::wire {
namespace {

using testing::filtered;
using testing::Outcome;
using testing::play;
using testing::Seen;
using namespace testing::frames;  // NOLINT

enum What : unsigned { kAllow, kChange, kDeny, kAnswer };

What what_of(unsigned verdicts, int i) {
  return static_cast<What>(verdicts >> (2 * i) & 3);
}
bool kept(What what) {
  return what == kAllow || what == kChange;
}
int number_of(const exchange::Call& call) {
  return call.name[1] - '0';
}

testing::Decide by(unsigned verdicts) {
  return [verdicts](const exchange::Call& call) -> Verdict {
    const std::string n = std::to_string(number_of(call));
    switch (what_of(verdicts, number_of(call))) {
      case kAllow:
        return {true};
      case kChange:
        return {true, {}, R"({"given":")" + n + "\"}"};
      case kDeny:
        return {false, "denied " + n};
      case kAnswer:
        return {false, "answer " + n, {}, true};
    }
    return {};
  };
}

std::vector<Form> forms() {
  std::vector<Form> all;
  for (const Dialect dialect : {Dialect::ollama, Dialect::gemini}) {
    for (const bool stream : {true, false}) {
      for (const bool ids : {true, false}) all.push_back({dialect, stream, false, ids});
    }
  }
  return all;
}

struct Case {
  std::string name;
  Script script;
  int calls;
  std::string text;
};

std::vector<Case> cases() {
  return {{"text", {{"hé"}, {"llo {"}, {""}}, 0, "héllo {"},
          {"text at the end", {{"a {{1}}"}, {" b"}}, 0, "a {{1}} b"},
          {"one", {{"#0"}, {""}}, 1, ""},
          {"one that ends", {{"#0"}}, 1, ""},
          {"thought first", {{"~hm"}, {"I will "}, {"look {"}, {"#0"}, {""}}, 1, "I will look {"},
          {"parallel", {{"#0"}, {"#1"}, {"#2"}, {""}}, 3, ""},
          {"parallel in one", {{"x", "#0", "#1"}, {""}}, 2, "x"},
          {"all at once", {{"a {{1}} {", "#0", "#1"}}, 2, "a {{1}} {"},
          {"text behind", {{"a"}, {"#0"}, {"b {{"}, {"2}}"}}, 1, "ab {{2}}"}};
}

void expect_seen(const Seen& seen, const std::string& out, const std::string& text, int calls,
                 unsigned verdicts, const std::string& where) {
  size_t count = 0;
  bool denied = false;
  for (int i = 0; i < calls; ++i) {
    const std::string k = "K" + std::to_string(i);
    const What what = what_of(verdicts, i);
    denied |= what == kDeny;
    EXPECT_EQ(out.find(k + "_arg") != std::string::npos, what == kAllow) << where << out;
    if (!kept(what)) {
      EXPECT_EQ(out.find(k + "_id"), std::string::npos) << where << out;
      EXPECT_EQ(out.find("answer "), std::string::npos) << where << out;
      EXPECT_EQ(out.find("denied "), std::string::npos) << where << out;
      continue;
    }
    ASSERT_GT(seen.calls.size(), count) << where << out;
    EXPECT_EQ(number_of(seen.calls[count]), i) << where;
    if (what == kChange) {
      EXPECT_NE(seen.calls[count].arguments.find("given"), std::string::npos) << where;
    }
    ++count;
  }
  EXPECT_EQ(seen.calls.size(), count) << where << out;
  if (count == 0 && denied && text.empty()) {
    EXPECT_TRUE(seen.text.starts_with("(weir stopped")) << where << out;
  } else {
    EXPECT_EQ(seen.text, text) << where << out;
  }
}

// What the upstream is shown is the planner's own, and what became of the calls that the client did not get.
void expect_planners_own(const Form& form, const Shadow& shadow, const std::string& text, int calls,
                         unsigned verdicts, const std::string& where) {
  std::string history = shadow.replacement;
  if (!shadow.insert_after.empty()) history += "," + shadow.insert_after;
  if (!shadow.prepend_blocks.empty())
    history += R"(,{"role":"user","parts":[)" + shadow.prepend_blocks + "]}";
  const auto request = parse_request(form.dialect, form.with_history(history), form.options());
  ASSERT_TRUE(request.has_value()) << where << history << request.error().text();
  std::string words;
  int found = 0;
  int told = 0;
  for (const exchange::Message& message : request->request.messages) {
    for (const exchange::Part& part : message.parts) {
      if (const auto* said = std::get_if<exchange::Text>(&part);
          said && message.role == exchange::Role::planner)
        words += said->text;
      if (const auto* call = std::get_if<exchange::Call>(&part)) {
        EXPECT_NE(call->arguments.find("K" + std::to_string(number_of(*call)) + "_arg"), std::string::npos);
        ++found;
      }
      if (const auto* result = std::get_if<exchange::Result>(&part)) {
        const int i = result->name[1] - '0';
        EXPECT_TRUE(result->other_calls.empty()) << where;
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
  EXPECT_EQ(told, 0) << where << history;
  if (form.dialect == Dialect::gemini && calls > 0) {
    EXPECT_NE(history.find("c2lnK0"), std::string::npos) << where;
  }
}

void expect_same_message(const Form& form, const Seen& seen, const Outcome& outcome,
                         const std::string& where) {
  const auto back = parse_request(form.dialect, form.with_history(seen.message), form.options());
  ASSERT_TRUE(back.has_value()) << where << back.error().text();
  ASSERT_EQ(outcome.messages.size(), 1U) << where;
  if (seen.message.empty() || back->request.messages.size() < 2) return;
  EXPECT_EQ(exchange::message_digest(back->request.messages[1]),
            exchange::message_digest(outcome.messages[0]))
      << where << seen.message;
}

void check(const Form& form, const Case& each, const std::string& filter, unsigned verdicts, size_t size) {
  const std::string where =
      form.name() + ", " + each.name + ", " + filter + ", verdicts " + std::to_string(verdicts) + "\n";
  const std::string bytes = bytes_of(form, each.script);
  const Outcome outcome = play(
      form.dialect, form.request(), {bytes}, by(verdicts), [size] { return size; }, form.options(filter));
  ASSERT_EQ(outcome.error, "") << where;
  const Seen seen = read(form, outcome.out);
  EXPECT_EQ(seen.problem, "") << where << outcome.out;
  const std::string shown = filtered(filter, each.text);
  expect_seen(seen, outcome.out, shown, each.calls, verdicts, where);
  bool untouched = shown == each.text;
  for (int i = 0; i < each.calls; ++i) untouched &= what_of(verdicts, i) == kAllow;
  if (untouched && (filter == "none" || filter == "same")) {
    EXPECT_EQ(outcome.out, bytes) << where;
  }
  EXPECT_EQ(seen.output_tokens, 5) << where;
  ASSERT_EQ(outcome.shadow.has_value(), !untouched) << where;
  if (outcome.shadow && !form.generate)
    expect_planners_own(form, *outcome.shadow, each.text, each.calls, verdicts, where);
  expect_same_message(form, seen, outcome, where);
}

TEST(FramesSeams, FormsFiltersVerdicts) {
  for (const Form& form : forms()) {
    for (const Case& each : cases()) {
      for (const std::string filter : {"none", "same", "loud", "hoard", "mute", "swap"}) {
        for (unsigned verdicts = 0; verdicts < 1U << (2 * each.calls); ++verdicts) {
          check(form, each, filter, verdicts, SIZE_MAX);
          if (form.stream) check(form, each, filter, verdicts, 7);
        }
      }
    }
  }
}

TEST(FramesSeams, AGeneratedTextFlows) {
  for (const bool stream : {true, false}) {
    const Form form{Dialect::ollama, stream, true};
    for (const std::string filter : {"none", "same", "loud", "hoard", "swap"})
      check(form, cases()[1], filter, 0, 7);
  }
}

// Every cut of a stream gives the same bytes.
TEST(FramesSeams, CutAtEveryByte) {
  for (const Form& form : forms()) {
    if (!form.stream) continue;
    const std::string bytes = bytes_of(form, cases()[4].script);
    std::string expected;
    for (size_t cut = 1; cut < bytes.size(); ++cut) {
      size_t calls = 0;
      const Outcome outcome = play(
          form.dialect, form.request(), {bytes}, by(kDeny), [&] { return calls++ == 0 ? cut : SIZE_MAX; },
          form.options("swap"));
      ASSERT_EQ(outcome.error, "") << cut;
      if (expected.empty()) expected = outcome.out;
      ASSERT_EQ(outcome.out, expected) << form.name() << " at " << cut;
    }
  }
}

TEST(FramesSeams, RoundsFlowOnInTheClientsReply) {
  for (const Form& form : forms()) {
    for (const unsigned verdicts : {kDeny | kAnswer << 2U, kAnswer | kAnswer << 2U}) {
      const std::vector<std::string> rounds{bytes_of(form, {{"~hm"}, {"a {{1}} {{", "#0"}, {"#1"}, {""}}),
                                            bytes_of(form, {{"{{2}} b"}, {"{"}})};
      const Outcome outcome = play(
          form.dialect, form.request(), rounds, by(verdicts), [] { return size_t{5}; }, form.options("swap"));
      ASSERT_EQ(outcome.error, "") << form.name();
      const Seen seen = read(form, outcome.out);
      EXPECT_EQ(seen.problem, "") << form.name() << outcome.out;
      EXPECT_EQ(seen.text, "a <value of 1> {{\n\n<value of 2> b{") << form.name() << outcome.out;
      EXPECT_EQ(seen.output_tokens, 10) << form.name();
      ASSERT_EQ(outcome.bodies.size(), 1U);
      const auto second = parse_request(form.dialect, outcome.bodies[0], form.options());
      ASSERT_TRUE(second.has_value()) << outcome.bodies[0];
      std::string said;
      for (const exchange::Part& part : second->request.messages[1].parts) {
        if (const auto* text = std::get_if<exchange::Text>(&part)) said += text->text;
      }
      EXPECT_EQ(said, "a {{1}} {{");
      expect_planners_own(form, *outcome.shadow, "a {{1}} {{{{2}} b{", 2, verdicts, form.name());
      expect_same_message(form, seen, outcome, form.name());
    }
  }
}

TEST(FramesSeams, WhatClientsReadInTwoWaysEndsTheReply) {
  const auto ends = [](const Form& form, const std::string& bytes) {
    const Outcome outcome =
        play(form.dialect, form.request(), {bytes}, by(0), [] { return SIZE_MAX; }, form.options());
    EXPECT_NE(outcome.error, "") << form.name() << bytes;
    EXPECT_EQ(outcome.out.find("EVIL"), std::string::npos) << form.name() << outcome.out;
  };
  const std::string evil = R"({"name":"EVIL","args":{}})";
  for (const bool stream : {true, false}) {
    const Form gemini{Dialect::gemini, stream};
    const auto with = [&](const std::string& part, const std::string& beside = "") {
      return framed(gemini, R"({"candidates":[{"content":{"role":"model","parts":[)" + part +
                                R"(]},"finishReason":"STOP")" + beside + "}]}");
    };
    for (const std::string& part :
         {R"({"function_call":)" + evil + "}", R"({"toolCall":)" + evil + "}",
          std::string(R"({"executableCode":{"code":"EVIL","language":"PYTHON"}})"),
          std::string(R"({"codeExecutionResult":{"output":"EVIL"}})"), R"({"toolResponse":)" + evil + "}",
          R"({"functionResponse":)" + evil + "}", R"({"text":"a","functionCall":)" + evil + "}",
          R"({"newKind":)" + evil + "}",
          std::string(R"({"functionCall":{"name":"EVIL","partialArgs":[{"jsonPath":"$.a"}]}})"),
          std::string(R"({"functionCall":{"name":"EVIL","willContinue":true}})"),
          std::string(R"({"functionCall":{"name":"EVIL","args":"{}"}})"),
          std::string(R"({"functionCall":{"args":{"a":"EVIL"}}})")})
      ends(gemini, with(part));
    ends(gemini, with("", R"(,"Content":{"parts":[{"functionCall":)" + evil + "}]}"));
    ends(gemini, with("", R"(,"functionCalls":[)" + evil + "]"));
    ends(gemini, framed(gemini, R"({"candidates":[{"index":1,"content":{"parts":[{"functionCall":)" + evil +
                                    R"(}]},"finishReason":"STOP"}]})"));
    const Form ollama{Dialect::ollama, stream};
    const std::string call = R"([{"function":{"name":"EVIL","arguments":{}}}])";
    for (
        const std::string& bytes :
        {R"({"message":{"role":"assistant","content":"","Tool_Calls":)" + call + R"(},"done":true})",
         R"({"Message":{"tool_calls":)" + call + R"(},"message":{"content":""},"done":true})",
         R"({"message":{"content":""},"tool_calls":)" + call + R"(,"done":true})",
         std::string(
             R"({"message":{"tool_calls":[{"function":{"name":"EVIL","arguments":"{}"}}]},"done":true})"),
         std::string(
             R"({"message":{"tool_calls":[{"function":{"name":"EVIL","Name":"x","arguments":{}}}]},"done":true})"),
         std::string(R"({"message":{"tool_calls":{"name":"EVIL"}},"done":true})")})
      ends(ollama, framed(ollama, bytes));
  }
}

TEST(FramesSeams, AStreamThatBreaksOffGivesNoCall) {
  for (const Form& form : forms()) {
    if (!form.stream) continue;
    const std::string whole = bytes_of(form, {{"a"}, {"#0"}, {""}});
    // Without its last frame, cut within the one before, and with an error in the place of the last.
    const std::string first =
        whole.substr(0, whole.rfind(form.dialect == Dialect::gemini ? "data: " : "{\"model"));
    for (const std::string& bytes : {first, first.substr(0, first.size() - 3)}) {
      const Outcome outcome =
          play(form.dialect, form.request(), {bytes}, by(0), [] { return SIZE_MAX; }, form.options());
      EXPECT_NE(outcome.error, "") << form.name() << bytes;
      EXPECT_EQ(outcome.out.find("K0"), std::string::npos) << outcome.out;
    }
    const std::string error = first + framed(form, R"({"error":{"message":"overloaded"}})");
    const Outcome outcome =
        play(form.dialect, form.request(), {error}, by(0), [] { return SIZE_MAX; }, form.options());
    EXPECT_EQ(outcome.error, "") << form.name();
    EXPECT_NE(outcome.out.find("overloaded"), std::string::npos);
    EXPECT_EQ(outcome.out.find("K0"), std::string::npos) << outcome.out;
  }
}

// What repeats the text token by token goes where the text is not the planner's any more, or spells a call.
TEST(FramesSeams, WhatSpellsTheTextIsCut) {
  for (const bool stream : {true, false}) {
    const Form ollama{Dialect::ollama, stream};
    const Form gemini{Dialect::gemini, stream};
    std::string lines = bytes_of(ollama, {{"ab", "#0"}});
    lines.insert(lines.find(R"("done":)"), R"("logprobs":[{"token":"SPELT"}],)");
    std::string events = bytes_of(gemini, {{"ab", "#0"}});
    events.insert(events.find(R"("finishReason")"), R"("citationMetadata":{"x":"SPELT"},)");
    for (const auto& [form, bytes] : {std::pair(ollama, lines), std::pair(gemini, events)}) {
      for (const auto& [filter, verdict, stays] :
           {std::tuple("none", kAllow, true), std::tuple("none", kDeny, false),
            std::tuple("loud", kAllow, false), std::tuple("none", kChange, false)}) {
        const Outcome outcome = play(
            form.dialect, form.request(), {bytes}, by(verdict), [] { return SIZE_MAX; },
            form.options(filter));
        ASSERT_EQ(outcome.error, "");
        EXPECT_EQ(outcome.out.find("SPELT") != std::string::npos, stays)
            << form.name() << filter << outcome.out;
        EXPECT_EQ(read(form, outcome.out).problem, "") << outcome.out;
      }
    }
  }
}

}  // namespace
}  // namespace weir::wire

#include "wire/sse.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace weir::wire {
namespace {

Result<std::vector<SseEvent>> parse(std::string_view text, size_t piece = SIZE_MAX) {
  SseParser parser;
  std::vector<SseEvent> events;
  for (size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at))
    WEIR_TRY(parser.feed(text.substr(at, piece), events));
  return events;
}

TEST(Sse, NamesDataAndRawBytes) {
  const std::string text =
      "\xEF\xBB\xBF"
      "event: a\ndata: 1\ndata:2\nid: 7\n\n: comment\n\r\ndata\r\n\r\nevent:b\nretry: 10\n\n\n";
  for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{2}, size_t{3}}) {
    const auto events = parse(text, piece);
    ASSERT_TRUE(events.has_value());
    ASSERT_EQ(events->size(), 5U);
    EXPECT_EQ((*events)[0].name, "a");
    EXPECT_EQ((*events)[0].data, "1\n2");
    EXPECT_FALSE((*events)[1].has_data);
    EXPECT_TRUE((*events)[2].has_data);
    EXPECT_EQ((*events)[2].data, "");
    EXPECT_EQ((*events)[3].name, "b");
    std::string all;
    for (const SseEvent& event : *events) all += event.raw;
    EXPECT_EQ(all, text);
  }
}

TEST(Sse, RestIsWhatHasNotEnded) {
  SseParser parser;
  std::vector<SseEvent> events;
  ASSERT_TRUE(parser.feed("data: 1\n\ndata: 2\n", events).has_value());
  EXPECT_EQ(events.size(), 1U);
  EXPECT_EQ(parser.rest(), "data: 2\n");
}

// What some clients read as data and others as a comment or as nothing.
TEST(Sse, RefusesWhatClientsReadDifferently) {
  for (const std::string_view text : {
           ": x\rdata: {}\n\n",
           "data: \r{\"choices\":[]}\n\n",
           "{\"choices\":[]}\n\n",
           " data: {}\n\n",
           "Data: {}\n\n",
           "datum: {}\n\n",
           "data: 1\n\n\xEF\xBB\xBF"
           "data: {}\n\n",
       }) {
    EXPECT_FALSE(parse(text).has_value()) << text;
    EXPECT_FALSE(parse(text, 1).has_value()) << text;
  }
}

TEST(Sse, EventAtTheLimitAndPast) {
  const std::string head = "data: ";
  const std::string at(limits::kSseEventBytesMax - head.size() - 2, 'x');
  EXPECT_TRUE(parse(head + at + "\n\n").has_value());
  EXPECT_FALSE(parse(head + at + "x\n\n").has_value());
  EXPECT_FALSE(parse(head + at + "x\n\n", 65'536).has_value());
  EXPECT_FALSE(parse(head + at + "xxxx").has_value());
}

RC_GTEST_PROP(Sse, PiecesDoNotMatter, ()) {
  const auto lines = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("data: x\n", "data: y\r\n", "\n", "\r\n", ": c\n", "event: e\n", "id:\n",
                                    "data\n", "bad\n", "data: \r.\n"));
  std::string text;
  for (const std::string& line : lines) text += line;
  const auto whole = parse(text);
  const auto pieces = parse(text, *rc::gen::inRange<size_t>(1, 7));
  RC_ASSERT(whole.has_value() == pieces.has_value());
  if (!whole) return;
  RC_ASSERT(whole->size() == pieces->size());
  for (size_t i = 0; i < whole->size(); ++i) {
    RC_ASSERT((*whole)[i].raw == (*pieces)[i].raw);
    RC_ASSERT((*whole)[i].data == (*pieces)[i].data);
  }
}

TEST(Sse, MarksOfAnEvent) {
  const auto marks = [](std::string_view fields) {
    SseParser parser;
    std::vector<SseEvent> events;
    EXPECT_TRUE(parser.feed(std::string(fields) + "\n", events).has_value());
    EXPECT_EQ(events.size(), 1u);
    const SseMarks found = marks_of(events.at(0));
    return found.id.value_or("none") + "," + std::to_string(found.retry_ms.value_or(-1));
  };
  EXPECT_EQ(marks("data: x\n"), "none,-1");
  EXPECT_EQ(marks("id: 7\nretry: 500\ndata: x\n"), "7,500");
  EXPECT_EQ(marks("\xEF\xBB\xBFid:a\r\nid:  b:c\r\nretry:0\r\n\r"), " b:c,0");
  EXPECT_EQ(marks("id\nretry\n"), ",-1");
  EXPECT_EQ(marks(std::string_view("id: a\nid: b\0\n", 13)), "a,-1");
  for (const char* retry : {"-1", "+1", " 1", "1 ", "1.5", "x", "99999999999999999999"})
    EXPECT_EQ(marks(std::string("retry: ") + retry + "\n"), "none,-1") << retry;
}

TEST(Sse, BoundMayBeAnother) {
  for (const bool past : {false, true}) {
    SseParser parser(20);
    std::vector<SseEvent> events;
    const std::string event = "data:" + std::string(past ? 14 : 13, 'x') + "\n\n";
    EXPECT_EQ(parser.feed(event, events).has_value(), !past);
  }
}

}  // namespace
}  // namespace weir::wire

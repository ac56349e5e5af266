#include "egress/dns.h"

#include <gtest/gtest.h>

namespace weir::egress {
namespace {

using namespace std::string_view_literals;

std::string query(std::string_view labels, uint16_t type = kTypeA, std::string_view flags = "\x01\x00"sv) {
  std::string out = "\x12\x34";
  out += flags;
  out += "\x00\x01\x00\x00\x00\x00\x00\x00"sv;
  out += labels;
  out += '\0';
  out += static_cast<char>(type >> 8);
  out += static_cast<char>(type & 0xff);
  out += "\x00\x01"sv;
  return out;
}

TEST(Dns, ReadsAPlainQuery) {
  const auto question =
      parse_query(query("\x03"
                        "API\x07"
                        "example"sv));
  ASSERT_TRUE(question);
  EXPECT_EQ(question->id, 0x1234);
  EXPECT_EQ(question->name, "api.example");
  EXPECT_EQ(question->type, kTypeA);
  EXPECT_TRUE(question->recursion_desired);
}

TEST(Dns, AnswersWithTheAddress) {
  const std::string answer = answer_address(*parse_query(query("\x01"
                                                               "a\x01"
                                                               "b"sv)),
                                            0xc6120002);
  EXPECT_EQ(answer.substr(0, 4), "\x12\x34\x85\x80"sv);
  EXPECT_EQ(answer.substr(4, 8), "\x00\x01\x00\x01\x00\x00\x00\x00"sv);
  EXPECT_EQ(answer.substr(answer.size() - 4), "\xc6\x12\x00\x02"sv);
  EXPECT_EQ(answer_no_name(*parse_query(query("\x01"
                                              "a"sv)))
                .substr(2, 2),
            "\x85\x83"sv);
  EXPECT_EQ(answer_no_data(*parse_query(query("\x01"
                                              "a"sv)))
                .substr(2, 2),
            "\x85\x80"sv);
}

// A label may hold any byte; a name that is none must not become one that is granted.
TEST(Dns, ANameThatIsNoneIsEmpty) {
  for (const std::string_view labels : {"\x0b"
                                        "api.example"sv,
                                        "\x04"
                                        "api\0\x07"
                                        "example"sv,
                                        "\x04"
                                        "127.\x01"
                                        "1"sv,
                                        "\x03"
                                        "127\x01"
                                        "1"sv,
                                        "\x03"
                                        "a b"sv,
                                        ""sv}) {
    const auto question = parse_query(query(labels));
    ASSERT_TRUE(question);
    EXPECT_EQ(question->name, "");
  }
}

TEST(Dns, WhatIsNoQueryGetsNoAnswer) {
  EXPECT_FALSE(parse_query(""));
  EXPECT_FALSE(
      parse_query(query("\x01"
                        "a"sv,
                        kTypeA, "\x81\x00"sv)));  // an answer
  EXPECT_FALSE(
      parse_query(query("\x01"
                        "a"sv,
                        kTypeA, "\x29\x00"sv)));   // another opcode
  EXPECT_FALSE(parse_query(query("\xc0\x0c"sv)));  // a pointer
  EXPECT_FALSE(
      parse_query(query("\x3f"
                        "short"sv)));
  std::string two = query(
      "\x01"
      "a"sv);
  two[5] = 2;
  EXPECT_FALSE(parse_query(two));
  for (size_t size = 0; size < query("\x01"
                                     "a"sv)
                                   .size();
       ++size)
    EXPECT_FALSE(parse_query(query("\x01"
                                   "a"sv)
                                 .substr(0, size)))
        << size;
}

}  // namespace
}  // namespace weir::egress

#include "seal/answer_type.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/limits.h"

namespace weir::seal {
namespace {

Result<AnswerType> parsed(const std::string& json_text) {
  auto document = json::parse(json_text);
  EXPECT_TRUE(document.has_value()) << json_text;
  return parse_answer_type(document->root(), "/answer_type");
}

AnswerType type(const std::string& text) {
  auto out = parsed(json::quote(text));
  EXPECT_TRUE(out.has_value()) << text;
  return out ? *out : AnswerType{};
}

TEST(AnswerType, IsReadFromTextAndFromAnObject) {
  EXPECT_EQ(type("bool").kind, AnswerType::Kind::boolean);
  EXPECT_EQ(type("int: -3 .. 50").min, -3);
  EXPECT_EQ(type("int:0..50").max, 50);
  EXPECT_EQ(type("enum:red, green").options, (std::vector<std::string>{"red", "green"}));
  EXPECT_EQ(parsed(R"({"type":"enum","options":["a,b","c"]})")->options,
            (std::vector<std::string>{"a,b", "c"}));
  EXPECT_EQ(parsed(R"({"type":"int","min":1,"max":2})")->max, 2);
  EXPECT_EQ(parsed(R"({"type":"date","from":"1970-01-02","to":"1970-01-31"})")->min, 1);
}

TEST(AnswerType, WithoutBoundsItIsRefused) {
  for (const char* text : {"\"int\"", "\"int:5..1\"", "\"int:0..99999999999999999\"", "\"date\"",
                           "\"date:2024-13-01..2024-12-01\"", "\"date:2024-02-30..2024-03-01\"", "\"enum:\"",
                           "\"enum:a,a\"", "\"string\"", "\"\"", "7", "null", "{}", R"({"type":"int","min":"1"})"}) {
    const auto out = parsed(text);
    ASSERT_FALSE(out.has_value()) << text;
    EXPECT_EQ(out.error().where, "/answer_type");
  }
  std::string many = "enum:0";
  for (size_t i = 1; i < limits::kEnumOptionsMax; ++i) many += "," + std::to_string(i);
  EXPECT_TRUE(parsed(json::quote(many)).has_value());
  EXPECT_FALSE(parsed(json::quote(many + ",more")).has_value());
}

TEST(AnswerType, CostsAllItsOutcomesAndTheFailure) {
  EXPECT_DOUBLE_EQ(type("bool").bits(), std::log2(3));
  EXPECT_DOUBLE_EQ(type("int:0..6").bits(), 3);
  EXPECT_DOUBLE_EQ(type("enum:a,b,c").bits(), 2);
  EXPECT_DOUBLE_EQ(type("date:2024-01-01..2024-01-07").bits(), 3);
  EXPECT_DOUBLE_EQ(type("text").bits(), 0);
  EXPECT_DOUBLE_EQ(type("list").bits(), 0);
}

TEST(AnswerType, OnlyTheTypesOwnSpellingComesThrough) {
  EXPECT_EQ(read_answer(type("bool"), " {\"answer\": true}\n"), "true");
  EXPECT_EQ(read_answer(type("bool"), "```json\n{\"answer\":false}\n```"), "false");
  EXPECT_EQ(read_answer(type("bool"), "true"), "true");
  for (const char* text : {"yes", "{\"answer\":1}", "{\"answer\":\"true\"}", "", "{\"answer\":true} and more",
                           "{\"answer\":true,\"answer\":false}"})
    EXPECT_FALSE(read_answer(type("bool"), text).has_value()) << text;
  EXPECT_EQ(read_answer(type("int:0..9"), "7"), "7");
  for (const char* text : {"10", "-1", "7.0", "7e0", "07", "\"7\""})
    EXPECT_FALSE(read_answer(type("int:0..9"), text).has_value()) << text;
  EXPECT_EQ(read_answer(type("enum:a,b"), "{\"answer\":\"\\u0061\"}"), "\"a\"");
  EXPECT_EQ(read_answer(type("enum:a,b"), "b"), "\"b\"");
  EXPECT_FALSE(read_answer(type("enum:a,b"), "{\"answer\":\"A\"}").has_value());
  EXPECT_EQ(read_answer(type("date:2024-02-28..2024-03-01"), "2024-02-29"), "\"2024-02-29\"");
  EXPECT_FALSE(read_answer(type("date:2024-02-28..2024-03-01"), "2024-03-02").has_value());
  EXPECT_FALSE(read_answer(type("date:2024-02-28..2024-03-01"), "2023-02-29").has_value());
}

TEST(AnswerType, TextIsWhateverTheReaderWrote) {
  EXPECT_EQ(read_answer(type("text"), "{\"answer\":\"a summary\"}"), "\"a summary\"");
  EXPECT_EQ(read_answer(type("text"), "just prose"), "\"just prose\"");
  EXPECT_EQ(read_answer(type("list"), "{\"answer\":[\"a\",\"b\"]}"), "[\"a\",\"b\"]");
  EXPECT_FALSE(read_answer(type("list"), "{\"answer\":[1]}").has_value());
  EXPECT_FALSE(read_answer(type("text"), "\xff").has_value());
  EXPECT_FALSE(read_answer(type("text"), std::string(limits::kReaderAnswerBytesMax + 1, 'a')).has_value());
}

TEST(AnswerType, DatesGoThereAndBack) {
  for (const char* day : {"0001-01-01", "1600-02-29", "1969-12-31", "1970-01-01", "2000-02-29", "2024-12-31",
                          "9999-12-31"}) {
    const AnswerType one = type(std::string("date:") + day + ".." + day);
    EXPECT_EQ(read_answer(one, day), json::quote(day));
    EXPECT_DOUBLE_EQ(one.bits(), 1);
  }
}

}  // namespace
}  // namespace weir::seal

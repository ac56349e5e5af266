#include "wire/mcp/headers.h"

#include <gtest/gtest.h>

namespace weir::wire::mcp {
namespace {

Result<std::vector<HeaderParam>> params_of(const std::string& properties) {
  const auto document = json::parse(R"({"type":"object","properties":)" + properties + "}");
  EXPECT_TRUE(document.has_value()) << properties;
  return header_params(document->root());
}

TEST(Headers, ValuesAreThemselvesOrEncoded) {
  for (const char* plain : {"us-west1", "a b", "", "=?base64?", "a=?base64?eA==?="})
    EXPECT_EQ(header_value(plain), plain);
  EXPECT_EQ(header_value("Hello, 世界"), "=?base64?SGVsbG8sIOS4lueVjA==?=");
  EXPECT_EQ(header_value(" padded "), "=?base64?IHBhZGRlZCA=?=");
  EXPECT_EQ(header_value("line1\nline2"), "=?base64?bGluZTEKbGluZTI=?=");
  EXPECT_EQ(header_value("=?base64?literal?="), "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=");
  EXPECT_EQ(header_value("\tx"), "=?base64?CXg=?=");
}

TEST(Headers, EveryValueComesBack) {
  for (const char* text : {"us-west1", "Hello, 世界", " padded ", "line1\r\nline2", "=?base64?literal?=", ""})
    EXPECT_EQ(from_header_value(header_value(text)), text);
  for (const char* bad : {"=?base64?!!?=", "=?base64?/w==?=", "caf\xc3\xa9", "a\x01"})
    EXPECT_FALSE(from_header_value(bad).has_value()) << bad;
}

TEST(Headers, AnnotationsAreFoundByPropertiesAlone) {
  const auto found =
      params_of(R"({"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"object","properties":)"
                R"({"c":{"type":"integer","x-mcp-header":"C"}}}})");
  ASSERT_TRUE(found.has_value()) << found.error().text();
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].header, "Mcp-Param-A");
  EXPECT_EQ((*found)[1].path, (std::vector<std::string>{"b", "c"}));
  const auto arguments = json::parse(R"({"a":null,"b":{"c":42.0}})");
  EXPECT_EQ(param_headers(*found, arguments->root()), (HeaderList{{"Mcp-Param-C", "42"}}));
}

TEST(Headers, AnAnnotationThatBreaksARuleSpoilsTheTool) {
  for (const char* bad :
       {R"({"a":{"type":"string","x-mcp-header":""}})", R"({"a":{"type":"string","x-mcp-header":"a b"}})",
        R"({"a":{"type":"string","x-mcp-header":7}})", R"({"a":{"type":"number","x-mcp-header":"A"}})",
        R"({"a":{"type":"object","x-mcp-header":"A"}})", R"({"a":{"x-mcp-header":"A"}})",
        R"({"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}})",
        R"({"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}})",
        R"({"a":{"anyOf":[{"type":"string","x-mcp-header":"A"}]}})"})
    EXPECT_FALSE(params_of(bad).has_value()) << bad;
  EXPECT_TRUE(params_of(R"({"a":{"type":"string","const":"x-mcp-header"}})").has_value());
}

TEST(Headers, ArgumentsAreComparedByWhatTheyAre) {
  const auto params =
      params_of(R"({"s":{"type":"string","x-mcp-header":"S"},"n":{"type":"integer","x-mcp-header":"N"},)"
                R"("b":{"type":"boolean","x-mcp-header":"B"}})");
  ASSERT_TRUE(params.has_value());
  const auto check = [&](const char* arguments, HeaderList fields) {
    const auto document = json::parse(arguments);
    return check_param_headers(*params, document->root(),
                               [&](std::string_view name) {
                                 std::vector<std::string_view> all;
                                 for (const auto& [field, value] : fields)
                                   if (field == name) all.push_back(value);
                                 return all;
                               })
        .has_value();
  };
  EXPECT_TRUE(check(R"({"s":"x"})", {{"Mcp-Param-S", "x"}}));
  EXPECT_TRUE(check(R"({"n":42})", {{"Mcp-Param-N", "42.0"}}));
  EXPECT_TRUE(check(R"({"b":true,"s":null})", {{"Mcp-Param-B", "true"}}));
  EXPECT_FALSE(check(R"({"s":"x"})", {}));
  EXPECT_FALSE(check(R"({"s":"x"})", {{"Mcp-Param-S", "y"}}));
  EXPECT_FALSE(check(R"({})", {{"Mcp-Param-S", "x"}}));
  EXPECT_FALSE(check(R"({"s":null})", {{"Mcp-Param-S", "null"}}));
  EXPECT_FALSE(check(R"({"s":"42"})", {{"Mcp-Param-S", "42.0"}}));
  EXPECT_FALSE(check(R"({"s":"x"})", {{"Mcp-Param-S", "x"}, {"Mcp-Param-S", "x"}}));
}

}  // namespace
}  // namespace weir::wire::mcp

#include "setup/edit.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "setup/toml_lines.h"

namespace weir::setup {
namespace {

std::string set(std::string_view text, const std::vector<std::string_view>& path, std::string_view value,
                Syntax syntax = Syntax::json) {
  const auto root = read_json(text, "f", syntax);
  EXPECT_TRUE(root) << root.error().text();
  std::vector<Edit> edits;
  const auto made = set_member(*root, text, path, value, edits);
  if (!made) return "error: " + made.error().message;
  return apply_edits(text, edits).value();
}

std::string replace(std::string_view text, const std::vector<size_t>& gone, std::string_view key,
                    Syntax syntax = Syntax::json) {
  const auto root = read_json(text, "f", syntax);
  EXPECT_TRUE(root) << root.error().text();
  std::vector<Edit> edits;
  replace_members(*root, text, gone, key, "1", edits);
  return apply_edits(text, edits).value();
}

TEST(Edit, SetsMembersInTheFilesStyle) {
  EXPECT_EQ(set(R"({"a":1})", {"a"}, "2"), R"({"a":2})");
  EXPECT_EQ(set(R"({"a":1})", {"b"}, "2"), R"({"a":1, "b": 2})");
  EXPECT_EQ(set("{}", {"b"}, "2"), "{\n  \"b\": 2\n}");
  EXPECT_EQ(set("{\n    \"a\": 1\n}\n", {"b"}, "2"), "{\n    \"a\": 1,\n    \"b\": 2\n}\n");
  EXPECT_EQ(set("{\r\n\t\"a\": 1\r\n}\r\n", {"b"}, "2"), "{\r\n\t\"a\": 1,\r\n\t\"b\": 2\r\n}\r\n");
  EXPECT_EQ(set("{\n  \"a\": {}\n}", {"a", "b"}, "2"), "{\n  \"a\": {\n    \"b\": 2\n  }\n}");
  EXPECT_EQ(set("{\n  \"a\": 1\n}", {"x", "y", "z"}, "2"), "{\n  \"a\": 1,\n  \"x\": {\"y\": {\"z\": 2}}\n}");
  EXPECT_EQ(set(R"({"a":1})", {"a", "b"}, "2"), R"(error: expected an object, so that it can hold "b")");
}

TEST(Edit, Json5KeepsCommentsAndCommas) {
  const auto json5 = Syntax::json5;
  EXPECT_EQ(set("{\n  a: 1, // one\n}", {"b"}, "2", json5), "{\n  a: 1, // one\n  \"b\": 2,\n}");
  EXPECT_EQ(set("{\n  a: 1 // one\n}", {"b"}, "2", json5), "{\n  a: 1, // one\n  \"b\": 2\n}");
  EXPECT_EQ(set("{ a: 1, /* x, y */ }", {"b"}, "2", json5), "{ a: 1, \"b\": 2 /* x, y */ }");
  EXPECT_EQ(set("{\n  a: 1 /* , */ ,\n}", {"b"}, "2", json5), "{\n  a: 1 /* , */ ,\n  \"b\": 2,\n}");
  EXPECT_EQ(replace("{\n  a: 1, // one\n  b: 2, // two\n  c: 3\n}", {1}, "", json5),
            "{\n  a: 1, // one // two\n  c: 3\n}");
  EXPECT_EQ(replace("{\n  a: 1, // one\n  b: 2\n}", {1}, "", json5), "{\n  a: 1, // one\n}");
}

TEST(Edit, ReplacesMembers) {
  EXPECT_EQ(replace(R"({"a":1,"b":2,"c":3})", {1}, "w"), R"({"a":1,"w": 1,"c":3})");
  EXPECT_EQ(replace(R"({"a":1,"b":2,"c":3})", {0, 1, 2}, "w"), R"({"w": 1})");
  EXPECT_EQ(replace(R"({"a":1,"b":2,"c":3})", {0, 1, 2}, ""), "{}");
  EXPECT_EQ(replace(R"({"a":1,"b":2,"c":3})", {0, 2}, ""), R"({"b":2})");
  EXPECT_EQ(replace(R"({"a":1,"b":2,"c":3})", {0, 1}, ""), R"({"c":3})");
  EXPECT_EQ(replace("{\n  \"a\": 1,\n  \"b\": 2\n}\n", {0, 1}, "w"), "{\n  \"w\": 1\n}\n");
}

TEST(Edit, OverlapsAndRangesPastTheEndAreErrors) {
  EXPECT_FALSE(apply_edits("abc", {{0, 2, ""}, {1, 3, ""}}));
  EXPECT_FALSE(apply_edits("abc", {{2, 4, ""}}));
  EXPECT_EQ(apply_edits("abc", {{3, 3, "x"}, {0, 1, ""}, {3, 3, "y"}}).value(), "bcxy");
}

// A JSON text of random layout, as people and programs write it.
std::string print(int depth, bool json5, bool object = false) {
  const auto space = [&] {
    return *rc::gen::element<std::string>("", " ", "\n", "\n  ", "\r\n", json5 ? "/* , } */" : " ",
                                          json5 ? " // a, b {\n" : "");
  };
  if (!object && (depth == 0 || *rc::gen::inRange(0, 3) == 0))
    return *rc::gen::element<std::string>("1", "\"x\"", "true", "null", "[1, {\"a\": 2}]", "\"\\\"}\"",
                                          "-2.5e3");
  std::string out = "{" + space();
  const int members = *rc::gen::inRange(object ? 1 : 0, 5);
  for (int i = 0; i < members; ++i) {
    out += "\"k" + std::to_string(i) + "\"" + space() + ":" + space() + print(depth - 1, json5) + space();
    if (i + 1 < members || (json5 && *rc::gen::inRange(0, 2) == 0)) out += "," + space();
  }
  return out + "}";
}

RC_GTEST_PROP(EditProperty, SettingChangesOnlyThatMember, ()) {
  const bool json5 = *rc::gen::inRange(0, 2) == 0;
  const Syntax syntax = json5 ? Syntax::json5 : Syntax::json;
  const std::string text = "{\"k9\": 1, \"k0\":" + print(3, json5) + "}";
  const auto before = read_json(text, "f", syntax);
  RC_ASSERT(before.has_value());
  const std::string key = *rc::gen::element<std::string>("k0", "k9", "new");
  const std::string inner = *rc::gen::element<std::string>("k1", "new");
  const bool deep = (*before)["k0"].is_object() && *rc::gen::inRange(0, 2) == 0;
  const std::vector<std::string_view> path =
      deep ? std::vector<std::string_view>{"k0", inner} : std::vector<std::string_view>{key};
  std::vector<Edit> edits;
  RC_ASSERT(set_member(*before, text, path, "[\"set\"]", edits).has_value());
  const auto edited = apply_edits(text, edits);
  RC_ASSERT(edited.has_value());
  const auto after = read_json(*edited, "f", syntax);
  RC_ASSERT(after.has_value());
  const Node& at = deep ? (*after)["k0"][inner] : (*after)[key];
  RC_ASSERT(at.kind == Kind::array && at.children.size() == 1 && at.children[0].text == "set");
  // All else is equal.
  const auto drop = [&](Node node) {
    Node& object = deep ? *std::find_if(node.children.begin(), node.children.end(),
                                        [](const Node& child) { return child.key == "k0"; })
                        : node;
    std::erase_if(object.children, [&](const Node& child) { return child.key == path.back(); });
    return node;
  };
  RC_ASSERT(same_value(drop(*before), drop(*after)));
}

RC_GTEST_PROP(EditProperty, ReplacingTakesOutJustThose, ()) {
  const bool json5 = *rc::gen::inRange(0, 2) == 0;
  const Syntax syntax = json5 ? Syntax::json5 : Syntax::json;
  const std::string text = print(3, json5, true);
  auto before = read_json(text, "f", syntax);
  RC_ASSERT(before.has_value());
  std::vector<size_t> gone;
  for (size_t i = 0; i < before->children.size(); ++i) {
    if (*rc::gen::inRange(0, 2) == 0) gone.push_back(i);
  }
  RC_PRE(!gone.empty());
  const bool put = *rc::gen::inRange(0, 2) == 0;
  std::vector<Edit> edits;
  replace_members(*before, text, gone, put ? "weir" : "", "{\"a\": 1}", edits);
  const auto edited = apply_edits(text, edits);
  RC_ASSERT(edited.has_value());
  auto after = read_json(*edited, "f", syntax);
  RC_ASSERT(after.has_value());
  RC_ASSERT((*after)["weir"].exists() == put);
  std::erase_if(after->children, [](const Node& child) { return child.key == "weir"; });
  for (auto i = gone.rbegin(); i != gone.rend(); ++i)
    before->children.erase(before->children.begin() + static_cast<ptrdiff_t>(*i));
  RC_ASSERT(same_value(*before, *after));
}

TEST(TomlLines, FindsTables) {
  const std::string text =
      "# head\na = \"\"\"\n[not]\n\"\"\"\nb = [\n  1, # ]\n]\n\n# about x\n[ x . \"y.z\" ]\nc = 1\n# end of "
      "x\n\n[[t]]\nd = "
      "'[e]'\n";
  const auto tables = toml_tables(text);
  ASSERT_EQ(tables.size(), 3U);
  EXPECT_EQ(tables[1].path, (std::vector<std::string>{"x", "y.z"}));
  EXPECT_EQ(text.substr(tables[1].begin, tables[1].end - tables[1].begin), "[ x . \"y.z\" ]\nc = 1\n");
  EXPECT_TRUE(tables[2].array);
  EXPECT_EQ(tables[2].end, text.size());
}

TEST(TomlLines, SetsAString) {
  const auto set_string = [](std::string_view text) {
    std::vector<Edit> edits;
    set_toml_string(text, "k", "v", edits);
    return apply_edits(text, edits).value();
  };
  EXPECT_EQ(set_string(""), "k = \"v\"\n");
  EXPECT_EQ(set_string("a = 1\n"), "k = \"v\"\na = 1\n");
  EXPECT_EQ(set_string("a = 1\nk = 'x' # note\n[t]\nk = 1\n"), "a = 1\nk = \"v\" # note\n[t]\nk = 1\n");
  EXPECT_EQ(set_string("k = \"\"\"x\ny\"\"\"\n"), "k = \"v\"\n");
  EXPECT_EQ(set_string("[t]\r\nk = 1\r\n"), "k = \"v\"\r\n[t]\r\nk = 1\r\n");
}

}  // namespace
}  // namespace weir::setup

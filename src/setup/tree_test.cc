#include "setup/tree.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json.h"
#include "base/limits.h"

namespace weir::setup {
namespace {

std::string json_error(std::string_view text, Syntax syntax = Syntax::json) {
  const auto root = read_json(text, "f", syntax);
  return root ? "" : root.error().text();
}

std::string yaml_error(std::string_view text) {
  const auto root = read_yaml(text, "f");
  return root ? "" : root.error().text();
}

TEST(Json, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(json_error("\xEF\xBB\xBF{}"),
            "f: the file begins with a byte order mark (save it as UTF-8 without one)");
  EXPECT_EQ(json_error("{\"a\": 1,\n \"b\": 2, \"a\": 3}"),
            "f:2:10: the key \"a\" is there twice (keep one of them)");
  EXPECT_EQ(json_error("{\"a\":1,\"\\u0061\":2}"), "f:1:8: the key \"a\" is there twice (keep one of them)");
  EXPECT_EQ(json_error("{\n  // note\n}"),
            "f:2:3: a comment, which this file may not have (it is read as strict JSON)");
  EXPECT_EQ(json_error("{\"a\": \"\xFF\"}"), "f:1:8: the file is not UTF-8");
  EXPECT_NE(json_error("{\"a\": 1"), "");
  for (const char* bad :
       {"",    "{",     "[",  "\"",  "{\"a\"}", "{a: 1}", "[1,]",      "{\"a\": 1,}", "01",
        "1.",  ".5",    "+1", "'a'", "tru",     "{} {}",  "\"\\x41\"", "\"\\ud800\"", "\"a\nb\"",
        "NaN", "[1 2]", "/",  "nul"})
    EXPECT_NE(json_error(bad), "") << bad;
}

TEST(Json, Json5) {
  const auto root = read_json(
      "/* c */ {a: 'it\\'s', $b_1: +1, \"c\": .5, d: 0xFF, e: [1, 2,], f: NaN, g: 'x\\\ny', // end\n}", "f",
      Syntax::json5);
  ASSERT_TRUE(root) << root.error().text();
  EXPECT_EQ((*root)["a"].text, "it's");
  EXPECT_EQ((*root)["d"].text, "0xFF");
  EXPECT_EQ((*root)["e"].children.size(), 2U);
  EXPECT_EQ((*root)["g"].text, "xy");
  for (const char* bad : {"{a}", "{a: 1 b: 2}", "{,}", "[,]", "{a: 08}", "{a: 0x}", "{a: .}", "/* x",
                          "{a: 'x\ny'}", "{a:1,a:2}", "{1: 2}"})
    EXPECT_NE(json_error(bad, Syntax::json5), "") << bad;
}

TEST(Env, ReadsVariables) {
  const auto root = read_env("# mine\nA=1 # one\n  export B = \"two # 2\"\r\n\nC=\nD='x' # y", "f");
  ASSERT_TRUE(root) << root.error().text();
  ASSERT_EQ(root->children.size(), 4U);
  EXPECT_EQ((*root)["A"].text, "1");
  EXPECT_EQ((*root)["B"].text, "two # 2");
  EXPECT_EQ((*root)["C"].text, "");
  EXPECT_EQ((*root)["D"].text, "x");
  EXPECT_EQ((*root)["A"].member_begin, 7U);
  EXPECT_EQ((*root)["A"].member_end, 17U);
  for (const char* bad :
       {"A", "=1", "A B=1", "A=1\nA=2", "A=\"x\ny\"", "A='x", "A=\"x\" y", "A=\"a\\nb\"", "export", "A: 1",
        "\xEF\xBB\xBF"
        "A=1"})
    EXPECT_FALSE(read_env(bad, "f")) << bad;
}

TEST(Json, Limits) {
  const auto nested = [](int levels) {
    return std::string(static_cast<size_t>(levels), '[') + std::string(static_cast<size_t>(levels), ']');
  };
  EXPECT_EQ(json_error(nested(limits::kSetupDepthMax + 1)), "");
  EXPECT_NE(json_error(nested(limits::kSetupDepthMax + 2)), "");
  const auto values = [](size_t count) {
    std::string text = "[";
    for (size_t i = 0; i + 1 < count; ++i) text += i == 0 ? "1" : ",1";
    return text + "]";
  };
  EXPECT_EQ(json_error(values(limits::kSetupNodesMax)), "");
  EXPECT_NE(json_error(values(limits::kSetupNodesMax + 1)), "");
  EXPECT_EQ(json_error("1" + std::string(limits::kSetupFileBytesMax - 1, ' ')), "");
  EXPECT_NE(json_error("1" + std::string(limits::kSetupFileBytesMax, ' ')), "");
}

// base/json is the reference: what one accepts the other does, with the same values.
RC_GTEST_PROP(JsonProperty, AgreesWithBaseJson, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("{}[]\",:1e-.0tru\\un a\n/*'")));
  const auto ours = read_json(text, "f", Syntax::json);
  const auto theirs = json::parse(text);
  RC_ASSERT(ours.has_value() == theirs.has_value());
  if (ours) RC_ASSERT(text.substr(ours->begin, ours->end - ours->begin) == theirs->root().raw());
}

RC_GTEST_PROP(YamlProperty, NeverCrashesAndSpansAreInTheText, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab: -\n  #'\"{}[],|>\r\t&*~1")));
  const auto root = read_yaml(text, "f");
  if (!root) return;
  size_t last = 0;
  for (const Node& child : root->children) {
    RC_ASSERT(child.member_begin >= last && child.member_end <= text.size() && child.end <= text.size());
    RC_ASSERT(child.begin <= child.end && child.member_begin <= child.member_end);
    last = root->flow ? 0 : child.member_end;
  }
}

TEST(Yaml, WhatGooseWrites) {
  const std::string text =
      "# my config\nGOOSE_PROVIDER: openai  # note\nextensions:\n  developer:\n    enabled: true\n    type: "
      "builtin\n    name: "
      "developer\n  files:\n    enabled: true\n    type: stdio\n    cmd: npx\n    args:\n    - -y\n    - "
      "'@modelcontextprotocol/server-filesystem'\n    - /srv/it''s\n    envs: {}\n    env_keys:\n      - "
      "A_KEY\n    timeout: 300\n"
      "    description: |-\n      two\n      lines\n    headers: {\"a b\": 'c', d: [1, x]}\n\n# "
      "last\nGOOSE_MODEL: \"gpt: 4\"\n";
  const auto root = read_yaml(text, "f");
  ASSERT_TRUE(root) << root.error().text();
  EXPECT_EQ((*root)["GOOSE_PROVIDER"].text, "openai");
  EXPECT_EQ((*root)["GOOSE_MODEL"].text, "gpt: 4");
  const Node& files = (*root)["extensions"]["files"];
  EXPECT_EQ(files["args"].strings(),
            (std::vector<std::string>{"-y", "@modelcontextprotocol/server-filesystem", "/srv/it''s"}));
  EXPECT_EQ(files["env_keys"].strings(), std::vector<std::string>{"A_KEY"});
  EXPECT_EQ(files["description"].text, "two\nlines\n");
  EXPECT_EQ(files["headers"]["a b"].text, "c");
  EXPECT_EQ(files["headers"]["d"].children[1].text, "x");
  EXPECT_TRUE(files["envs"].is_object());
  const std::string_view member =
      std::string_view(text).substr(files.member_begin, files.member_end - files.member_begin);
  EXPECT_TRUE(member.starts_with("  files:\n") && member.ends_with("d: [1, x]}\n")) << member;
}

TEST(Yaml, Empty) {
  for (const char* text : {"", "\n\n", "# only this\n", "---\n"}) {
    const auto root = read_yaml(text, "f");
    ASSERT_TRUE(root) << text;
    EXPECT_TRUE(root->is_object() && root->children.empty());
  }
}

TEST(Yaml, RefusesWhatItDoesNotRead) {
  for (const char* bad : {"a: &x 1\n",
                          "a: *x\n",
                          "a: !t 1\n",
                          "a: b\n  c\n",
                          "a:\n  b: 1\n c: 2\n",
                          "a: 1\na: 2\n",
                          "- 1\n",
                          "a: 'x\n  y'\n",
                          "a: {b: 1,\n  c: 2}\n",
                          "\ta: 1\n",
                          "? a\n: b\n",
                          "a: 1\n---\nb: 2\n",
                          "a: |2\n  x\n",
                          "a: \"\\q\"\n",
                          "just text\n",
                          "a: [1, 2\n",
                          "a: 'x' y\n",
                          "a: {b}\n",
                          "a: 1\n- 2\n",
                          "\xEF\xBB\xBF"
                          "a: 1\n",
                          "<<: *base\n"})
    EXPECT_NE(yaml_error(bad), "") << bad;
  EXPECT_EQ(yaml_error("a: 1\nb:\n   c: 1\n  d: 2\n"),
            "f:4:3: unexpected indentation (weir reads simple YAML only, and leaves this file alone)");
}

TEST(Yaml, Limits) {
  const auto nested = [](int levels) {
    return "a: " + std::string(static_cast<size_t>(levels), '[') +
           std::string(static_cast<size_t>(levels), ']') + "\n";
  };
  EXPECT_EQ(yaml_error(nested(limits::kSetupDepthMax)), "");
  EXPECT_NE(yaml_error(nested(limits::kSetupDepthMax + 2)), "");
  std::string deep;
  for (int i = 0; i <= limits::kSetupDepthMax + 1; ++i)
    deep += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  EXPECT_NE(yaml_error(deep), "");
}

TEST(Toml, BecomesATree) {
  const auto root = read_toml("a = 1\nb = [\"x\", 2.5, true]\n[c.\"d e\"]\nf = \"g\"\n", "f");
  ASSERT_TRUE(root) << root.error().text();
  EXPECT_EQ((*root)["a"].text, "1");
  EXPECT_EQ((*root)["c"]["d e"]["f"].text, "g");
  EXPECT_EQ((*root)["b"].children[2].kind, Kind::boolean);
  EXPECT_FALSE(read_toml("a = 1\na = 2\n", "f"));
  EXPECT_FALSE(
      read_toml("\xEF\xBB\xBF"
                "a = 1\n",
                "f"));
}

}  // namespace
}  // namespace weir::setup

#include "manifest/draft.h"

#include <gtest/gtest.h>

#include <map>

#include "manifest/manifests.h"

namespace weir::manifest {
namespace {

DraftTool draft(const std::string& entry) {
  const auto document = json::parse(entry);
  EXPECT_TRUE(document.has_value());
  auto tool = draft_tool(document->root());
  EXPECT_TRUE(tool.has_value()) << (tool ? "" : tool.error().text());
  return tool ? std::move(*tool) : DraftTool{};
}

std::string effects(const std::string& entry) {
  std::string out;
  for (const std::string_view name : draft(entry).effects.names())
    out += (out.empty() ? "" : " ") + std::string(name);
  return out;
}

std::string named(const std::string& name) {
  return effects(R"({"name":")" + name + R"("})");
}

std::map<std::string, std::string> roles(const std::string& entry) {
  std::map<std::string, std::string> out;
  for (const DraftArg& arg : draft(entry).args) out[arg.name] = role_name(arg.role);
  return out;
}

constexpr const char* kAll = "read write send execute pay delete";

TEST(Draft, OnlyANameThatSaysNothingButReadingIsRead) {
  for (const char* name : {"get_user", "listFiles", "slack_list_channels", "API-retrieve-a-page",
                           "searchHTMLPages", "read", "get_comment", "list_orders", "get_pull_request"})
    EXPECT_EQ(named(name), "read") << name;
  EXPECT_EQ(named("search_and_replace"), "read write send");
  EXPECT_EQ(named("get_or_create_user"), "read write send");
  EXPECT_EQ(named("find_and_delete"), "read send delete");
  EXPECT_EQ(named("send_message"), "send");
  EXPECT_EQ(named("deleteRepo"), "send delete");
  EXPECT_EQ(named("create_refund"), "write send pay");
  EXPECT_EQ(named("run_query"), "send execute");
  for (const char* name : {"frobnicate", "x", "user", "page-7", "ünïcode"})
    EXPECT_EQ(named(name), kAll) << name;
}

TEST(Draft, WordsOfTheServerCountAgainstItOnly) {
  EXPECT_EQ(effects(R"({"name":"frob","annotations":{"readOnlyHint":true,"destructiveHint":false}})"), kAll);
  EXPECT_EQ(effects(R"({"name":"delete_x","description":"Only reads","annotations":{"readOnlyHint":true}})"),
            "send delete");
  EXPECT_EQ(effects(R"({"name":"get_x","annotations":{"readOnlyHint":false}})"), "read write send");
  EXPECT_EQ(effects(R"({"name":"get_x","annotations":{"destructiveHint":true}})"), "read write send delete");
  EXPECT_EQ(effects(R"({"name":"get_x","description":"Deletes it, too"})"), "read send delete");
  EXPECT_EQ(
      effects(R"({"name":"get_x","inputSchema":{"type":"object","properties":{"sql":{"type":"string"}}}})"),
      "read write send execute delete");
}

TEST(Draft, ContentOnlyWhereItIsPlainlyPayload) {
  const std::string schema =
      R"(,"inputSchema":{"type":"object","properties":{"to":{"type":"string"},"cc":{"type":"array","items":{"type":"string"}},)"
      R"("subject":{"type":"string"},"body":{"type":"string"},"title":{"enum":["a","b"]},"note":{"type":"object"},)"
      R"("folder":{"type":"string"},"command":{"type":"string"}}}})";
  const std::map<std::string, std::string> sending{
      {"to", "recipient"}, {"cc", "recipient"}, {"subject", "target"}, {"body", "target"},
      {"title", "target"}, {"note", "target"},  {"folder", "target"},  {"command", "command"}};
  EXPECT_EQ(roles(R"({"name":"send_mail")" + schema), sending) << "its command may run anything";
  const auto plain = roles(
      R"({"name":"send_mail","inputSchema":{"type":"object","properties":{"to":{"type":"string"},"subject":{"type":"string"},)"
      R"("body":{"type":"string"},"title":{"type":"string","enum":["a"]},"note":{"type":"object"},"folder":{"type":"string"}}}})");
  EXPECT_EQ(plain, (std::map<std::string, std::string>{{"to", "recipient"},
                                                       {"subject", "content"},
                                                       {"body", "content"},
                                                       {"title", "target"},
                                                       {"note", "target"},
                                                       {"folder", "target"}}));
  EXPECT_EQ(
      roles(R"({"name":"delete_page","inputSchema":{"properties":{"title":{"type":"string"}}}})").at("title"),
      "target");
  EXPECT_EQ(
      roles(
          R"({"name":"get_page","inputSchema":{"properties":{"title":{"type":"string"},"to":{"type":"string"}}}})"),
      (std::map<std::string, std::string>{{"title", "selector"}, {"to", "recipient"}}));
}

TEST(Draft, IsAManifestThatLoadsWhateverTheServerSays) {
  std::vector<DraftTool> tools;
  for (
      const char* entry :
      {R"({"name":"a\"b\n[tools.evil]","description":"x\"\"\"\n[tools.evil2]\neffects = []\u202e"})",
       R"({"name":"get.x","description":"\n\n  second line","inputSchema":{"properties":{"a b":{},"":{},"\u007f":{},"/p":{}}}})",
       R"({"name":"get_y","inputSchema":{"properties":{"ok":{"type":"string"}}}})"})
    tools.push_back(draft(entry));
  // A name with a line feed is none for manifests; what is drafted of it must not become another table.
  const std::string text = draft_toml({"one", "npm:@a/b"}, "npx\n[tools.evil3]", {tools[1], tools[2]});
  auto manifests = Manifests::shipped();
  ASSERT_TRUE(manifests.has_value());
  const Status added = manifests->add(text, "draft.toml");
  EXPECT_EQ(text.find("\n[tools.evil"), std::string::npos) << text;
  const std::string unnamed = draft_toml({"two"}, "", {tools[0]});
  EXPECT_EQ(unnamed.find("\n[tools.evil"), std::string::npos);
  EXPECT_TRUE(manifests->add(unnamed, "draft.toml").has_value()) << unnamed;
  ASSERT_TRUE(added.has_value()) << added.error().text();
  // Arguments that look like pointers are only what they are called.
  const ToolFacts& odd = manifests->facts("one", "get.x");
  ASSERT_EQ(odd.args.size(), 4U);
  EXPECT_EQ(odd.role_of("/~1p"), ArgRole::selector);
  EXPECT_EQ(odd.role_of("/"), ArgRole::selector);
  EXPECT_EQ(odd.role_of("/p"), ArgRole::target);
  EXPECT_EQ(odd.role_of(""), ArgRole::target);
  ASSERT_TRUE(manifests->add(draft_toml({"one", "npm:@a/b"}, "x", {tools[2]}), "draft.toml").has_value());
  const ToolFacts& facts = manifests->facts("npm:@a/b", "get_y");
  EXPECT_TRUE(facts.effects.only_reads());
  EXPECT_TRUE(facts.remote);
  EXPECT_FALSE(facts.result.trusted);
  EXPECT_EQ(facts.description, "") << "a server's words are never the manifest's";
}

}  // namespace
}  // namespace weir::manifest

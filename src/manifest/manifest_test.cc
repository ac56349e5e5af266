#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/embedded.h"
#include "base/limits.h"
#include "manifest/manifests.h"

namespace weir::manifest {
namespace {

ToolFacts one_tool(std::string_view body) {
  Manifests manifests;
  const Status added =
      manifests.add("server = \"s\"\n[tools.t]\neffects = []\n" + std::string(body), "s.toml");
  EXPECT_TRUE(added.has_value()) << added.error().text();
  return manifests.facts("s", "t");
}

TEST(Manifests, EveryShippedOneLoadsAndSaysHowItWasVerified) {
  const auto manifests = Manifests::shipped();
  ASSERT_TRUE(manifests.has_value()) << manifests.error().text();
  for (const char* name : {"mail",
                           "files",
                           "bank",
                           "calendar",
                           "web",
                           "search",
                           "shell",
                           "chat",
                           "memory",
                           "contacts",
                           "tickets",
                           "repo",
                           "db",
                           "client:claude-code",
                           "client:codex",
                           "client:openclaw",
                           "client:goose",
                           "client:opencode",
                           "client:qwen-code",
                           "client:gemini-cli"}) {
    EXPECT_TRUE(manifests->has_server(name)) << name;
  }
  EXPECT_EQ(manifests->facts("bank", "send_money").verified, "docs");
}

TEST(Manifests, NoTwoShippedOnesSpeakOfTheSameServer) {
  std::map<std::string, std::string> file_of;
  int live = 0;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.path.starts_with("manifests/") || !file.path.ends_with(".toml")) continue;
    Manifests one;
    ASSERT_TRUE(one.add(file.bytes, file.path).has_value()) << file.path;
    for (const std::string_view name : one.servers()) {
      const auto [at, fresh] = file_of.emplace(name, file.path);
      EXPECT_TRUE(fresh) << name << " in " << at->second << " and " << file.path;
    }
    const std::string_view first = one.servers().front();
    live += one.facts(first, one.tools(first).front()).verified == "live" ? 1 : 0;
  }
  EXPECT_GE(live, 8);
}

TEST(Manifests, SaysWhatTheReplayExampleNeeds) {
  const auto manifests = Manifests::shipped();
  ASSERT_TRUE(manifests.has_value());
  const ToolFacts& pay = manifests->facts("bank", "send_money");
  EXPECT_EQ(pay.effects, Effects::of(Effect::pay));
  EXPECT_EQ(pay.role_of("/recipient"), ArgRole::recipient);
  EXPECT_EQ(pay.role_of("/amount"), ArgRole::amount);
  EXPECT_EQ(pay.role_of("/subject"), ArgRole::content);
  EXPECT_EQ(pay.role_of("/date"), ArgRole::content);
  EXPECT_EQ(pay.role_of("/anything_else"), ArgRole::target);
  const ToolFacts& read = manifests->facts("files/read");
  EXPECT_EQ(read.role_of("/path"), ArgRole::selector);
  EXPECT_FALSE(read.remote);
  EXPECT_TRUE(manifests->facts("web", "fetch").remote);
  EXPECT_EQ(manifests->facts("shell", "run").role_of("/command"), ArgRole::command);
}

TEST(Manifests, UnknownToolsAreConservative) {
  const auto manifests = Manifests::shipped();
  ASSERT_TRUE(manifests.has_value());
  for (const ToolFacts* facts :
       {&manifests->facts("files", "format_disk"), &manifests->facts("nobody", "read"),
        &manifests->facts("files"), &manifests->facts("")}) {
    EXPECT_FALSE(facts->declared_by_manifest);
    EXPECT_EQ(facts->effects, Effects::all());
    EXPECT_EQ(facts->role_of("/content"), ArgRole::target);
    EXPECT_TRUE(facts->remote);
    EXPECT_FALSE(facts->result.trusted);
    EXPECT_FALSE(facts->result.outside);
    EXPECT_FALSE(facts->result.readers_public);
  }
  EXPECT_FALSE(manifests->has_tool("files", "format_disk"));
}

TEST(Manifests, ALaterOneReplacesAllThatWasKnownOfTheServer) {
  auto manifests = Manifests::shipped();
  ASSERT_TRUE(manifests.has_value());
  ASSERT_TRUE(
      manifests->add("server = \"bank\"\n[tools.look]\neffects = [\"read\"]\n", "mine.toml").has_value());
  EXPECT_TRUE(manifests->has_tool("bank", "look"));
  EXPECT_FALSE(manifests->has_tool("bank", "send_money"));
  EXPECT_TRUE(manifests->has_tool("banking", "send_money"));
  ASSERT_FALSE(manifests->add("server = \"bank\"\n[tools.look]\n", "bad.toml").has_value());
  EXPECT_TRUE(manifests->has_tool("bank", "look"));
  ASSERT_TRUE(manifests->alias("my-files", "npm:@modelcontextprotocol/server-filesystem").has_value());
  EXPECT_TRUE(manifests->has_tool("my-files", "read_file"));
  EXPECT_EQ(manifests->alias("x", "nobody").error().code, Code::not_found);
}

TEST(Roles, TheMostSpecificPlaceDecides) {
  const ToolFacts facts = one_tool(
      "args = { to = \"recipient\", edits = \"content\", \"/edits/*/path\" = \"target\", \"/edits/*/a~1b\" = "
      "\"amount\", "
      "\"/a/*\" = \"content\", \"/*/b\" = \"command\" }\n");
  EXPECT_EQ(facts.role_of("/to"), ArgRole::recipient);
  EXPECT_EQ(facts.role_of("/to/0"), ArgRole::recipient);
  EXPECT_EQ(facts.role_of("/to/0/email"), ArgRole::recipient);
  EXPECT_EQ(facts.role_of("/edits/3/text"), ArgRole::content);
  EXPECT_EQ(facts.role_of("/edits/3/path"), ArgRole::target);
  EXPECT_EQ(facts.role_of("/edits/3/path/x"), ArgRole::target);
  EXPECT_EQ(facts.role_of("/edits/3/a~1b"), ArgRole::amount);
  EXPECT_EQ(facts.role_of("/a/b"), ArgRole::command);  // of two as specific, content gives way
  for (const char* undeclared : {"", "/", "/TO", "/too", "/edits~2", "to", "/~"}) {
    EXPECT_EQ(facts.role_of(undeclared), ArgRole::target) << undeclared;
  }
}

TEST(Roles, TheEmptyPointerCoversEverything) {
  const ToolFacts facts = one_tool("args = { \"\" = \"content\", path = \"target\" }\n");
  EXPECT_EQ(facts.role_of(""), ArgRole::content);
  EXPECT_EQ(facts.role_of("/x"), ArgRole::content);
  EXPECT_EQ(facts.role_of("/path"), ArgRole::target);
}

TEST(Effects, NamesAndSets) {
  EXPECT_EQ(Effects::all().names().size(), 6U);
  for (const std::string_view name : Effects::all().names()) {
    ASSERT_TRUE(parse_effect(name).has_value());
    EXPECT_EQ(effect_name(*parse_effect(name)), name);
  }
  EXPECT_FALSE(parse_effect("delete_").has_value());
  EXPECT_TRUE(Effects().only_reads());
  EXPECT_FALSE(Effects::all().only_reads());
  EXPECT_EQ(parse_role("command"), ArgRole::command);
  EXPECT_FALSE(authority_bearing(ArgRole::content));
  EXPECT_TRUE(authority_bearing(ArgRole::selector));
}

struct BadManifest {
  const char* text;
  const char* where;
  const char* says;
};

class BadManifests : public testing::TestWithParam<BadManifest> {};

TEST_P(BadManifests, AreRefusedAtTheirPlace) {
  Manifests manifests;
  const Status added = manifests.add(GetParam().text, "m.toml");
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().code, Code::bad_input);
  EXPECT_EQ(added.error().where, GetParam().where) << added.error().text();
  EXPECT_NE(added.error().text().find(GetParam().says), std::string::npos) << added.error().text();
  EXPECT_TRUE(manifests.servers().empty());
}

#define TOOL "server = \"s\"\n[tools.t]\neffects = []\n"
INSTANTIATE_TEST_SUITE_P(
    Table, BadManifests,
    testing::Values(
        BadManifest{"server = ", "m.toml:1:10", ""}, BadManifest{"", "m.toml:1:1", "\"server\" is missing"},
        BadManifest{"server = 1\n", "m.toml:1:10", "array of strings"},
        BadManifest{"server = []\n", "m.toml:1:10", "no server"},
        BadManifest{"server = \"a b\"\n", "m.toml:1:10", "not a name"},
        BadManifest{"server = \"\"\n", "m.toml:1:10", "not a name"},
        BadManifest{"server = \"s\"\ntool = 1\n", "m.toml:2:1", "did you mean \"tools\"?"},
        BadManifest{"server = \"s\"\nserver = \"s\"\n", "m.toml:2:10", "redefine"},
        BadManifest{"server = \"s\"\nverified = \"yes\"\n", "m.toml:2:12", "one of: live, docs"},
        BadManifest{"server = \"s\"\n[tools.t]\n", "m.toml:2:1", "\"effects\" is missing"},
        BadManifest{"server = \"s\"\n[tools.t]\neffects = \"read\"\n", "m.toml:3:11", "expected an array"},
        BadManifest{"server = \"s\"\n[tools.t]\neffects = [\"read\", \"wirte\"]\n", "m.toml:3:20",
                    "did you mean \"write\"?"},
        BadManifest{"server = \"s\"\n[tools.t]\neffects = []\neffect = []\n", "m.toml:4:1",
                    "did you mean \"effects\"?"},
        BadManifest{TOOL "remote = \"yes\"\n", "m.toml:4:10", "true or false"},
        BadManifest{TOOL "args = { q = \"selektor\" }\n", "m.toml:4:14", "did you mean \"selector\"?"},
        BadManifest{TOOL "args = { q = 1 }\n", "m.toml:4:14", "expected a string"},
        BadManifest{TOOL "args = { \"/a~2\" = \"content\" }\n", "m.toml:4:10", "not a JSON pointer"},
        BadManifest{TOOL "args = { q = \"target:\" }\n", "m.toml:4:14", "no kind of id"},
        BadManifest{TOOL "args = { q = \"amount:x\" }\n", "m.toml:4:14", "no kind of id"},
        BadManifest{TOOL "args = { q = \"target:A b\" }\n", "m.toml:4:14", "no kind of id"},
        BadManifest{TOOL "choices = { q = [\"a\"] }\n", "m.toml:4:17", "no role that a choice can have"},
        BadManifest{TOOL "args = { q = \"recipient\" }\nchoices = { q = [\"a\"] }\n", "m.toml:5:17",
                    "no role that a choice can have"},
        BadManifest{TOOL "args = { q = \"target\" }\nchoices = { q = [] }\n", "m.toml:5:17", "1 to 64"},
        BadManifest{TOOL "[tools.t.result]\nids = { \"/a\" = \"\" }\n", "m.toml:5:16", "no kind of id"},
        BadManifest{TOOL "[tools.t.result]\nids = { a = \"x\" }\n", "m.toml:5:9", "not a JSON pointer"},
        BadManifest{TOOL "result = 1\n", "m.toml:4:10", "expected a table"},
        BadManifest{TOOL "[tools.t.result]\nintegrity = \"good\"\n", "m.toml:5:13", "unknown integrity"},
        BadManifest{TOOL "[tools.t.result]\nauthor = \"nobody\"\n", "m.toml:5:10", "unknown author"},
        BadManifest{TOOL "[tools.t.result]\nintegrity = \"trusted\"\nauthor = \"outside\"\n", "m.toml:6:10",
                    "strangers"},
        BadManifest{TOOL "[tools.t.result]\norigin = \"file:{args/path}\"\n", "m.toml:5:10",
                    "\"path\" is no argument of this tool"},
        BadManifest{TOOL "[tools.t.result]\norigin = \"{/*/from}\"\n", "m.toml:5:10", "scheme"},
        BadManifest{TOOL "[tools.t.result]\norigin = \"mailto:{from}\"\n", "m.toml:5:10", "a place is"},
        BadManifest{TOOL "[tools.t.result]\norigin = \"mailto:{/from\"\n", "m.toml:5:10", "brace"},
        BadManifest{TOOL "[tools.t.result]\norigin = \"mailto:/from}\"\n", "m.toml:5:10", "brace"},
        BadManifest{TOOL "[tools.t.result]\norigin = \"m:{/a}{/b}\"\n", "m.toml:5:10", "only one place"},
        BadManifest{TOOL "args = { a = \"content\" }\n[tools.t.result]\norigin = \"m:{args/a/*}\"\n",
                    "m.toml:6:10", "no \"*\""},
        BadManifest{TOOL "[tools.t.result]\nreaders = [\"public\", \"owner\"]\n", "m.toml:5:12",
                    "stands alone"},
        BadManifest{TOOL "[tools.t.result]\nreaders = [\"everyone\"]\n", "m.toml:5:12", "scheme"},
        BadManifest{TOOL "[tools.t.result]\norigin = \"m:{/a/*/x}\"\nreaders = [\"m:{/*/x}\"]\n",
                    "m.toml:6:11", "different records"},
        BadManifest{TOOL "[tools.t.result]\nauthenticated = [\"/*/from\"]\n", "m.toml:5:18",
                    "neither origin nor"},
        BadManifest{TOOL "[tools.t.result]\nauthenticated = [\"from\"]\n", "m.toml:5:18",
                    "not a JSON pointer"},
        BadManifest{TOOL "[tools.t.result]\nreveal = { \"/a\" = \"string\" }\n", "m.toml:5:19",
                    "is not a type"},
        BadManifest{TOOL "[tools.t.result]\nreveal = { \"/a\" = \"int:5..1\" }\n", "m.toml:5:19",
                    "not a range"},
        BadManifest{TOOL "[tools.t.result]\nreveal = { \"/a\" = \"enum:a,,b\" }\n", "m.toml:5:19",
                    "empty or repeated"},
        BadManifest{TOOL "[tools.t.result]\nreveal = { a = \"bool\" }\n", "m.toml:5:12",
                    "not a JSON pointer"}));

TEST(Manifests, ReadsEveryKindOfReveal) {
  const ToolFacts facts = one_tool(
      "[tools.t.result]\nreveal = { \"/*/u\" = \"bool\", \"/n\" = \"int:-3..12\", \"/d\" = \"date\", \"/e\" "
      "= "
      "\"enum:a,b c\" }\n");
  ASSERT_NE(facts.result.reveal_at("/7/u"), nullptr);
  EXPECT_EQ(facts.result.reveal_at("/7/v"), nullptr);
  EXPECT_EQ(facts.result.reveal_at("/7/u/x"), nullptr);
  EXPECT_EQ(facts.result.reveal_at("/n")->min, -3);
  EXPECT_EQ(facts.result.reveal_at("/n")->max, 12);
  EXPECT_EQ(facts.result.reveal_at("/e")->values, (std::vector<std::string>{"a", "b c"}));
}

TEST(Manifests, SayWhichIdsTheServerMakesUpAndWhoTakesThem) {
  const ToolFacts facts = one_tool(
      "args = { id = \"target:event\", of = \"selector\", how = \"target\" }\n"
      "choices = { how = [\"r\", \"rw\"] }\n[tools.t.result]\nids = { \"/events/*/id\" = \"event\" }\n");
  EXPECT_EQ(facts.role_of("/id"), ArgRole::target);
  EXPECT_EQ(facts.fact_of("/id")->id_kind, "event");
  EXPECT_EQ(facts.fact_of("/of")->id_kind, "");
  EXPECT_EQ(facts.fact_of("/how")->choices, (std::vector<std::string>{"r", "rw"}));
  EXPECT_EQ(facts.fact_of("/nosuch"), nullptr);
  ASSERT_NE(facts.result.id_kind_at("/events/3/id"), nullptr);
  EXPECT_EQ(*facts.result.id_kind_at("/events/3/id"), "event");
  EXPECT_EQ(facts.result.id_kind_at("/events/3/title"), nullptr);
  EXPECT_EQ(facts.result.id_kind_at("/events/3/id/x"), nullptr);
  EXPECT_EQ(facts.result.record.tokens, (std::vector<std::string>{"events", "*"}));
}

TEST(Manifests, BytesAreBounded) {
  Manifests manifests;
  std::string text = "server = \"s\"\n#";
  text.resize(limits::kTomlBytesMax, 'x');
  EXPECT_TRUE(manifests.add(text, "m.toml").has_value());
  text += 'x';
  EXPECT_EQ(manifests.add(text, "m.toml").error().code, Code::too_large);
}

}  // namespace
}  // namespace weir::manifest

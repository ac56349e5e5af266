#include "config/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "base/embedded.h"

namespace weir::config {
namespace {

Sources sources() {
  return {[](const std::string& path) -> Result<std::string> {
            static const std::map<std::string, std::string> kFiles{
                {"/etc/weir/key", "s3cret\n"},
                {"/etc/weir/own.cedar", "permit (principal, action, resource) when { context.known };"},
                {"/etc/weir/bad.cedar", "permit (principal, action, resource) when { context.leaks };"},
                {"/etc/weir/bank.toml", "server = \"bank\"\n[tools.own_tool]\neffects = [\"read\"]\n"},
                {"/etc/weir/wiki.toml", "server = \"wiki\"\n[tools.read]\neffects = [\"read\"]\n"}};
            const auto at = kFiles.find(path);
            if (at == kFiles.end()) return Error{Code::bad_input, "cannot read it", path};
            return at->second;
          },
          [](const std::string& name) -> std::optional<std::string> {
            if (name == "OPENAI_API_KEY") return "sk-1";
            return std::nullopt;
          }};
}

Result<Config> read(std::string_view text) {
  return load(text, "/etc/weir/weir.toml", sources());
}

TEST(Config, DefaultsAreSafe) {
  const auto config = defaults();
  ASSERT_TRUE(config.has_value()) << config.error().text();
  EXPECT_EQ(config->listen_host, "127.0.0.1");
  EXPECT_EQ(config->mode, guard::Mode::guard);
  EXPECT_TRUE(config->authenticate);
  EXPECT_TRUE(config->weakenings().empty());
  EXPECT_FALSE(config->policies.policies().empty());
  EXPECT_TRUE(config->manifests.has_server("files"));
}

TEST(Config, EveryShippedSetOfPoliciesCanStandAlone) {
  EXPECT_EQ(policy_set_names(), "coding, default, personal, strict, support");
  auto config = defaults();
  ASSERT_TRUE(config.has_value());
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.path.starts_with("policies/") || !file.path.ends_with(".cedar")) continue;
    const std::string_view name = file.path.substr(9, file.path.size() - 15);
    const Status used = use_policies(*config, {std::string(name)}, sources());
    ASSERT_TRUE(used.has_value()) << used.error().text();
    // Two lines of comment say what each is for.
    for (const policy::Policy& policy : config->policies.policies()) {
      const size_t at = file.bytes.find("@id(\"" + policy.id + "\")");
      ASSERT_NE(at, std::string_view::npos) << name << " " << policy.id;
      const std::string_view before = file.bytes.substr(0, at);
      const size_t second = before.rfind("\n", at - 2), first = before.rfind("\n", second - 1);
      EXPECT_TRUE(before.substr(second + 1).starts_with("// ")) << name << " " << policy.id;
      EXPECT_TRUE(before.substr(first + 1).starts_with("// ")) << name << " " << policy.id;
    }
  }
}

// What a server runs says more than what it is called, and what the operator wrote more than either.
TEST(Config, AServerIsDescribedByThePackageThatItRuns) {
  const auto has = [](const std::string& server, const std::string& more, const char* tool) {
    const auto config = read(more + "[[server]]\nname = \"bank\"\n" + server + "\n");
    EXPECT_TRUE(config.has_value()) << config.error().text();
    return config && config->manifests.has_tool("bank", tool);
  };
  EXPECT_TRUE(has("", "", "send_money"));
  EXPECT_TRUE(has(R"(command = ["uvx", "unheard-of-bank"])", "", "send_money"));
  const std::string memory = R"(command = ["npx", "-y", "@modelcontextprotocol/server-memory"])";
  EXPECT_TRUE(has(memory, "", "read_graph"));
  EXPECT_FALSE(has(memory, "", "send_money"));
  EXPECT_TRUE(has(memory + "\nmanifest = \"bank\"", "", "send_money"));
  EXPECT_TRUE(has("url = \"https://api.githubcopilot.com/mcp/\"", "", "issue_read"));
  EXPECT_FALSE(has("url = \"https://api.githubcopilot.com.evil.example/mcp/\"", "", "issue_read"));
  EXPECT_TRUE(has(memory, "manifests = [\"bank.toml\"]\n", "own_tool"));
  EXPECT_TRUE(has(memory, "manifests = [\"wiki.toml\"]\n", "read_graph"));
}

TEST(Config, TheDesignsExampleLoads) {
  const auto config = read(R"(
listen = "127.0.0.1:7448"
mode = "watch"
policies = ["default"]
ask_timeout = "5m"
notify = ["notify-send", "a call waits"]
manifests = ["wiki.toml"]
[upstream.main]
url = "http://127.0.0.1:8080/v1/"
dialect = "chat_completions"
key_env = "OPENAI_API_KEY"
models = ["gpt-*", "local"]
[upstream.claude]
url = "https://api.example/v1"
dialect = "messages"
key = "client"
[upstream.file]
url = "http://127.0.0.1:8081/v1"
key_file = "key"
[[server]]
name = "docs"
manifest = "files"
command = ["npx", "-y", "server"]
[[trust]]
origin = "file:/srv/docs/**"
integrity = "trusted"
readers = ["public"]
)");
  ASSERT_TRUE(config.has_value()) << config.error().text();
  EXPECT_EQ(config->listen_port, 7448);
  EXPECT_EQ(config->ask_timeout_ms, 300'000);
  EXPECT_EQ(config->notify, (std::vector<std::string>{"notify-send", "a call waits"}));
  EXPECT_EQ(config->secret_variables(), std::vector<std::string>{"OPENAI_API_KEY"});
  EXPECT_TRUE(config->on_loopback());
  const auto weakenings = config->weakenings();
  ASSERT_EQ(weakenings.size(), 2u);
  EXPECT_EQ(weakenings[1], "server docs: its sandbox fetched may reach every public host");
  EXPECT_TRUE(config->manifests.has_tool("wiki", "read"));
  EXPECT_TRUE(config->manifests.has_tool("docs", "read"));
  const Upstream* gpt = config->upstream_for(exchange::Dialect::chat_completions, "gpt-5");
  ASSERT_NE(gpt, nullptr);
  EXPECT_EQ(gpt->key, "sk-1");
  EXPECT_EQ(gpt->url, "http://127.0.0.1:8080/v1");
  EXPECT_EQ(config->upstream_for(exchange::Dialect::chat_completions, "other")->key, "s3cret");
  EXPECT_EQ(config->upstream_for(exchange::Dialect::messages, "claude")->key_source, KeySource::client);
  const auto verdict = config->trust.judge("files/read", "file:/srv/docs/a", true);
  EXPECT_EQ(verdict.trusted, true);
}

TEST(Config, RefusesWithThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"listn = \"127.0.0.1:1\"", "weir.toml:1:1"},
      {"listen = \"7447\"", "weir.toml:1:10"},
      {"listen = \"127.0.0.1:70000\"", "weir.toml:1:10"},
      {"mode = \"gaurd\"", "weir.toml:1:8"},
      {"ask_timeout = 120", "weir.toml:1:15"},
      {"ask_timeout = \"-1s\"", "weir.toml:1:15"},
      {"notify = []", "weir.toml:1:10"},
      {"notify = [\"\"]", "weir.toml:1:10"},
      {"notify = [\"a\", \"b\\u0000\"]", "weir.toml:1:10"},
      {"auth = \"none\"\nlisten = \"0.0.0.0:7447\"", "weir.toml:1:8"},
      {"client = \"nobody\"", "weir.toml:1:10"},
      {"policies = [\"nonesuch\"]", "nonesuch"},
      {"policies = [\"bad.cedar\"]", "bad.cedar:1:"},
      {"manifests = [\"missing.toml\"]", "missing.toml"},
      {"[upstream.a]\nurl = \"ftp://x\"", "weir.toml:2:7"},
      {"[upstream.a]\ndialect = \"messages\"", "weir.toml"},
      {"[upstream.a]\nurl = \"http://x\"\nkey = \"sk-live\"", "weir.toml:3:7"},
      {"[upstream.a]\nurl = \"http://x\"\nkey_env = \"NOT_SET\"", "weir.toml:3:11"},
      {"[upstream.a]\nurl = \"http://x\"\nkey_env = \"OPENAI_API_KEY\"\nkey = \"client\"", "weir.toml"},
      {"[[server]]\nname = \"a/b\"", "weir.toml:2:8"},
      {"[[server]]\nname = \"a\"\nmanifest = \"nonesuch\"", "weir.toml:3:12"},
      {"[[trust]]\norigin = \"file:/srv/**\"", "weir.toml"},
      {"mode = ", "weir.toml:1"},
  };
  for (const auto& [text, place] : cases) {
    const auto config = read(text);
    ASSERT_FALSE(config.has_value()) << text;
    EXPECT_NE(config.error().text().find(place), std::string::npos) << text << "\n" << config.error().text();
    EXPECT_EQ(config.error().text().find("sk-live"), std::string::npos);
  }
}

TEST(Config, AServerThatWeirStartsIsInASandbox) {
  const auto config = read(R"(
[sandbox.own]
like = "mcp-reader"
[[server]]
name = "a"
command = ["/usr/bin/server"]
[[server]]
name = "b"
command = ["/usr/bin/npx", "-y", "server"]
[[server]]
name = "c"
command = ["/usr/bin/server"]
sandbox = "none"
[[server]]
name = "d"
command = ["/usr/bin/server"]
sandbox = "own"
[[server]]
name = "e"
url = "http://127.0.0.1:9/mcp"
)");
  ASSERT_TRUE(config.has_value()) << config.error().text();
  EXPECT_EQ(config->servers[0].sandbox->name, "mcp-server");
  EXPECT_EQ(config->servers[1].sandbox->name, "fetched");
  EXPECT_FALSE(config->servers[2].sandbox);
  EXPECT_EQ(config->servers[3].sandbox->name, "own");
  EXPECT_FALSE(config->servers[4].sandbox);
  const auto weakenings = config->weakenings();
  EXPECT_NE(std::find(weakenings.begin(), weakenings.end(),
                      "server c: sandbox = \"none\": it can touch whatever you can"),
            weakenings.end());
}

TEST(Config, Durations) {
  EXPECT_EQ(*parse_duration("0s"), 0);
  EXPECT_EQ(*parse_duration("250ms"), 250);
  EXPECT_EQ(*parse_duration("2h"), 7'200'000);
  EXPECT_EQ(*parse_duration("365d"), int64_t{365} * 86'400'000);
  for (const char* bad : {"", "5", "s", "5 s", "-5s", "366d", "99999999999999999999s", "5w"}) {
    EXPECT_FALSE(parse_duration(bad).has_value()) << bad;
  }
}

TEST(Config, TheReferenceInDocsIsCurrent) {
  std::ifstream file(std::string(WEIR_SOURCE_DIR) + "/docs/config.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), reference_markdown()) << "weir config reference > docs/config.md";
}

}  // namespace
}  // namespace weir::config

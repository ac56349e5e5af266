#include "setup/client.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json.h"
#include "base/limits.h"
#include "setup/compose.h"
#include "setup/finding.h"
#include "setup/take_back.h"
#include "setup/toml_lines.h"
#include "setup/undo.h"

namespace weir::setup {
namespace {

Surroundings here(std::map<std::string, std::string> env = {}) {
  env.try_emplace("HOME", "/home/me");
  return {[env](const std::string& name) -> std::optional<std::string> {
            const auto at = env.find(name);
            return at == env.end() ? std::nullopt : std::optional(at->second);
          },
          "/work"};
}

Wiring wiring() {
  return {.url = "http://127.0.0.1:7447", .token = "weir-token-0123456789", .model = "m"};
}

std::vector<File> with(Client client, Role role, std::string text, const Surroundings& around = here()) {
  std::vector<File> files = files_of(client, around);
  for (File& file : files) {
    if (file.role == role) file.text = text;
  }
  return files;
}

std::vector<size_t> all_of(const State& state) {
  std::vector<size_t> out;
  for (size_t i = 0; i < state.servers.size(); ++i) {
    if (state.servers[i].enabled && state.servers[i].left_alone.empty() && !state.servers[i].is_weir)
      out.push_back(i);
  }
  return out;
}

TEST(Client, PathsFollowTheEnvironment) {
  EXPECT_EQ(files_of(Client::claude_code, here())[1].path, "/home/me/.claude.json");
  EXPECT_EQ(files_of(Client::claude_code, here({{"CLAUDE_CONFIG_DIR", "/c"}}))[0].path, "/c/settings.json");
  EXPECT_EQ(files_of(Client::claude_code, here({{"CLAUDE_CONFIG_DIR", "/c"}}))[1].path, "/c/.claude.json");
  EXPECT_EQ(files_of(Client::codex, here({{"CODEX_HOME", "/x"}}))[0].path, "/x/config.toml");
  EXPECT_EQ(files_of(Client::goose, here({{"XDG_CONFIG_HOME", "/x"}}))[0].path, "/x/goose/config.yaml");
  EXPECT_EQ(files_of(Client::openclaw, here({{"OPENCLAW_STATE_DIR", "/o"}}))[0].path, "/o/openclaw.json");
  EXPECT_EQ(files_of(Client::gemini_cli, here({{"GEMINI_CLI_HOME", "/g"}}))[1].path, "/g/.gemini/.env");
  for (const Client client : kClients) EXPECT_EQ(parse_client(client_name(client)), client);
}

TEST(Client, ServersInWeirsTerms) {
  const auto read = [](std::string entry, std::map<std::string, std::string> env = {}) {
    const Surroundings around = here(std::move(env));
    const auto state = read_state(
        Client::claude_code,
        with(Client::claude_code, Role::servers, "{\"mcpServers\": {\"s\": " + entry + "}}"), around);
    return state.value().servers.at(0);
  };
  EXPECT_EQ(read(R"({"command": "a", "args": ["b", 1], "env": {"K": "${V}", "L": "x"}})").env.at("K"), "$V");
  EXPECT_EQ(read(R"({"url": "https://x", "headers": {"A": "Bearer ${V}"}})", {{"V", "v"}}).headers.at("A"),
            "Bearer v");
  EXPECT_EQ(read(R"({"url": "${U:-https://x}/mcp"})").url, "https://x/mcp");
  EXPECT_TRUE(read(R"({"command": "/opt/weir", "args": ["mcp"]})").is_weir);
  for (const char* alone :
       {"1", "{}", R"({"command": ""})", R"({"command": "a", "url": "https://x"})", R"({"url": "ftp://x"})",
        R"({"url": "https://x", "type": "sse"})", R"({"url": "https://x/${MISSING}"})",
        R"({"command": "a", "args": "b"})", R"({"command": "a", "args": [["b"]]})",
        R"({"command": "a", "env": {"K": "$5"}})", R"({"command": "a", "env": [1]})",
        R"({"command": "a", "env": {"K": {}}})", R"({"command": "a", "env": {"K=": "x"}})",
        R"({"command": "a", "env": {"K": "x\ny"}})", R"({"url": "https://x", "oauth": {}})",
        R"({"command": "a\u0000b"})"})
    EXPECT_NE(read(alone).left_alone, "") << alone;
}

TEST(Client, AServerCountAtTheLimit) {
  const auto read = [](size_t count) {
    std::string text = "{\"mcpServers\": {";
    for (size_t i = 0; i < count; ++i)
      text += (i > 0 ? ", \"s" : "\"s") + std::to_string(i) + "\": {\"command\": \"x\"}";
    return read_state(Client::claude_code, with(Client::claude_code, Role::servers, text + "}}"), here())
        .has_value();
  };
  EXPECT_TRUE(read(limits::kSetupServersMax));
  EXPECT_FALSE(read(limits::kSetupServersMax + 1));
}

// For each client: a config of random servers between other things. All are wrapped, and the config says
// weir.
RC_GTEST_PROP(ClientProperty, WrapsAndKeepsTheRest, ()) {
  const Client client =
      *rc::gen::element(Client::claude_code, Client::codex, Client::openclaw, Client::goose);
  const int count = *rc::gen::inRange(0, 5);
  const std::string newline = *rc::gen::element<std::string>("\n", "\r\n");
  std::string text;
  std::string servers;
  for (int i = 0; i < count; ++i) {
    const std::string name = "s" + std::to_string(i);
    const bool on = *rc::gen::inRange(0, 4) != 0;
    const std::string space = *rc::gen::element<std::string>("", "\n");
    switch (client) {
      case Client::codex:
        servers += "# about " + name + "\n[mcp_servers." + name +
                   "]\ncommand = 'x'\nenabled = " + (on ? "true" : "false") + "\n" + space + "[mcp_servers." +
                   name + ".env]\nA = \"\"\"\n[b]\"\"\"\n" + space;
        break;
      case Client::goose:
        servers += "  " + name + ":\n    type: stdio\n    cmd: x\n    args:\n    - a\n    enabled: " +
                   (on ? "true" : "false") + "\n" + space;
        break;
      case Client::openclaw:
        servers += std::string(i > 0 ? "," : "") + space + " // about\n " + name +
                   ": {command: 'x', enabled: " + (on ? "true" : "false") + ",}";
        break;
      default:
        servers += std::string(i > 0 ? ", " : "") + space + "\"" + name +
                   "\": {\"command\": \"x\", \"disabled\": " + (on ? "false" : "true") + "}";
    }
  }
  switch (client) {
    case Client::codex:
      text = "# top\nmodel = 'm' # m\n[other]\na = 1\n" + servers + "[last]\nb = [\n1,\n]\n";
      break;
    case Client::goose:
      text = "# top\nGOOSE_MODEL: m # m\nextensions:\n  developer:\n    type: builtin\n" + servers +
             "other: {a: 1}\n";
      break;
    case Client::openclaw:
      text = "{ // top\n models: {a: 1}, mcp: {servers: {" + servers + "\n}, b: 2}}";
      break;
    default:
      text = "{\"a\": [1], \"mcpServers\": {" + servers + "}, \"z\": null}";
  }
  std::string laid_out;
  for (const char c : text) laid_out += c == '\n' ? newline : std::string(1, c);
  const Role role = client == Client::claude_code ? Role::servers : Role::config;
  const std::vector<File> files = with(client, role, laid_out);
  const auto state = read_state(client, files, here());
  RC_ASSERT(state.has_value());
  const std::vector<size_t> wrapped = all_of(*state);
  const auto changes = plan(client, files, *state, wrapped, wiring(), here());
  if (!changes) RC_FAIL(changes.error().text() + "\n" + laid_out);
  // Undo is the identity: each change has what was there.
  std::vector<File> after = files;
  for (File& file : after) {
    for (const Change& change : *changes) {
      if (change.path != file.path) continue;
      RC_ASSERT(change.before == file.text);
      file.text = change.after;
      if (newline == "\r\n" && change.before)
        RC_ASSERT(change.after.find("\r\n") != std::string::npos ||
                  change.after.find('\n') == std::string::npos);
    }
  }
  const auto now = read_state(client, after, here());
  RC_ASSERT(now.has_value());
  RC_ASSERT(all_of(*now).empty());
  RC_ASSERT(now->token == wiring().token);
  RC_ASSERT(now->servers.size() == state->servers.size() - wrapped.size() + (wrapped.empty() ? 0 : 1));
  // A second plan has nothing to do.
  const auto again = plan(client, after, *now, {}, wiring(), here());
  RC_ASSERT(again.has_value());
  if (client != Client::codex) RC_ASSERT(again->empty());
}

TEST(Client, NewFilesAndPaste) {
  for (const Client client : kClients) {
    const std::vector<File> files = files_of(client, here());
    const auto state = read_state(client, files, here());
    ASSERT_TRUE(state);
    EXPECT_FALSE(state->there);
    const auto changes = plan(client, files, *state, {}, wiring(), here());
    ASSERT_TRUE(changes) << changes.error().text();
    const size_t written = client == Client::openai_compatible ? 0 : client == Client::gemini_cli ? 2 : 1;
    EXPECT_EQ(changes->size(), written);
    const std::string paste = lines_to_paste(client, files, *state, {}, wiring());
    EXPECT_NE(paste.find("http://127.0.0.1:7447"), std::string::npos) << paste;
    EXPECT_NE(paste.find("weir-token-0123456789"), std::string::npos) << paste;
  }
}

TEST(Compose, NamesAndManifests) {
  const auto manifests = manifest::Manifests::shipped();
  ASSERT_TRUE(manifests);
  std::vector<Server> servers(4);
  servers[0].name = "a b__c";
  servers[1].name = "a-b_c";
  servers[2].name = "";
  servers[3] = {.name = "x", .command = {"/usr/bin/npx", "-y", "@modelcontextprotocol/server-github@1.2"}};
  const auto named = name_servers(servers, {0, 1, 2, 3}, *manifests, {"server"});
  EXPECT_EQ(named[0].name, "a-b_c");
  EXPECT_EQ(named[1].name, "a-b_c-2");
  EXPECT_EQ(named[2].name, "server-2");
  EXPECT_EQ(named[3].manifest, "npm:@modelcontextprotocol/server-github");
}

RC_GTEST_PROP(ComposeProperty, AnyServerBecomesTomlThatSaysTheSame, ()) {
  const auto text = [] {
    std::string out;
    for (int i = *rc::gen::inRange(0, 8); i > 0; --i)
      out += *rc::gen::element<std::string>("a", "\"", "\\", "'", "\n", "\t", "\x7f", "\x01", "$", "#", "]",
                                            "=", " ", "\xC3\xA9");
    return out;
  };
  Server server;
  server.name = "s";
  server.command = {"x" + text(), text()};
  server.cwd = text();
  server.env[text()] = text();
  const NamedServer named{"s", "", true, &server};
  const auto root = read_toml(
      compose(Client::codex, "127.0.0.1:1", {{"u", "http://u", "messages", "K", false}}, {named}, false),
      "f");
  RC_ASSERT(root.has_value());
  const Node& back = (*root)["server"].children.at(0);
  RC_ASSERT(back["command"].strings() == server.command);
  RC_ASSERT(back["cwd"].text == server.cwd);
  RC_ASSERT(back["env"][server.env.begin()->first].text == server.env.begin()->second);
  RC_ASSERT((*root)["upstream"]["u"]["key_env"].text == "K");
}

TEST(Undo, RecordsComeBack) {
  const UndoRecord record{"codex",
                          "2026-11-23T10:00:00Z",
                          {{"/a", true, sha256_hex("x"), sha256_hex("y"), "01-0.new", "01-0.bak"},
                           {"/b", false, "", sha256_hex("z"), "01-1.new", ""}}};
  const auto back = read_undo(undo_json(record), "r");
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->files[0].backup, "01-0.bak");
  EXPECT_EQ(undo_state(record.files[0], "y"), UndoState::ready);
  EXPECT_EQ(undo_state(record.files[0], "x"), UndoState::done);
  EXPECT_EQ(undo_state(record.files[0], "q"), UndoState::changed);
  EXPECT_EQ(undo_state(record.files[0], std::nullopt), UndoState::changed);
  EXPECT_EQ(undo_state(record.files[1], std::nullopt), UndoState::done);
  EXPECT_EQ(undo_state(record.files[1], "z"), UndoState::ready);
  for (const auto& [from, to] : {std::pair{"\"version\":1", "\"version\":2"},
                                 {"01-0.bak", "../bak"},
                                 {"01-0.bak", ""},
                                 {"\"/a\"", "\"a\""},
                                 {"\"existed\":false", "\"existed\":1"}}) {
    std::string text = undo_json(record);
    const std::string old = from;
    text.replace(text.find(old), old.size(), to);
    EXPECT_FALSE(read_undo(text, "r")) << text;
  }
  EXPECT_FALSE(read_undo("{}", "r"));
}

TEST(TakeBack, KeepsWhatWasChangedSince) {
  const std::string before = R"({"n": 1, "s": {"a": {"x": 1}, "b": 2}, "t": "old"})";
  const std::string written = R"({"n": 1, "s": {"weir": {"y": 1}, "b": 2}, "t": "new", "e": {"u": "v"}})";
  const auto back = [&](const std::string& now) {
    const auto text = take_back(Client::claude_code, "/f", before, written, now);
    return text ? *text : text.error().text();
  };
  EXPECT_EQ(back(R"({"n": 2, "s": {"weir": {"y": 1}, "b": 3}, "t": "new", "e": {"u": "v", "w": 1}})"),
            R"({"n": 2, "s": {"b": 3, "a": {"x": 1}}, "t": "old", "e": {"w": 1}})");
  EXPECT_EQ(back(before), before);
  EXPECT_EQ(back(R"({"s": {"weir": {"y": 2}}})"), "/f: s.weir was changed since");
  EXPECT_EQ(back(R"({"s": {"weir": {"y": 1}}, "t": "third"})"), "/f: t was changed since");
  EXPECT_FALSE(take_back(Client::claude_code, "/f", before, written, "{"));
  EXPECT_FALSE(take_back(Client::goose, "/f", "a: 1\n", "a: 2\n", "a: 2\nb: 1\n"));
  EXPECT_EQ(
      take_back(Client::claude_code, "/f", std::nullopt, R"({"e": {"u": 1}})", R"({"e": {"u": 1}, "z": 1})")
          .value(),
      R"({"e": {}, "z": 1})");
}

TEST(Finding, JudgesAClient) {
  const Here weir{{"http://127.0.0.1:7447"}, "tok", true, {"files"}};
  const auto judge = [&](std::string settings, std::string servers) {
    std::vector<File> files = with(Client::claude_code, Role::config, std::move(settings));
    files[1].text = std::move(servers);
    std::string out;
    for (const Finding& finding :
         judge_client(Client::claude_code, read_state(Client::claude_code, files, here()).value(), weir))
      out += std::string(level_name(finding.level)) + " " + finding.says + "\n";
    return out;
  };
  EXPECT_EQ(judge(R"({"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:7447/t/tok"}})",
                  R"({"mcpServers": {"weir": {"command": "weir", "args": ["mcp"]}}})"),
            "ok its model is asked through weir\nok its MCP servers are reached through weir\n");
  EXPECT_EQ(
      judge("{}",
            R"({"mcpServers": {"a": {"command": "x"}}, "projects": {"/p": {"mcpServers": {"b": {}}}}})"),
      "warn Claude Code asks its model directly, past weir\nwarn MCP servers that it reaches past weir: a\n"
      "warn an MCP server of another folder goes past weir: /p: b\nwarn it does not have weir's 1 MCP "
      "servers\n");
  EXPECT_EQ(
      judge(R"({"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:7447", "ANTHROPIC_AUTH_TOKEN": "other"}})",
            "{}")
          .substr(0, 5),
      "fail ");
}

}  // namespace
}  // namespace weir::setup

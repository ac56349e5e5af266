// Points a client at weir by edits of its files, and checks what came out.
#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "setup/draft.h"
#include "setup/edit.h"
#include "setup/servers.h"

namespace weir::setup {
namespace {

std::string command_json(const std::vector<std::string>& command, std::string_view extra = {}) {
  std::string args;
  for (size_t i = 1; i < command.size(); ++i) args += (i > 1 ? ", " : "") + json::quote(command[i]);
  return fmt::format("{{{}\"command\": {}, \"args\": [{}]}}", extra, json::quote(command.front()), args);
}

class Planner {
 public:
  Planner(Client client, const std::vector<File>& files, const State& state,
          const std::vector<size_t>& wrapped, const Wiring& wiring)
      : client_(client), state_(state), wrapped_(wrapped), wiring_(wiring) {
    for (const File& file : files) drafts_.push_back({client, file});
  }

  Result<std::vector<Change>> plan() {
    for (Draft& draft : drafts_) WEIR_TRY(draft.open());
    if (!wrapped_.empty()) WEIR_TRY(wrap());
    if (wiring_.model_api) WEIR_TRY(point());
    std::vector<Change> changes;
    for (Draft& draft : drafts_) {
      WEIR_TRY(draft.unchanged_besides_touched());
      if (draft.text() != draft.file().text.value_or("") || (!draft.file().text && draft.touched()))
        changes.push_back({draft.file().path, draft.file().text, draft.text()});
    }
    return changes;
  }

 private:
  Draft* draft(Role role) {
    for (Draft& draft : drafts_) {
      if (draft.file().role == role) return &draft;
    }
    return nullptr;
  }
  // The file and object that weir's own entry goes to.
  Draft* home() { return client_ == Client::claude_code ? draft(Role::servers) : draft(Role::config); }
  std::vector<std::string> home_scope() const {
    switch (client_) {
      case Client::claude_code:
        return {"mcpServers"};
      case Client::codex:
        return {"mcp_servers"};
      case Client::openclaw:
        return {"mcp", "servers"};
      case Client::opencode:
        return {"mcp"};
      case Client::qwen_code:
      case Client::gemini_cli:
        return {"mcpServers"};
      default:
        return {"extensions"};
    }
  }

  Status wrap() {
    const std::vector<std::string> scope = home_scope();
    const bool has_weir = std::any_of(state_.servers.begin(), state_.servers.end(),
                                      [](const Server& server) { return server.is_weir && server.enabled; });
    bool placed = has_weir;
    for (Draft& draft : drafts_) {
      // All servers of one object go at once.
      std::vector<std::vector<std::string>> scopes;
      for (const size_t i : wrapped_) {
        const Server& server = state_.servers[i];
        if (server.file == draft.file().role &&
            std::find(scopes.begin(), scopes.end(), server.scope) == scopes.end())
          scopes.push_back(server.scope);
      }
      for (const auto& each : scopes) {
        std::vector<std::string> names;
        for (const size_t i : wrapped_) {
          if (state_.servers[i].file == draft.file().role && state_.servers[i].scope == each)
            names.push_back(state_.servers[i].name);
        }
        const bool here = !placed && &draft == home() && each == scope;
        WEIR_TRY(draft.replace_servers(each, names, here ? weir_entry() : ""));
        placed = placed || here;
      }
    }
    return placed ? Status() : home()->add_server(scope, weir_entry());
  }

  std::string weir_entry() const {
    switch (client_) {
      case Client::claude_code:
        return command_json(wiring_.mcp_command, "\"type\": \"stdio\", ");
      case Client::codex:
        return codex_entry(wiring_.mcp_command);
      case Client::goose:
        return goose_entry(wiring_.mcp_command);
      case Client::opencode:
        return opencode_entry(wiring_.mcp_command);
      default:
        return command_json(wiring_.mcp_command);
    }
  }

  Status point() {
    Draft* config = draft(Role::config);
    const std::string url = base_url(client_, wiring_);
    switch (client_) {
      case Client::claude_code:
        WEIR_TRY(config->set({"env", "ANTHROPIC_BASE_URL"}, json::quote(url)));
        if (wiring_.own_key) return {};
        return config->set({"env", "ANTHROPIC_AUTH_TOKEN"}, json::quote(wiring_.token));
      case Client::codex:
        return config->set_codex_provider(url, wiring_.token, wiring_.own_key);
      case Client::openclaw:
        return point_openclaw(*config, url);
      case Client::goose:
        return point_goose(*config, url);
      case Client::opencode:
        return point_opencode(*config, url);
      case Client::qwen_code:
        return point_qwen(*config, url);
      case Client::gemini_cli:
        return point_gemini(*config, *draft(Role::environment), url);
      case Client::openai_compatible:
        return {};
    }
    return {};
  }

  Status needs_model(const Draft& config) const {
    if (!wiring_.model.empty()) return {};
    return bad_input(fmt::format("{}'s config names no model", client_title(client_)), config.file().path,
                     "weir init --model NAME");
  }

  Status point_opencode(Draft& config, const std::string& url) {
    WEIR_TRY(needs_model(config));
    WEIR_TRY(config.set({"provider", "weir"}, opencode_provider(url, wiring_)));
    return config.set({"model"}, json::quote("weir/" + wiring_.model));
  }

  Status point_qwen(Draft& config, const std::string& url) {
    WEIR_TRY(needs_model(config));
    WEIR_TRY(config.set({"env", "OPENAI_BASE_URL"}, json::quote(url)));
    if (!wiring_.own_key) WEIR_TRY(config.set({"env", "OPENAI_API_KEY"}, json::quote(wiring_.token)));
    WEIR_TRY(config.set({"security", "auth", "selectedType"}, "\"openai\""));
    return config.set({"model", "name"}, json::quote(wiring_.model));
  }

  Status point_gemini(Draft& config, Draft& environment, const std::string& url) {
    // Google's own API chooses a model where none is named; another's does not know the name.
    if (wiring_.dialect != "gemini") WEIR_TRY(needs_model(config));
    WEIR_TRY(environment.set({"GOOGLE_GEMINI_BASE_URL"}, url));
    if (!wiring_.own_key) WEIR_TRY(environment.set({"GEMINI_API_KEY"}, wiring_.token));
    WEIR_TRY(config.set({"security", "auth", "selectedType"}, "\"gemini-api-key\""));
    // Else a folder's .env is read instead of this one, and the model is asked past weir.
    WEIR_TRY(config.set({"advanced", "ignoreLocalEnv"}, "true"));
    return wiring_.model.empty() ? Status() : config.set({"model", "name"}, json::quote(wiring_.model));
  }

  Status point_openclaw(Draft& config, const std::string& url) {
    WEIR_TRY(needs_model(config));
    // Behind its search a tool is called by a name among the arguments, which says nothing of what it does.
    if (!config.root()["tools"]["toolSearch"].exists())
      WEIR_TRY(config.set({"tools", "toolSearch"}, "false"));
    WEIR_TRY(config.set({"models", "providers", "weir"}, openclaw_provider(url, wiring_)));
    const bool detailed = config.root()["agents"]["defaults"]["model"].is_object();
    const std::string model = json::quote("weir/" + wiring_.model);
    return detailed ? config.set({"agents", "defaults", "model", "primary"}, model)
                    : config.set({"agents", "defaults", "model"}, model);
  }

  Status point_goose(Draft& config, const std::string& url) {
    const bool messages = wiring_.dialect == "messages";
    WEIR_TRY(config.set({"GOOSE_PROVIDER"}, messages ? "anthropic" : "openai"));
    return config.set({messages ? "ANTHROPIC_HOST" : "OPENAI_HOST"}, url);
  }

  const Client client_;
  const State& state_;
  const std::vector<size_t>& wrapped_;
  const Wiring& wiring_;
  std::vector<Draft> drafts_;
};

std::vector<std::string> names_of(const std::vector<Server>& servers) {
  std::vector<std::string> names;
  for (const Server& server : servers) {
    if (!server.is_weir) names.push_back(server.name + "\n" + std::to_string(static_cast<int>(server.file)));
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Reads the new texts as the client would and compares with what was meant.
Status check(Client client, std::vector<File> files, const std::vector<Change>& changes, const State& before,
             const std::vector<size_t>& wrapped, const Wiring& wiring, const Surroundings& around) {
  for (File& file : files) {
    for (const Change& change : changes) {
      if (change.path == file.path) file.text = change.after;
    }
  }
  WEIR_TRY_ASSIGN(after, read_state(client, files, around));
  std::vector<Server> expected;
  for (size_t i = 0; i < before.servers.size(); ++i) {
    if (std::find(wrapped.begin(), wrapped.end(), i) == wrapped.end()) expected.push_back(before.servers[i]);
  }
  const bool servers = names_of(expected) == names_of(after.servers);
  const bool has_weir = wrapped.empty() || std::any_of(after.servers.begin(), after.servers.end(),
                                                       [](const Server& server) { return server.is_weir; });
  const bool address = !wiring.model_api || client == Client::openai_compatible ||
                       (after.base_url.starts_with(wiring.url) && after.token == wiring.token);
  if (servers && has_weir && address) return {};
  return bad_input("the file cannot be edited safely", files.empty() ? "" : files.front().path,
                   "paste the lines that weir init prints without --apply");
}

}  // namespace

std::string base_url(Client client, const Wiring& wiring) {
  const std::string with_token = wiring.url + "/t/" + wiring.token;
  switch (client) {
    case Client::claude_code:
      return wiring.own_key ? with_token : wiring.url;
    case Client::codex:
      return wiring.url + "/v1";
    case Client::openclaw:
      return wiring.dialect == "messages" ? wiring.url : wiring.url + "/v1";
    case Client::goose:
    case Client::gemini_cli:  // a key in the shell's environment wins over the one in its file
      return with_token;
    case Client::opencode:
    case Client::qwen_code:
    case Client::openai_compatible:
      return (wiring.own_key ? with_token : wiring.url) + "/v1";
  }
  return wiring.url;
}

std::string openclaw_provider(const std::string& url, const Wiring& wiring) {
  const std::string model = json::quote(wiring.model);
  // Its requests have the User-Agent of a library, which is no one's in particular.
  return fmt::format(
      R"({{"baseUrl": {}, "apiKey": {}, "api": "{}", "headers": {{"User-Agent": "openclaw"}}, )"
      R"("models": [{{"id": {}, "name": {}}}]}})",
      json::quote(url), json::quote(wiring.token),
      wiring.dialect == "messages" ? "anthropic-messages" : "openai-completions", model, model);
}

std::string opencode_provider(const std::string& url, const Wiring& wiring) {
  const std::string key = wiring.own_key ? "" : fmt::format(", \"apiKey\": {}", json::quote(wiring.token));
  return fmt::format(
      R"({{"npm": "{}", "name": "weir", "options": {{"baseURL": {}{}}}, "models": {{{}: {{}}}}}})",
      wiring.dialect == "messages" ? "@ai-sdk/anthropic" : "@ai-sdk/openai-compatible", json::quote(url), key,
      json::quote(wiring.model));
}

Result<std::vector<Change>> plan(Client client, const std::vector<File>& files, const State& state,
                                 const std::vector<size_t>& wrapped, const Wiring& wiring,
                                 const Surroundings& around) {
  if (client == Client::openai_compatible) return std::vector<Change>{};
  auto changes = Planner(client, files, state, wrapped, wiring).plan();
  if (!changes) return changes;
  WEIR_TRY(check(client, files, *changes, state, wrapped, wiring, around));
  return changes;
}

std::string lines_to_paste(Client client, const std::vector<File>& files, const State& state,
                           const std::vector<size_t>& wrapped, const Wiring& wiring) {
  // The plan of empty files: what weir's part looks like, and nothing else.
  std::string out;
  std::vector<File> blank = files;
  for (File& file : blank) file.text.reset();
  std::string removed;
  for (const size_t i : wrapped) {
    const Server& server = state.servers[i];
    std::string from;
    for (const File& file : files) {
      if (file.role == server.file) from = file.path;
    }
    std::string scope;
    for (const std::string& part : server.scope) scope += (scope.empty() ? "" : ".") + part;
    removed += fmt::format("#   {}: {}.{}\n", from, scope, server.name);
  }
  if (client == Client::openai_compatible) {
    out = fmt::format("export OPENAI_BASE_URL={}\nexport OPENAI_API_KEY={}\n", base_url(client, wiring),
                      wiring.own_key ? "(the key that it has)" : wiring.token);
    return out + fmt::format("# MCP servers of the client: {}\n", command_json(wiring.mcp_command));
  }
  State one;
  std::vector<size_t> none;
  std::vector<Draft> drafts;
  for (const File& file : blank) drafts.push_back({client, file});
  Planner planner(client, blank, one, none, wiring);
  if (const auto changes = planner.plan()) {
    for (const Change& change : *changes) out += fmt::format("# add to {}:\n{}", change.path, change.after);
  }
  if (!wrapped.empty()) {
    const std::vector<size_t> all;
    std::string home = files.front().path;
    for (const File& file : files) {
      if (file.role == Role::servers) home = file.path;
    }
    out += fmt::format("# add to {}:\n", home);
    out += server_lines(client, wiring.mcp_command);
    out += "# and take these out, weir runs them now:\n" + removed;
  }
  return out;
}

}  // namespace weir::setup

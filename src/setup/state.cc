// What a client's config says.
#include <fmt/format.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "setup/read_file.h"
#include "setup/servers.h"

namespace weir::setup {
namespace {

// "http://host/t/TOKEN/v1" → the token, and the address without it.
std::string token_in_path(std::string& url) {
  const size_t at = url.find("/t/");
  if (at == std::string::npos) return {};
  const size_t end = std::min(url.find('/', at + 3), url.size());
  std::string token = url.substr(at + 3, end - at - 3);
  url.erase(at, end - at);
  return token;
}

class Reader {
 public:
  Reader(Client client, const Surroundings& around, State& state)
      : client_(client), around_(around), state_(state) {}

  Status read(const File& file) {
    if (!file.text) return {};
    if (file.role != Role::project) state_.there = true;
    WEIR_TRY_ASSIGN(root, read_file(client_, file.path, *file.text));
    if (root.kind != Kind::object)
      return bad_input("expected an object", place(*file.text, file.path, root.begin));
    switch (client_) {
      case Client::claude_code:
        return read_claude(file, root);
      case Client::codex:
        read_codex(root);
        return read_servers(file, root, {"mcp_servers"});
      case Client::openclaw:
        read_openclaw(root);
        return read_servers(file, root, {"mcp", "servers"});
      case Client::goose:
        read_goose(root);
        return read_servers(file, root, {"extensions"});
      case Client::opencode:
        read_opencode(root);
        return read_servers(file, root, {"mcp"});
      case Client::qwen_code:
        read_qwen(root);
        return read_servers(file, root, {"mcpServers"});
      case Client::gemini_cli:
        if (file.role == Role::environment) return read_gemini_env(root);
        read_gemini(root);
        return read_servers(file, root, {"mcpServers"});
      case Client::openai_compatible:
        return {};
    }
    return {};
  }

 private:
  Status read_servers(const File& file, const Node& root, std::vector<std::string> scope) {
    const Node& servers = at_path(root, scope);
    if (servers.exists() && !servers.is_object() && servers.kind != Kind::null)
      return bad_input("the MCP servers are not an object", place(*file.text, file.path, servers.begin));
    for (const Node& node : servers.children) {
      Server server = read_server(client_, node, around_);
      server.file = file.role;
      server.scope = scope;
      state_.servers.push_back(std::move(server));
    }
    if (state_.servers.size() > limits::kSetupServersMax)
      return too_large(fmt::format("more than {} MCP servers", limits::kSetupServersMax), file.path);
    return {};
  }

  Status read_claude(const File& file, const Node& root) {
    if (file.role == Role::config) {
      const Node& env = root["env"];
      state_.base_url = env["ANTHROPIC_BASE_URL"].string_or("");
      state_.token = token_in_path(state_.base_url);
      state_.own_key = !state_.token.empty();
      if (state_.token.empty()) state_.token = env["ANTHROPIC_AUTH_TOKEN"].string_or("");
      state_.model = root["model"].string_or("");
      return {};
    }
    WEIR_TRY(read_servers(file, root, {"mcpServers"}));
    if (file.role == Role::project) return {};
    for (const Node& project : root["projects"].children) {
      if (project.key == around_.folder) {
        WEIR_TRY(read_servers(file, root, {"projects", around_.folder, "mcpServers"}));
        continue;
      }
      for (const Node& server : project["mcpServers"].children)
        state_.elsewhere.push_back(fmt::format("{}: {}", project.key, server.key));
    }
    return {};
  }

  void read_codex(const Node& root) {
    state_.model = root["model"].string_or("");
    const std::string_view name = root["model_provider"].string_or("");
    const Node& provider = at_path(root, {"model_providers", std::string(name)});
    state_.base_url = provider["base_url"].string_or("");
    state_.token = token_in_path(state_.base_url);
    if (state_.token.empty()) state_.token = provider["http_headers"]["Weir-Token"].string_or("");
    state_.own_key = provider["env_key"].exists() || provider["requires_openai_auth"].text == "true";
  }

  void read_openclaw(const Node& root) {
    const Node& model = at_path(root, {"agents", "defaults", "model"});
    state_.model = model.is_string() ? model.text : std::string(model["primary"].string_or(""));
    const std::string name = state_.model.substr(0, state_.model.find('/'));
    const Node& provider = at_path(root, {"models", "providers", name});
    state_.base_url = provider["baseUrl"].string_or("");
    state_.token = token_in_path(state_.base_url);
    state_.own_key = !state_.token.empty();
    if (state_.token.empty()) state_.token = provider["apiKey"].string_or("");
    if (!provider["headers"]["User-Agent"].string_or("").starts_with("openclaw"))
      state_.hints.push_back(
          {"its requests do not say whose they are, so weir does not know its tools",
           fmt::format(R"(models.providers.{}.headers: {{"User-Agent": "openclaw"}})", name)});
    if (root["tools"]["toolSearch"].text != "false")
      state_.hints.push_back({"it calls tools behind a search, so weir does not know what a call does",
                              "tools.toolSearch: false"});
  }

  void read_opencode(const Node& root) {
    state_.model = root["model"].string_or("");
    const std::string name = state_.model.substr(0, state_.model.find('/'));
    const Node& options = at_path(root, {"provider", name, "options"});
    state_.base_url = options["baseURL"].string_or("");
    state_.token = token_in_path(state_.base_url);
    state_.own_key = !state_.token.empty();
    if (state_.token.empty()) state_.token = options["apiKey"].string_or("");
  }

  void read_qwen(const Node& root) {
    state_.model = root["model"]["name"].string_or("");
    state_.base_url = root["env"]["OPENAI_BASE_URL"].string_or("");
    state_.token = token_in_path(state_.base_url);
    state_.own_key = !state_.token.empty();
    if (state_.token.empty()) state_.token = root["env"]["OPENAI_API_KEY"].string_or("");
  }

  void read_gemini(const Node& root) {
    state_.model = root["model"]["name"].string_or("");
    const Node& chosen = root["security"]["auth"]["selectedType"];
    if (chosen.exists() && chosen.string_or("") != "gemini-api-key")
      state_.hints.push_back({"it signs in with Google and asks its model there, past weir",
                              "security.auth.selectedType: \"gemini-api-key\""});
    if (root["advanced"]["ignoreLocalEnv"].text != "true")
      state_.hints.push_back(
          {"in a folder with an .env file it does not read its own, which has weir's address",
           "advanced.ignoreLocalEnv: true"});
  }

  Status read_gemini_env(const Node& root) {
    state_.base_url = root["GOOGLE_GEMINI_BASE_URL"].string_or("");
    state_.token = token_in_path(state_.base_url);
    const std::string_view key = root["GEMINI_API_KEY"].string_or("");
    state_.own_key = !state_.token.empty() && key != state_.token;
    if (state_.token.empty()) state_.token = key;
    return {};
  }

  void read_goose(const Node& root) {
    state_.model = root["GOOSE_MODEL"].string_or("");
    const bool anthropic = root["GOOSE_PROVIDER"].string_or("") == "anthropic";
    state_.base_url = root[anthropic ? "ANTHROPIC_HOST" : "OPENAI_HOST"].string_or("");
    state_.token = token_in_path(state_.base_url);
    state_.own_key = !state_.token.empty();
  }

  const Client client_;
  const Surroundings& around_;
  State& state_;
};

}  // namespace

Result<Node> read_file(Client client, std::string_view path, std::string_view text) {
  // An empty file says nothing; that is no valid JSON, but some clients leave such files behind.
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    Node nothing;
    nothing.kind = Kind::object;
    nothing.flow = false;
    return nothing;
  }
  if (is_env_file(path)) return read_env(text, path);
  switch (client) {
    case Client::codex:
      return read_toml(text, path);
    case Client::goose:
      return read_yaml(text, path);
    case Client::openclaw:
    case Client::opencode:   // JSON with comments
    case Client::qwen_code:  // the same
    case Client::gemini_cli:
      return read_json(text, path, Syntax::json5);
    case Client::claude_code:
    case Client::openai_compatible:
      return read_json(text, path, Syntax::json);
  }
  return Error{Code::internal, "no such client", {}, {}};
}

Result<State> read_state(Client client, const std::vector<File>& files, const Surroundings& around) {
  State state;
  Reader reader(client, around, state);
  for (const File& file : files) WEIR_TRY(reader.read(file));
  return state;
}

}  // namespace weir::setup

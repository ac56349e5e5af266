// Agents that weir init knows: where their config stands, what it says, and how to point it at weir.
//
// Reads and plans only; src/cli does the reading and writing of files. A plan is made by spans (edit.h) and
// then read again: a file that would say anything else than before besides what was meant is refused ("cannot
// be edited safely"), and the person gets lines to paste. What each agent's keys mean is from its published
// source or documentation (docs/clients.md says which were tried).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "setup/tree.h"

namespace weir::setup {

enum class Client : uint8_t {
  claude_code,
  codex,
  openclaw,
  goose,
  opencode,
  qwen_code,
  gemini_cli,
  openai_compatible
};
inline constexpr Client kClients[] = {
    Client::claude_code, Client::codex,     Client::openclaw,   Client::goose,
    Client::opencode,    Client::qwen_code, Client::gemini_cli, Client::openai_compatible};
std::string_view client_name(Client client);   // "claude-code"
std::string_view client_title(Client client);  // "Claude Code"
std::optional<Client> parse_client(std::string_view name);

// The environment that decides about paths and variables, passed in.
struct Surroundings {
  std::function<std::optional<std::string>(const std::string&)> env;
  std::string folder;  // the current one, absolute
};

// What a file is for; each client has at most one of each.
enum class Role : uint8_t {
  config,       // the model's address; and the MCP servers where there is no file `servers`
  servers,      // MCP servers that stand in a file of their own
  project,      // MCP servers of the current folder: whoever wrote the folder wrote them
  environment,  // variables that the client reads when it starts: the model's address where `config` has none
};

struct File {
  Role role = Role::config;
  std::string path = {};
  std::optional<std::string> text = {};  // nothing: there is no such file
};

// Without their texts. Empty for openai_compatible.
std::vector<File> files_of(Client client, const Surroundings& around);

// An MCP server as the client's config has it, in weir.toml's terms.
struct Server {
  std::string name;
  Role file = Role::config;
  std::vector<std::string> scope = {};  // the path of the object that it stands in
  std::vector<std::string> command = {};
  std::map<std::string, std::string> env = {};  // "$NAME" stands for a variable
  std::string cwd = {};
  std::string url = {};
  std::map<std::string, std::string> headers = {};
  bool enabled = true;
  bool is_weir = false;                 // `weir mcp` itself
  std::string left_alone = {};          // why weir cannot stand in front of it; empty: it can
  std::vector<std::string> notes = {};  // what is lost on the way, for the person
};

struct State {
  std::vector<Server> servers = {};
  std::vector<std::string> elsewhere = {};  // servers of other folders (Claude Code): "FOLDER: NAME"
  std::string base_url = {};                // of the model; empty: the client's own default
  std::string token = {};                   // what it shows there, where the config says it
  std::string model = {};                   // where the config says it
  bool own_key = false;  // what it shows there is its own login, and the token is in the path
  struct Hint {
    std::string says;
    std::string fix;
  };
  std::vector<Hint> hints = {};  // what keeps weir from knowing what the client does
  bool there = false;            // one of its files (not the project's) exists
};

// Error: a file that cannot be read, with file:line:column.
Result<State> read_state(Client client, const std::vector<File>& files, const Surroundings& around);

// How the client is to reach weir.
struct Wiring {
  std::string url;        // "http://127.0.0.1:7447"
  std::string token;      // the client's, not the person's
  bool own_key = false;   // the client's own credential goes through: the token stands in the path
  bool model_api = true;  // false: only the MCP servers
  std::string dialect = "chat_completions";
  std::string model = {};  // OpenClaw, opencode, Qwen Code and Gemini CLI need a name
  std::vector<std::string> mcp_command = {"weir", "mcp"};
};

// The address for the model that the client gets, with "/v1" where its setting wants that.
std::string base_url(Client client, const Wiring& wiring);

struct Change {
  std::string path;
  std::optional<std::string> before;
  std::string after;
};

// Points the client at weir and takes the servers `wrapped` (indices into state.servers) out of its config.
// Only files that change are in the result.
Result<std::vector<Change>> plan(Client client, const std::vector<File>& files, const State& state,
                                 const std::vector<size_t>& wrapped, const Wiring& wiring,
                                 const Surroundings& around);

// The same as lines for a person to paste.
std::string lines_to_paste(Client client, const std::vector<File>& files, const State& state,
                           const std::vector<size_t>& wrapped, const Wiring& wiring);

}  // namespace weir::setup

#include "setup/client.h"

#include <algorithm>

namespace weir::setup {
namespace {

struct Known {
  Client client;
  std::string_view name;
  std::string_view title;
};
constexpr Known kKnown[] = {{Client::claude_code, "claude-code", "Claude Code"},
                            {Client::codex, "codex", "Codex"},
                            {Client::openclaw, "openclaw", "OpenClaw"},
                            {Client::goose, "goose", "Goose"},
                            {Client::opencode, "opencode", "opencode"},
                            {Client::qwen_code, "qwen-code", "Qwen Code"},
                            {Client::gemini_cli, "gemini-cli", "Gemini CLI"},
                            {Client::openai_compatible, "openai-compatible", "an OpenAI-compatible client"}};

std::string variable(const Surroundings& around, const std::string& name) {
  return around.env ? around.env(name).value_or("") : "";
}

}  // namespace

std::string_view client_name(Client client) {
  return kKnown[static_cast<size_t>(client)].name;
}

std::string_view client_title(Client client) {
  return kKnown[static_cast<size_t>(client)].title;
}

std::optional<Client> parse_client(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.name == name) return known.client;
  }
  return std::nullopt;
}

std::vector<File> files_of(Client client, const Surroundings& around) {
  const std::string home = variable(around, "HOME");
  const auto folder = [&](const char* name, const std::string& otherwise) {
    const std::string set = variable(around, name);
    return set.empty() ? otherwise : set;
  };
  switch (client) {
    case Client::claude_code: {
      const std::string set = variable(around, "CLAUDE_CONFIG_DIR");
      return {{Role::config, (set.empty() ? home + "/.claude" : set) + "/settings.json"},
              {Role::servers, (set.empty() ? home : set) + "/.claude.json"},
              {Role::project, around.folder + "/.mcp.json"}};
    }
    case Client::codex:
      return {{Role::config, folder("CODEX_HOME", home + "/.codex") + "/config.toml"}};
    case Client::openclaw:
      return {{Role::config, folder("OPENCLAW_CONFIG_PATH",
                                    folder("OPENCLAW_STATE_DIR", home + "/.openclaw") + "/openclaw.json")}};
    case Client::goose:
      return {{Role::config, folder("XDG_CONFIG_HOME", home + "/.config") + "/goose/config.yaml"}};
    case Client::opencode:
      return {{Role::config, folder("XDG_CONFIG_HOME", home + "/.config") + "/opencode/opencode.json"}};
    case Client::qwen_code:
      return {{Role::config, home + "/.qwen/settings.json"}};
    case Client::gemini_cli: {
      const std::string gemini = folder("GEMINI_CLI_HOME", home) + "/.gemini";
      return {{Role::config, gemini + "/settings.json"}, {Role::environment, gemini + "/.env"}};
    }
    case Client::openai_compatible:
      return {};
  }
  return {};
}

}  // namespace weir::setup

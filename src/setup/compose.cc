#include "setup/compose.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/toml.h"
#include "manifest/package.h"

namespace weir::setup {
namespace {

constexpr KnownUpstream kKnown[] = {
    {"anthropic", "Anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY", 0, false, true, false},
    {"openai", "OpenAI", "https://api.openai.com/v1", "OPENAI_API_KEY", 0, true, false, true},
    {"openrouter", "OpenRouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"},
    {"gemini", "Google Gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY",
     0, true, false, false, "https://generativelanguage.googleapis.com/v1beta"},
    {"mistral", "Mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"},
    {"deepseek", "DeepSeek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"},
    {"groq", "Groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"},
    {"xai", "xAI", "https://api.x.ai/v1", "XAI_API_KEY"},
    {"together", "Together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"},
    {"ollama", "Ollama on this machine", "http://127.0.0.1:11434/v1", "", 11434, true, true, true},
    {"llama-cpp", "llama.cpp on this machine", "http://127.0.0.1:8080/v1", "", 8080, true, true, true},
};

constexpr std::string_view kNameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

std::string toml_table(const std::map<std::string, std::string>& table) {
  std::string out;
  for (const auto& [key, value] : table)
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", toml::quoted_key(key), toml::quoted(value));
  return "{ " + out + " }";
}

std::string toml_list(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) out += (out.empty() ? "" : ", ") + toml::quoted(item);
  return "[" + out + "]";
}

// A name of the letters that weir.toml allows.
std::string allowed_name(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 64)) {
    const char next = kNameBytes.find(c) == std::string_view::npos ? '-' : c;
    if (next == '_' && out.ends_with('_')) continue;  // "__" divides server and tool
    if (next == '-' && out.ends_with('-')) continue;
    out.push_back(next);
  }
  return out.empty() ? "server" : out;
}

std::string compose_upstream(const Upstream& upstream) {
  std::string out = fmt::format("\n[upstream.{}]\nurl = {}\ndialect = {}\n", toml::quoted_key(upstream.name),
                                toml::quoted(upstream.url), toml::quoted(upstream.dialect));
  if (upstream.client_key) {
    out += "key = \"client\"            # the client's own login goes through; weir holds no key\n";
  } else if (!upstream.key_env.empty()) {
    out += fmt::format("key_env = {}   # the variable of weir's environment that holds the key\n",
                       toml::quoted(upstream.key_env));
  }
  return out;
}

std::string compose_server(const NamedServer& named) {
  const Server& server = *named.server;
  std::string out = "\n";
  if (!named.described)
    out += "# No manifest describes it yet: its tools are taken at their worst (docs/manifests.md).\n";
  out += fmt::format("[[server]]\nname = {}\n", toml::quoted(named.name));
  if (!server.command.empty()) out += fmt::format("command = {}\n", toml_list(server.command));
  if (!server.cwd.empty()) out += fmt::format("cwd = {}\n", toml::quoted(server.cwd));
  if (!server.env.empty()) out += fmt::format("env = {}\n", toml_table(server.env));
  if (!server.url.empty()) out += fmt::format("url = {}\n", toml::quoted(server.url));
  if (!server.headers.empty()) out += fmt::format("headers = {}\n", toml_table(server.headers));
  if (!named.manifest.empty()) out += fmt::format("manifest = {}\n", toml::quoted(named.manifest));
  return out;
}

std::string trust_rule(std::string_view origin, std::string_view integrity) {
  return fmt::format("[[trust]]\norigin = {}\nintegrity = {}\n", toml::quoted(origin),
                     toml::quoted(integrity));
}

std::string trust_rules(const Profile& profile) {
  const std::string_view name = profile.policies;
  std::string out =
      "\n# Say what you trust, and only what you or your colleagues wrote (docs/manifests.md):\n";
  if (name == "coding" && !profile.workspace.empty()) {
    const std::string folder = "file:" + profile.workspace + "/";
    out += trust_rule(folder + "**", "trusted");
    out += "# ... but not what others wrote and a tool fetched. Where rules disagree, untrusted wins.\n";
    for (const std::string_view fetched : {"node_modules/", ".venv/", "vendor/", "third_party/"})
      out += trust_rule(fmt::format("{}**{}**", folder, fetched), "untrusted");
    return out;
  }
  if (name == "support")
    return out +
           "# [[trust]]            # your knowledge base; its articles stay yours alone ...\n# origin = "
           "\"tool:kb/*\"\n"
           "# integrity = \"trusted\"\n# [[trust]]            # ... but for those that everyone may read\n"
           "# origin = \"tool:kb/public_article\"\n# readers = [\"public\"]\n";
  if (name == "strict") out += "# What these policies let through besides reading, weir grant says.\n";
  return out + "# [[trust]]\n# origin = \"file:/home/me/project/**\"\n# integrity = \"trusted\"\n" +
         (name == "personal"
              ? "# [[trust]]\n# origin = \"mailto:*@mycorp.example\"\n# integrity = \"trusted\"\n"
              : "");
}

}  // namespace

bool KnownUpstream::speaks(std::string_view dialect) const {
  if (dialect == "gemini") return !gemini_url.empty();
  return dialect == "messages" ? messages : dialect == "responses" ? responses : chat_completions;
}

std::span<const KnownUpstream> known_upstreams() {
  return kKnown;
}

const KnownUpstream* find_upstream(std::string_view name) {
  for (const KnownUpstream& known : kKnown) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

std::string_view dialect_for(Client client, const KnownUpstream* upstream) {
  if (client == Client::claude_code) return "messages";
  if (client == Client::codex) return "responses";
  if (client == Client::gemini_cli) return "gemini";
  return upstream != nullptr && !upstream->chat_completions ? "messages" : "chat_completions";
}

std::vector<NamedServer> name_servers(const std::vector<Server>& servers, const std::vector<size_t>& chosen,
                                      const manifest::Manifests& manifests, std::vector<std::string> taken) {
  std::vector<NamedServer> out;
  for (const size_t i : chosen) {
    const Server& server = servers[i];
    const std::string wanted = allowed_name(server.name);
    std::string name = wanted;
    for (int n = 2; std::find(taken.begin(), taken.end(), name) != taken.end(); ++n)
      name = fmt::format("{}-{}", wanted, n);
    taken.push_back(name);
    NamedServer named{
        .name = name, .manifest = {}, .described = manifests.has_server(name), .server = &server};
    const auto known = server.url.empty() ? manifest::server_names_of(server.command)
                                          : manifest::server_names_of_url(server.url);
    for (const std::string& each : known) {
      if (!manifests.has_server(each)) continue;
      named.manifest = each;
      named.described = true;
      break;
    }
    out.push_back(std::move(named));
  }
  return out;
}

std::string compose(Client client, std::string_view listen, const std::vector<Upstream>& upstreams,
                    const std::vector<NamedServer>& servers, bool add, const Profile& profile) {
  std::string out;
  if (add) {
    out = fmt::format("\n# Added by weir init for {}.\n", client_title(client));
  } else {
    out = fmt::format(
        "# Written by weir init for {}. All keys: weir config reference. What is wrong here, weir doctor "
        "says.\n"
        "# MCP servers' secrets may stand in this file: keep it readable by you alone.\n\n"
        "listen = {}\n"
        "mode = \"guard\"            # \"watch\" decides and records, and stops nothing\n"
        "ask_timeout = \"120s\"      # how long a call waits for you; then it is denied. \"0s\": nobody is "
        "asked\n",
        client_title(client), toml::quoted(listen));
    if (!profile.policies.empty())
      out += fmt::format("policies = [{}]   # what they say: weir policy check {}, docs/policies.md\n",
                         toml::quoted(profile.policies), profile.policies);
  }
  for (const Upstream& upstream : upstreams) out += compose_upstream(upstream);
  if (!servers.empty())
    out += "\n# MCP servers, taken over from the client. weir runs them; the client has `weir mcp`.\n";
  for (const NamedServer& server : servers) out += compose_server(server);
  if (!add) out += trust_rules(profile);
  return out;
}

}  // namespace weir::setup

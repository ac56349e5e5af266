#include "config/config.h"

#include <fmt/format.h>

#include <charconv>

#include "base/embedded.h"
#include "base/limits.h"
#include "base/toml.h"
#include "config/keys.h"
#include "config/skills.h"
#include "manifest/package.h"
#include "policy/label_attributes.h"
#include "policy/schema.h"
#include "policy/validate.h"
#include "sandbox/preset_for.h"
#include "session/grant.h"

namespace weir::config {
namespace {

Status only_known(const toml::Value& table, std::string_view section) {
  std::vector<std::string_view> names;
  for (const Key& key : keys()) {
    if (key.section == section) names.push_back(key.name);
  }
  if (section.empty())
    names.insert(names.end(), {"upstream", "server", "sandbox", "mcp", "seal", "intent", "skills", "trust"});
  auto entries = table.entries();
  if (!entries) return entries.error();
  for (const toml::Entry& entry : *entries) {
    if (std::find(names.begin(), names.end(), entry.key) != names.end()) continue;
    return bad_input(fmt::format("unknown key \"{}\"", entry.key), entry.value.key_where(),
                     toml::did_you_mean(entry.key, names));
  }
  return {};
}

// A string that must be one of two; sets `out` to whether it is the second.
Status read_choice(const toml::Value& table, std::string_view key, std::array<std::string_view, 2> names,
                   bool& out) {
  const toml::Value value = table[key];
  if (!value.exists()) return {};
  auto index = value.one_of(key, names);
  if (!index) return index.error();
  out = *index == 1;
  return {};
}

Status read_dialect(const toml::Value& table, exchange::Dialect& out) {
  static constexpr std::array kDialects{exchange::Dialect::chat_completions, exchange::Dialect::messages,
                                        exchange::Dialect::responses};
  static constexpr std::array<std::string_view, 3> kNames{"chat_completions", "messages", "responses"};
  const toml::Value value = table["dialect"];
  if (!value.exists()) return {};
  WEIR_TRY_ASSIGN(index, value.one_of("dialect", kNames));
  out = kDialects[index];
  return {};
}

std::string beside(std::string_view file_name, const std::string& path) {
  const size_t slash = file_name.rfind('/');
  if (path.starts_with('/') || slash == std::string_view::npos) return path;
  return std::string(file_name.substr(0, slash + 1)) + path;
}

class Reader {
 public:
  Reader(Config& config, std::string_view file_name, const Sources& sources)
      : config_(config), file_name_(file_name), sources_(sources) {}

  Status read(const toml::Value& root) {
    WEIR_TRY(only_known(root, ""));
    WEIR_TRY(read_listen(root));
    WEIR_TRY(read_mode(root));
    bool auth_none = false;
    WEIR_TRY(read_choice(root, "auth", {"token", "none"}, auth_none));
    config_.authenticate = !auth_none;
    WEIR_TRY(read_choice(root, "unknown_items", {"refuse", "untrusted"}, config_.unknown_items_untrusted));
    WEIR_TRY(read_choice(root, "hosted_tools", {"refuse", "strip"}, config_.strip_hosted_tools));
    WEIR_TRY(read_client(root));
    WEIR_TRY(root.read("data_dir", config_.data_dir));
    WEIR_TRY(read_manifests(root));
    WEIR_TRY(read_upstreams(root["upstream"]));
    WEIR_TRY_ASSIGN(sandboxes, sandbox::read_profiles(root["sandbox"]));
    config_.sandboxes = std::move(sandboxes);
    WEIR_TRY(read_servers(root["server"]));
    WEIR_TRY(read_mcp(root["mcp"]));
    WEIR_TRY(read_seal(root["seal"]));
    WEIR_TRY(read_intent(root["intent"]));
    WEIR_TRY(read_trust(root["trust"]));
    WEIR_TRY_ASSIGN(skills, read_skills(root["skills"], file_name_, sources_));
    config_.skills = std::move(skills);
    if (!config_.authenticate && !config_.on_loopback()) {
      return root["auth"].error(
          fmt::format("auth = \"none\" would let the network use weir at {}", config_.listen_host),
          "listen on 127.0.0.1, or use auth = \"token\"");
    }
    std::vector<std::string> policies;
    WEIR_TRY(root.read("policies", policies));
    for (std::string& name : policies) {
      if (name.find('.') != std::string::npos) name = beside(file_name_, name);
    }
    return policies.empty() ? Status() : use_policies(config_, policies, sources_);
  }

 private:
  Status read_listen(const toml::Value& root) {
    std::string listen;
    WEIR_TRY(root.read("listen", listen));
    if (listen.empty()) return {};
    const size_t colon = listen.rfind(':');
    uint16_t port = 0;
    const char* end = listen.data() + listen.size();
    const auto parsed = colon == std::string::npos
                            ? std::from_chars_result{nullptr, std::errc::invalid_argument}
                            : std::from_chars(listen.data() + colon + 1, end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end)
      return root["listen"].error("expected HOST:PORT", "listen = \"127.0.0.1:7447\"");
    config_.listen_host = listen.substr(0, colon);
    if (config_.listen_host.starts_with('[') && config_.listen_host.ends_with(']')) {
      config_.listen_host = config_.listen_host.substr(1, config_.listen_host.size() - 2);
    }
    config_.listen_port = port;
    return {};
  }

  Status read_mode(const toml::Value& root) {
    if (const toml::Value mode = root["mode"]; mode.exists()) {
      WEIR_TRY_ASSIGN(name, mode.string());
      const auto parsed = guard::parse_mode(name);
      if (!parsed) return mode.error(fmt::format("unknown mode \"{}\"", name), "watch, guard or seal");
      config_.mode = *parsed;
    }
    if (const toml::Value timeout = root["ask_timeout"]; timeout.exists()) {
      WEIR_TRY_ASSIGN(text, timeout.string());
      auto parsed = parse_duration(text);
      if (!parsed) return timeout.error(parsed.error().message, parsed.error().hint);
      config_.ask_timeout_ms = *parsed;
    }
    if (const toml::Value notify = root["notify"]; notify.exists()) {
      WEIR_TRY(root.read("notify", config_.notify));
      if (config_.notify.empty() || config_.notify[0].empty())
        return notify.error("expected a command and its arguments", "notify = [\"notify-send\", \"weir\"]");
      for (const std::string& word : config_.notify) {
        if (word.find('\0') != std::string::npos) return notify.error("an argument has a zero byte");
      }
    }
    return {};
  }

  Status read_client(const toml::Value& root) {
    WEIR_TRY(root.read("client", config_.client));
    if (config_.client == "auto" || config_.profiles.find(config_.client) != nullptr) return {};
    return root["client"].error(fmt::format("no client profile \"{}\"", config_.client),
                                "auto, or a name in clients/");
  }

  Status read_manifests(const toml::Value& root) {
    std::vector<std::string> files;
    WEIR_TRY(root.read("manifests", files));
    for (const std::string& name : files) {
      const std::string path = beside(file_name_, name);
      WEIR_TRY_ASSIGN(text, sources_.read_file(path));
      WEIR_TRY(config_.manifests.add(text, path));
    }
    return {};
  }

  Status read_key(const toml::Value& table, Upstream& upstream) {
    int given = 0;
    for (const std::string_view key : {"key_env", "key_file", "key"}) given += table[key].exists() ? 1 : 0;
    if (given > 1) return table.error("more than one of key_env, key_file and key", "keep one");
    std::string name;
    if (const toml::Value env = table["key_env"]; env.exists()) {
      WEIR_TRY(table.read("key_env", name));
      const auto value = sources_.env(name);
      if (!value || value->empty())
        return env.error(fmt::format("the environment has no {}", name), fmt::format("export {}=…", name));
      upstream.key = *value;
      upstream.key_name = "$" + name;
    } else if (const toml::Value file = table["key_file"]; file.exists()) {
      WEIR_TRY(table.read("key_file", name));
      auto text = sources_.read_file(beside(file_name_, name));
      if (!text) return file.error(text.error().text());
      upstream.key = text->substr(0, text->find_last_not_of(" \t\r\n") + 1);
      upstream.key_name = name;
    } else if (const toml::Value key = table["key"]; key.exists()) {
      WEIR_TRY(table.read("key", name));
      // A key in the file itself would end up in backups and screenshots.
      if (name != "client")
        return key.error("a key does not belong into the file", "key_env, key_file, or key = \"client\"");
      upstream.key_source = KeySource::client;
      return {};
    } else {
      return {};
    }
    if (upstream.key.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos ||
        upstream.key.empty()) {
      return table.error(fmt::format("the key in {} is not one line", upstream.key_name));
    }
    upstream.key_source = KeySource::value;
    return {};
  }

  Status read_upstreams(const toml::Value& upstreams) {
    if (!upstreams.exists()) return {};
    WEIR_TRY_ASSIGN(entries, upstreams.entries());
    for (const toml::Entry& entry : entries) {
      Upstream upstream;
      upstream.name = entry.key;
      WEIR_TRY(only_known(entry.value, "upstream.NAME"));
      WEIR_TRY(entry.value.require("url", upstream.url));
      while (upstream.url.ends_with('/')) upstream.url.pop_back();
      if (!upstream.url.starts_with("http://") && !upstream.url.starts_with("https://")) {
        return entry.value["url"].error("expected an http:// or https:// URL");
      }
      WEIR_TRY(read_dialect(entry.value, upstream.dialect));
      WEIR_TRY(read_key(entry.value, upstream));
      WEIR_TRY(entry.value.read("models", upstream.models));
      std::string ca_file;
      WEIR_TRY(entry.value.read("ca_file", ca_file));
      if (!ca_file.empty()) upstream.ca_file = beside(file_name_, ca_file);
      config_.upstreams.push_back(std::move(upstream));
    }
    return {};
  }

  Status read_servers(const toml::Value& servers) {
    if (!servers.exists()) return {};
    WEIR_TRY_ASSIGN(elements, servers.elements());
    for (const toml::Value& element : elements) {
      WEIR_TRY(only_known(element, "[server]"));
      Server server;
      WEIR_TRY(element.require("name", server.name));
      WEIR_TRY(element.read("command", server.command));
      WEIR_TRY(read_secrets(element["env"], server.env));
      WEIR_TRY(element.read("cwd", server.cwd));
      if (!server.cwd.empty()) server.cwd = beside(file_name_, server.cwd);
      WEIR_TRY(element.read("url", server.url));
      WEIR_TRY(read_secrets(element["headers"], server.headers));
      WEIR_TRY(element.read("manifest", server.manifest));
      WEIR_TRY(element.read("prefix", server.prefix));
      WEIR_TRY(check_server(element, server));
      WEIR_TRY(read_server_sandbox(element, server));
      if (!server.manifest.empty()) {
        if (auto aliased = config_.manifests.alias(server.name, server.manifest); !aliased)
          return element["manifest"].error(aliased.error().message);
      } else if (!config_.manifests.is_operators(server.name)) {
        WEIR_TRY(find_manifest(server));
      }
      config_.servers.push_back(std::move(server));
    }
    return {};
  }

  Status read_server_sandbox(const toml::Value& element, Server& server) {
    std::string name(sandbox::preset_for(server.command));
    WEIR_TRY(element.read("sandbox", name));
    if (server.command.empty()) {
      if (element["sandbox"].exists())
        return element["sandbox"].error("only a server that weir starts can be in a sandbox",
                                        "give `command`");
      return {};
    }
    if (name == "none") return {};
    auto profile = sandbox::find_profile(config_.sandboxes, name);
    if (!profile) return element["sandbox"].error(profile.error().message, profile.error().hint);
    server.sandbox = std::move(*profile);
    return {};
  }

  // What runs says more than what it was called, unless the operator described that name.
  Status find_manifest(const Server& server) {
    const auto names = server.url.empty() ? manifest::server_names_of(server.command)
                                          : manifest::server_names_of_url(server.url);
    for (const std::string& name : names) {
      if (config_.manifests.has_server(name)) return config_.manifests.alias(server.name, name);
    }
    return {};
  }

  // Strings by name, of which "$NAME" stands for a variable of weir's environment.
  Status read_secrets(const toml::Value& table, std::map<std::string, std::string>& out) {
    if (!table.exists()) return {};
    WEIR_TRY_ASSIGN(entries, table.entries());
    for (const toml::Entry& entry : entries) {
      auto read = entry.value.string();
      if (!read) return read.error();
      std::string text = *read;
      if (!text.empty() && text.front() == '$') {
        const std::string name = text.substr(1);
        const auto value = sources_.env ? sources_.env(name) : std::nullopt;
        if (!value) return entry.value.error(fmt::format("the environment has no {}", name));
        text = *value;
      }
      const bool odd = entry.key.empty() || entry.key.find_first_of("=\r\n") != std::string::npos ||
                       text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
      if (odd) return entry.value.error("expected a name and one line");
      out[std::string(entry.key)] = std::move(text);
    }
    return {};
  }

  Status check_server(const toml::Value& element, const Server& server) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    if (server.name.empty() || server.name.find_first_not_of(kAllowed) != std::string::npos ||
        server.name.find("__") != std::string::npos)
      return element["name"].error(
          R"(a server's name has only letters, digits, "_", "-" and ".", and no "__")");
    for (const Server& other : config_.servers) {
      if (other.name == server.name)
        return element["name"].error(fmt::format("there are two servers \"{}\"", server.name));
    }
    if (!server.command.empty() && !server.url.empty())
      return element["url"].error("a server has a command or a url, not both");
    if (!server.url.empty() && !server.url.starts_with("http://") && !server.url.starts_with("https://"))
      return element["url"].error("expected an http:// or https:// URL");
    return {};
  }

  Status read_mcp(const toml::Value& mcp) {
    if (!mcp.exists()) return {};
    WEIR_TRY(only_known(mcp, "mcp"));
    WEIR_TRY(mcp.read("elicit", config_.mcp.elicit));
    return mcp.read("alone", config_.mcp.alone);
  }

  Status read_intent(const toml::Value& intent) {
    if (!intent.exists()) return {};
    WEIR_TRY(only_known(intent, "intent"));
    WEIR_TRY(intent.read("check", config_.intent.check));
    WEIR_TRY(intent.read("judge", config_.intent.judge));
    WEIR_TRY(intent.read("judge_model", config_.intent.judge_model));
    WEIR_TRY(intent.read("plan", config_.intent.plan));
    if (!config_.intent.judge.empty() && config_.upstream_named(config_.intent.judge) == nullptr)
      return intent["judge"].error(fmt::format("there is no [upstream.{}]", config_.intent.judge));
    return {};
  }

  Status read_seal(const toml::Value& seal) {
    if (!seal.exists()) return {};
    WEIR_TRY(only_known(seal, "seal"));
    int64_t page = static_cast<int64_t>(config_.seal.page);
    WEIR_TRY(seal.read("page", page, 1, static_cast<int64_t>(limits::kSealedPageMax)));
    config_.seal.page = static_cast<size_t>(page);
    if (const toml::Value bits = seal["budget_bits"]; bits.exists()) {
      WEIR_TRY_ASSIGN(number, bits.number());
      if (!(number >= 0 && number <= 1e6)) return bits.error("expected 0 to 1000000 bits");
      config_.seal.budget_bits = number;
    }
    WEIR_TRY(seal.read("reveal", config_.seal.reveal));
    WEIR_TRY(seal.read("open", config_.seal.open));
    for (const std::string& pattern : config_.seal.open) {
      manifest::TrustRule rule;
      rule.pattern = pattern;
      rule.trusted = true;
      rule.where = seal["open"].where();
      WEIR_TRY(config_.seal.opened.add(std::move(rule)));
    }
    WEIR_TRY(read_choice(seal, "attachments", {"sealed", "open"}, config_.seal.attachments_open));
    WEIR_TRY(seal.read("reader", config_.seal.reader));
    WEIR_TRY(seal.read("reader_model", config_.seal.reader_model));
    if (!config_.seal.reader.empty() && config_.upstream_named(config_.seal.reader) == nullptr)
      return seal["reader"].error(fmt::format("there is no [upstream.{}]", config_.seal.reader));
    return {};
  }

  Status read_trust(const toml::Value& trust) {
    if (!trust.exists()) return {};
    WEIR_TRY_ASSIGN(elements, trust.elements());
    for (const toml::Value& element : elements) {
      WEIR_TRY(only_known(element, "[trust]"));
      manifest::TrustRule rule;
      rule.where = element.where();
      WEIR_TRY(element.require("origin", rule.pattern));
      if (element["integrity"].exists()) {
        bool untrusted = false;
        WEIR_TRY(read_choice(element, "integrity", {"trusted", "untrusted"}, untrusted));
        rule.trusted = !untrusted;
      }
      if (element["readers"].exists()) {
        std::vector<std::string> readers;
        WEIR_TRY(element.read("readers", readers));
        const bool everyone = std::find(readers.begin(), readers.end(), "public") != readers.end();
        rule.readers = everyone ? Readers::everyone() : Readers::of(std::move(readers));
      }
      WEIR_TRY(config_.trust.add(std::move(rule)));
    }
    return {};
  }

  Config& config_;
  std::string_view file_name_;
  const Sources& sources_;
};

}  // namespace

std::vector<std::string> Config::weakenings() const {
  std::vector<std::string> lines;
  if (mode == guard::Mode::watch) lines.emplace_back("mode = \"watch\": nothing is stopped");
  if (!authenticate) lines.emplace_back("auth = \"none\": every process on this machine can use weir");
  if (unknown_items_untrusted)
    lines.emplace_back("unknown_items = \"untrusted\": items that weir does not know pass");
  for (const std::string& pattern : seal.open) {
    if (mode == guard::Mode::seal)
      lines.push_back(fmt::format("seal.open {}: the planner is shown what comes from there", pattern));
  }
  for (const Server& server : servers) {
    if (!server.sandbox && !server.command.empty())
      lines.push_back(
          fmt::format("server {}: sandbox = \"none\": it can touch whatever you can", server.name));
    const bool everywhere =
        server.sandbox && std::any_of(server.sandbox->hosts.begin(), server.sandbox->hosts.end(),
                                      [](const sandbox::Host& host) { return host.name == "*"; });
    if (everywhere)
      lines.push_back(fmt::format("server {}: its sandbox {} may reach every public host", server.name,
                                  server.sandbox->name));
    if (server.sandbox && server.sandbox->net == sandbox::Net::host)
      lines.push_back(
          fmt::format("server {}: net = \"host\" in [sandbox.{}]: the whole network, and what "
                      "listens on this machine",
                      server.name, server.sandbox->name));
  }
  if (mcp.alone && has_model())
    lines.emplace_back("mcp.alone: MCP calls that the model proxy has not seen start with a clean context");
  return lines;
}

std::vector<std::string> Config::secret_variables() const {
  std::vector<std::string> names;
  for (const Upstream& upstream : upstreams) {
    if (upstream.key_name.starts_with('$')) names.push_back(upstream.key_name.substr(1));
  }
  return names;
}

bool Config::on_loopback() const {
  return listen_host == "127.0.0.1" || listen_host == "::1" || listen_host == "localhost";
}

bool Config::has_model() const {
  return std::any_of(upstreams.begin(), upstreams.end(),
                     [](const Upstream& each) { return !each.built_in && !each.models.empty(); });
}

std::optional<Config::Reader> Config::own_reader() const {
  const Upstream* upstream = upstream_named(seal.reader);
  for (const Upstream& each : upstreams) {
    if (upstream == nullptr && seal.reader.empty() && !each.built_in) upstream = &each;
  }
  if (upstream == nullptr || upstream->key_source == KeySource::client) return std::nullopt;
  if (!seal.reader_model.empty()) return Reader{upstream, seal.reader_model};
  for (const std::string& model : upstream->models) {
    if (model.find('*') == std::string::npos) return Reader{upstream, model};
  }
  return std::nullopt;
}

const Upstream* Config::upstream_named(std::string_view name) const {
  const auto at = std::find_if(upstreams.begin(), upstreams.end(),
                               [&](const Upstream& upstream) { return upstream.name == name; });
  return at == upstreams.end() ? nullptr : &*at;
}

const Upstream* Config::upstream_for(exchange::Dialect dialect, std::string_view model) const {
  for (const Upstream& upstream : upstreams) {
    if (upstream.dialect != dialect) continue;
    for (const std::string& pattern : upstream.models) {
      if (session::matches_pattern(model, pattern)) return &upstream;
    }
  }
  return nullptr;
}

Result<Config> defaults() {
  auto profiles = client::Profiles::shipped();
  if (!profiles) return profiles.error();
  Config config{.profiles = std::move(*profiles)};
  WEIR_TRY_ASSIGN(manifests, manifest::Manifests::shipped());
  config.manifests = std::move(manifests);
  WEIR_TRY(use_policies(config, {"default"}, {}));
  return config;
}

Result<Config> load(std::string_view text, std::string_view file_name, const Sources& sources) {
  auto config = defaults();
  if (!config) return config;
  config->file = file_name;
  auto document = toml::parse(text, file_name);
  if (!document) return document.error();
  WEIR_TRY(Reader(*config, file_name, sources).read(document->root()));
  return config;
}

std::string policy_set_names() {
  std::string names;
  for (const EmbeddedFile& file : embedded_files()) {
    std::string_view name = file.path;
    if (!name.starts_with("policies/") || !name.ends_with(".cedar")) continue;
    name.remove_prefix(std::string_view("policies/").size());
    name.remove_suffix(std::string_view(".cedar").size());
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return names;
}

Status use_policies(Config& config, const std::vector<std::string>& names, const Sources& sources) {
  policy::PolicySet all;
  for (const std::string& name : names) {
    std::string text(embedded_file("policies/" + name + ".cedar"));
    std::string file = "policies/" + name + ".cedar";
    if (text.empty()) {
      if (name.find('.') == std::string::npos || !sources.read_file) {
        return Error{Code::bad_input,
                     fmt::format("no policy set \"{}\"", name),
                     {},
                     policy_set_names() + ", or a .cedar file"};
      }
      WEIR_TRY_ASSIGN(read, sources.read_file(name));
      text = std::move(read);
      file = name;
    }
    WEIR_TRY_ASSIGN(set, policy::PolicySet::parse(text, file));
    WEIR_TRY(policy::check_monotone(set, policy::label_attributes()));
    if (file == name) {  // what is shipped is validated by its tests
      WEIR_TRY_ASSIGN(schema, policy::weir_schema(policy::named_tools(set)));
      WEIR_TRY(policy::check_valid(set, schema));
    }
    WEIR_TRY(all.add(std::move(set)));
  }
  config.policies = std::move(all);
  return {};
}

}  // namespace weir::config

#include "sandbox/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/units.h"

namespace weir::sandbox {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kGiB = uint64_t{1} << 30;
constexpr uint64_t kProcessesMax = 65'536;
constexpr uint64_t kOpenFilesMax = 65'536;
constexpr uint64_t kScratchFilesMax = 10'000'000;
constexpr size_t kHostsMax = 64;  // each port is a listener
constexpr size_t kSecretsMax = 16;

Profiles make_presets() {
  Profile server{.name = "mcp-server"};
  server.limits = {.memory_bytes = 2 * kGiB,
                   .processes = 512,
                   .open_files = 4'096,
                   .file_bytes = kGiB,
                   .scratch_bytes = 256 * kMiB,
                   .scratch_files = 20'000};
  Profile skill{.name = "skill"};
  skill.limits = server.limits;
  skill.limits.wall_ms = 600'000;
  skill.limits.cpu_ms = 300'000;
  skill.limits.output_bytes = 64 * kMiB;
  Profile reader = server;
  reader.name = "mcp-reader";
  server.write = {std::string(kCommand)};
  // What npx, uvx and the like fetch at each start: programs that were not there before, from wherever.
  Profile fetched = server;
  fetched.name = "fetched";
  fetched.net = Net::hosts;
  fetched.hosts = {{.name = "*", .port = 443}};
  fetched.run_written = true;
  fetched.limits.scratch_bytes = kGiB;
  fetched.limits.scratch_files = 100'000;
  Profile shell{.name = "shell", .write = {"."}, .run_written = true, .terminal = true};
  shell.limits = {.memory_bytes = 4 * kGiB,
                  .processes = 2'048,
                  .open_files = 16'384,
                  .file_bytes = 4 * kGiB,
                  .scratch_bytes = kGiB,
                  .scratch_files = 100'000};
  Profile build = shell;
  build.name = "build";
  build.limits.memory_bytes = 8 * kGiB;
  build.limits.processes = 4'096;
  build.limits.scratch_bytes = 4 * kGiB;
  build.limits.scratch_files = 500'000;
  return {server, reader, skill, shell, build, fetched};
}

const Profile* named(const Profiles& profiles, std::string_view name) {
  const auto at = std::find_if(profiles.begin(), profiles.end(),
                               [&](const Profile& profile) { return profile.name == name; });
  return at == profiles.end() ? nullptr : &*at;
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool has_dots(std::string_view path) {
  return path == ".." || path.starts_with("../") || path.ends_with("/..") ||
         path.find("/../") != std::string_view::npos;
}

Status read_paths(const toml::Value& table, std::string_view key, std::vector<std::string>& out) {
  const toml::Value value = table[key];
  if (!value.exists()) return {};
  std::vector<std::string> paths;
  WEIR_TRY(table.read(key, paths));
  for (std::string& path : paths) {
    if (path == kCommand && key == "write") {
      out.push_back(std::move(path));
      continue;
    }
    const bool anchored = path.starts_with('/') || path == "~" || path.starts_with("~/") || path == "." ||
                          path.starts_with("./");
    if (!anchored || path.find('\0') != std::string::npos)
      return value.error(fmt::format("not a path that the sandbox can start from: \"{}\"", path),
                         "an absolute one, \"~/…\" for the home, \".\" for the folder that it starts in");
    // Where ".." leads depends on links that others may have made.
    if (has_dots(path)) return value.error(fmt::format("\"..\" in \"{}\"", path), "write where it leads to");
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (path == "/") return value.error("\"/\" grants everything there is", "name the folders that it needs");
    out.push_back(std::move(path));
  }
  return {};
}

Status read_env(const toml::Value& table, Profile& profile) {
  std::vector<std::string> names;
  WEIR_TRY(table.read("env", names));
  for (std::string& name : names) {
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos)
      return table["env"].error(fmt::format("\"{}\" is no name of a variable", name),
                                "env = [\"LANG\"]: the names of variables that are passed on");
    profile.env.push_back(std::move(name));
  }
  return {};
}

// A profile is of one kind: what one further up granted otherwise goes.
void set_net(Profile& profile, Net net) {
  profile.net = net;
  if (net == Net::hosts) return;
  profile.hosts.clear();
  profile.secrets.clear();
}

Status add_host(const toml::Value& at, Host host, Profile& profile) {
  set_net(profile, Net::hosts);
  if (std::find(profile.hosts.begin(), profile.hosts.end(), host) != profile.hosts.end()) return {};
  for (const Host& other : profile.hosts) {
    if (other.name == host.name && other.port == host.port)
      return at.error(fmt::format("{}:{} is granted twice, in two ways", host.name, host.port));
  }
  profile.hosts.push_back(std::move(host));
  if (profile.hosts.size() > kHostsMax) return at.error(fmt::format("more than {} hosts", kHostsMax));
  return {};
}

bool is_variable(std::string_view name) {
  return !name.empty() && name.size() <= 128 && name.find_first_of(std::string_view("=\0", 2)) == name.npos;
}

Status read_net(const toml::Value& table, Profile& profile) {
  const toml::Value net = table["net"];
  if (!net.exists()) return {};
  if (net.is_string()) {
    static constexpr std::string_view kWords[] = {"none", "host"};
    const auto word = net.one_of("net", kWords);
    if (!word) return word.error();
    set_net(profile, *word == 1 ? Net::host : Net::none);
    return {};
  }
  std::vector<std::string> texts;
  WEIR_TRY(table.read("net", texts));
  for (const std::string& text : texts) {
    auto host = parse_host(text);
    if (!host) return net.error(host.error().message, host.error().hint);
    WEIR_TRY(add_host(net, *std::move(host), profile));
  }
  if (texts.empty()) set_net(profile, Net::none);
  return {};
}

Result<Secret> read_secret(const toml::Entry& entry) {
  const toml::Value& table = entry.value;
  if (!table.is_table())
    return table.error("expected a table", "{ env = \"GITHUB_TOKEN\", host = \"api.github.com:443\" }");
  WEIR_TRY(table.only({"env", "file", "host"}));
  Secret secret{.name = std::string(entry.key)};
  if (!is_variable(secret.name))
    return table.error(fmt::format("\"{}\" is no name of a variable", secret.name));
  WEIR_TRY(table.read("env", secret.env));
  WEIR_TRY(table.read("file", secret.file));
  if (secret.env.empty() == secret.file.empty())
    return table.error("a secret is either in `env`, a variable of weir's, or in `file`");
  if (!secret.env.empty() && !is_variable(secret.env))
    return table["env"].error(fmt::format("\"{}\" is no name of a variable", secret.env));
  if (!secret.file.empty() && !secret.file.starts_with('/') && !secret.file.starts_with("~/"))
    return table["file"].error("not an absolute path", "\"~/…\" for the home");
  std::string host;
  WEIR_TRY(table.require("host", host));
  auto parsed = parse_host(host);
  if (!parsed) return table["host"].error(parsed.error().message, parsed.error().hint);
  if (parsed->is_wildcard() || parsed->raw)
    return table["host"].error("a secret goes to one host, by TLS", "\"api.example.org:443\"");
  secret.host = *std::move(parsed);
  return secret;
}

// Its host is granted with it.
Status read_secrets(const toml::Value& table, Profile& profile) {
  const toml::Value secrets = table["secrets"];
  if (!secrets.exists()) return {};
  if (!secrets.is_table())
    return secrets.error("expected a table",
                         "secrets = { TOKEN = { env = \"TOKEN\", host = \"api.example.org:443\" } }");
  WEIR_TRY_ASSIGN(entries, secrets.entries());
  for (const toml::Entry& entry : entries) {
    WEIR_TRY_ASSIGN(secret, read_secret(entry));
    if (profile.net == Net::host)
      return secrets.error("with net = \"host\" a secret cannot be put in on the way out",
                           "name the hosts in `net`");
    WEIR_TRY(add_host(entry.value, secret.host, profile));
    std::erase_if(profile.secrets, [&](const Secret& other) { return other.name == secret.name; });
    profile.secrets.push_back(std::move(secret));
  }
  if (profile.secrets.size() > kSecretsMax) return secrets.error(fmt::format("more than {}", kSecretsMax));
  return {};
}

Status read_size(const toml::Value& table, std::string_view key, uint64_t& out, bool may_be_none = false) {
  const toml::Value value = table[key];
  if (!value.exists()) return {};
  uint64_t bytes = 0;
  if (value.is_string()) {
    WEIR_TRY_ASSIGN(text, value.string());
    auto parsed = parse_bytes(text);
    if (!parsed) return value.error(parsed.error().message, parsed.error().hint);
    bytes = *parsed;
  } else {
    WEIR_TRY_ASSIGN(number, value.integer(0, int64_t{1} << 60));
    bytes = static_cast<uint64_t>(number);
  }
  if (bytes == 0 && !may_be_none) return value.error("there must be a bound", "\"512MiB\"");
  out = bytes;
  return {};
}

Status read_count(const toml::Value& table, std::string_view key, uint64_t& out, uint64_t max) {
  int64_t number = static_cast<int64_t>(out);
  WEIR_TRY(table.read(key, number, 1, static_cast<int64_t>(max)));
  out = static_cast<uint64_t>(number);
  return {};
}

Status read_time(const toml::Value& table, std::string_view key, int64_t& out) {
  const toml::Value value = table[key];
  if (!value.exists()) return {};
  WEIR_TRY_ASSIGN(text, value.string());
  auto parsed = parse_duration(text);
  if (!parsed) return value.error(parsed.error().message, parsed.error().hint);
  out = *parsed;
  return {};
}

Status read_limits(const toml::Value& table, Limits& limits) {
  if (!table.exists()) return {};
  WEIR_TRY(table.only(
      {"memory", "processes", "open_files", "file", "scratch", "scratch_files", "wall", "cpu", "output"}));
  WEIR_TRY(read_size(table, "memory", limits.memory_bytes));
  WEIR_TRY(read_count(table, "processes", limits.processes, kProcessesMax));
  WEIR_TRY(read_count(table, "open_files", limits.open_files, kOpenFilesMax));
  WEIR_TRY(read_size(table, "file", limits.file_bytes));
  WEIR_TRY(read_size(table, "scratch", limits.scratch_bytes));
  WEIR_TRY(read_count(table, "scratch_files", limits.scratch_files, kScratchFilesMax));
  WEIR_TRY(read_time(table, "wall", limits.wall_ms));
  WEIR_TRY(read_time(table, "cpu", limits.cpu_ms));
  WEIR_TRY(read_size(table, "output", limits.output_bytes, true));
  return {};
}

Result<Profile> read_profile(std::string_view name, const toml::Value& table, const Profiles& before) {
  WEIR_TRY(
      table.only({"like", "read", "write", "env", "net", "secrets", "run_written", "terminal", "limits"}));
  std::string like = "mcp-server";
  WEIR_TRY(table.read("like", like));
  const Profile* base = named(before, like);
  if (base == nullptr) base = named(presets(), like);
  if (base == nullptr)
    return table["like"].error(fmt::format("no sandbox \"{}\" further up, and no preset", like),
                               "mcp-server, mcp-reader, skill, shell, build, fetched");
  Profile profile = *base;
  profile.name = name;
  WEIR_TRY(read_paths(table, "read", profile.read));
  WEIR_TRY(read_paths(table, "write", profile.write));
  WEIR_TRY(read_env(table, profile));
  WEIR_TRY(read_net(table, profile));
  WEIR_TRY(read_secrets(table, profile));
  WEIR_TRY(table.read("run_written", profile.run_written));
  WEIR_TRY(table.read("terminal", profile.terminal));
  WEIR_TRY(read_limits(table["limits"], profile.limits));
  return profile;
}

}  // namespace

const Profiles& presets() {
  static const Profiles all = make_presets();
  return all;
}

Result<Profiles> read_profiles(const toml::Value& sandboxes) {
  Profiles profiles;
  if (!sandboxes.exists()) return profiles;
  WEIR_TRY_ASSIGN(entries, sandboxes.entries());
  for (const toml::Entry& entry : entries) {
    if (!is_name(entry.key) || entry.key == "none")
      return entry.value.error(fmt::format("\"{}\" cannot be the name of a sandbox", entry.key),
                               "letters, digits, \"-\" and \"_\"; not \"none\"");
    if (!entry.value.is_table())
      return entry.value.error("expected a table", fmt::format("[sandbox.{}]", entry.key));
    WEIR_TRY_ASSIGN(profile, read_profile(entry.key, entry.value, profiles));
    profiles.push_back(std::move(profile));
  }
  return profiles;
}

Result<Profile> find_profile(const Profiles& own, std::string_view name) {
  if (const Profile* profile = named(own, name)) return *profile;
  if (const Profile* profile = named(presets(), name)) return *profile;
  std::vector<std::string_view> names;
  for (const Profiles* profiles : {&own, &presets()}) {
    for (const Profile& profile : *profiles) names.push_back(profile.name);
  }
  return bad_input(fmt::format("no sandbox \"{}\"", name), {}, toml::did_you_mean(name, names));
}

}  // namespace weir::sandbox

#include <fmt/format.h>

#include "config/read.h"
#include "manifest/package.h"
#include "sandbox/preset_for.h"

namespace weir::config {
namespace {

// Strings by name, of which "$NAME" stands for a variable of weir's environment.
Status read_secrets(const toml::Value& table, const Sources& sources,
                    std::map<std::string, std::string>& out) {
  if (!table.exists()) return {};
  WEIR_TRY_ASSIGN(entries, table.entries());
  for (const toml::Entry& entry : entries) {
    auto read = entry.value.string();
    if (!read) return read.error();
    std::string text = *read;
    if (!text.empty() && text.front() == '$') {
      const std::string name = text.substr(1);
      const auto value = sources.env ? sources.env(name) : std::nullopt;
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

Status check_server(const toml::Value& element, const Config& config, const Server& server) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  if (server.name.empty() || server.name.find_first_not_of(kAllowed) != std::string::npos ||
      server.name.find("__") != std::string::npos)
    return element["name"].error(
        R"(a server's name has only letters, digits, "_", "-" and ".", and no "__")");
  for (const Server& other : config.servers) {
    if (other.name == server.name)
      return element["name"].error(fmt::format("there are two servers \"{}\"", server.name));
  }
  if (!server.command.empty() && !server.url.empty())
    return element["url"].error("a server has a command or a url, not both");
  if (!server.url.empty() && !server.url.starts_with("http://") && !server.url.starts_with("https://"))
    return element["url"].error("expected an http:// or https:// URL");
  return {};
}

Status read_server_sandbox(const toml::Value& element, const Config& config, Server& server) {
  std::string name(sandbox::preset_for(server.command));
  WEIR_TRY(element.read("sandbox", name));
  if (server.command.empty()) {
    if (element["sandbox"].exists())
      return element["sandbox"].error("only a server that weir starts can be in a sandbox", "give `command`");
    return {};
  }
  if (name == "none") return {};
  auto profile = sandbox::find_profile(config.sandboxes, name);
  if (!profile) return element["sandbox"].error(profile.error().message, profile.error().hint);
  server.sandbox = std::move(*profile);
  return {};
}

// What runs says more than what it was called, unless the operator described that name.
Status find_manifest(const Server& server, manifest::Manifests& manifests) {
  const auto names = server.url.empty() ? manifest::server_names_of(server.command)
                                        : manifest::server_names_of_url(server.url);
  for (const std::string& name : names) {
    if (manifests.has_server(name)) return manifests.alias(server.name, name);
  }
  return {};
}

}  // namespace

Status read_servers(const toml::Value& servers, const Place& place, Config& config) {
  if (!servers.exists()) return {};
  WEIR_TRY_ASSIGN(elements, servers.elements());
  for (const toml::Value& element : elements) {
    WEIR_TRY(only_known(element, "[server]"));
    Server server;
    WEIR_TRY(element.require("name", server.name));
    WEIR_TRY(element.read("command", server.command));
    WEIR_TRY(read_secrets(element["env"], place.sources, server.env));
    WEIR_TRY(element.read("cwd", server.cwd));
    if (!server.cwd.empty()) server.cwd = place.beside(server.cwd);
    WEIR_TRY(element.read("url", server.url));
    WEIR_TRY(read_secrets(element["headers"], place.sources, server.headers));
    WEIR_TRY(element.read("manifest", server.manifest));
    WEIR_TRY(element.read("prefix", server.prefix));
    std::string labels = "stricter";
    WEIR_TRY(element.read("labels", labels));
    if (labels != "stricter" && labels != "trusted")
      return element["labels"].error("expected \"stricter\" or \"trusted\"");
    server.labels_trusted = labels == "trusted";
    WEIR_TRY(check_server(element, config, server));
    WEIR_TRY(read_server_sandbox(element, config, server));
    if (!server.manifest.empty()) {
      if (auto aliased = config.manifests.alias(server.name, server.manifest); !aliased)
        return element["manifest"].error(aliased.error().message);
    } else if (!config.manifests.is_operators(server.name)) {
      WEIR_TRY(find_manifest(server, config.manifests));
    }
    config.servers.push_back(std::move(server));
  }
  return {};
}

}  // namespace weir::config

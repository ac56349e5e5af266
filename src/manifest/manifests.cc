#include "manifest/manifests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/embedded.h"
#include "base/limits.h"
#include "manifest/read_tool.h"

namespace weir::manifest {
namespace {

Status check_name(const toml::Value& at, const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c != 0x7F; });
  if (name.empty() || !plain || name.size() > limits::kToolNameBytesMax) {
    return at.error(fmt::format("\"{}\" is not a name", shown(name)),
                    "without white space, at most 256 bytes");
  }
  return {};
}

Result<std::vector<std::string>> read_servers(const toml::Value& root) {
  const toml::Value server = root["server"];
  if (!server.exists()) return root.error("\"server\" is missing", "the server's name in weir.toml");
  WEIR_TRY_ASSIGN(names, server.strings());
  if (names.empty()) return server.error("\"server\" names no server");
  for (const std::string& name : names) WEIR_TRY(check_name(server, name));
  return names;
}

}  // namespace

Status Manifests::add(std::string_view toml_text, std::string_view file_name) {
  WEIR_TRY_ASSIGN(document, toml::parse(toml_text, file_name));
  const toml::Value root = document.root();
  WEIR_TRY(root.only({"server", "verified", "tools"}));
  WEIR_TRY_ASSIGN(names, read_servers(root));
  std::string verified;
  if (root["verified"].exists()) {
    constexpr std::array<std::string_view, 2> kVerified = {"live", "docs"};
    WEIR_TRY_ASSIGN(index, root["verified"].one_of("way to verify", kVerified));
    verified = kVerified[index];
  }
  Tools tools;
  if (root["tools"].exists()) {
    WEIR_TRY_ASSIGN(entries, root["tools"].entries());
    if (entries.size() > limits::kToolsMax) {
      return too_large(fmt::format("more than {} tools", limits::kToolsMax), root["tools"].where());
    }
    for (const toml::Entry& entry : entries) {
      WEIR_TRY(check_name(entry.value, std::string(entry.key)));
      WEIR_TRY_ASSIGN(facts, read_tool(entry.value));
      facts.server = names.front();
      facts.tool = entry.key;
      facts.verified = verified;
      tools.emplace(entry.key, std::move(facts));
    }
  }
  for (const std::string& name : names) {
    servers_.insert_or_assign(name, tools);
    operators_.insert(name);
  }
  return {};
}

Result<Manifests> Manifests::shipped() {
  Manifests manifests;
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.path.starts_with("manifests/") && file.path.ends_with(".toml")) {
      WEIR_TRY(manifests.add(file.bytes, file.path));
    }
  }
  manifests.operators_.clear();
  return manifests;
}

Status Manifests::alias(std::string_view name, std::string_view known) {
  const auto found = servers_.find(known);
  if (found == servers_.end()) {
    return Error{Code::not_found, fmt::format("no manifest speaks of \"{}\"", shown(known))};
  }
  Tools tools = found->second;
  servers_.insert_or_assign(std::string(name), std::move(tools));
  return {};
}

const ToolFacts& Manifests::facts(std::string_view server, std::string_view tool) const {
  const auto tools = servers_.find(server);
  if (tools == servers_.end()) return unknown_;
  const auto found = tools->second.find(tool);
  if (found != tools->second.end()) return found->second;
  // What every server can do by the protocol itself. Of one without a manifest nobody knows whom it asks.
  if (tool.starts_with(kProtocolTools) && server != "mcp")
    return facts("mcp", tool.substr(kProtocolTools.size()));
  return unknown_;
}

const ToolFacts& Manifests::facts(std::string_view server_tool) const {
  const size_t slash = server_tool.find('/');
  if (slash == std::string_view::npos) return unknown_;
  return facts(server_tool.substr(0, slash), server_tool.substr(slash + 1));
}

bool Manifests::has_server(std::string_view server) const {
  return servers_.find(server) != servers_.end();
}

bool Manifests::has_tool(std::string_view server, std::string_view tool) const {
  return &facts(server, tool) != &unknown_;
}

std::vector<std::string_view> Manifests::tools(std::string_view server) const {
  std::vector<std::string_view> names;
  const auto tools = servers_.find(server);
  if (tools == servers_.end()) return names;
  for (const auto& [name, facts] : tools->second) names.push_back(name);
  return names;
}

std::vector<std::string_view> Manifests::servers() const {
  std::vector<std::string_view> names;
  for (const auto& [name, tools] : servers_) names.push_back(name);
  return names;
}

}  // namespace weir::manifest

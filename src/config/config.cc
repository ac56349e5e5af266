#include "config/config.h"

#include <fmt/format.h>

#include "base/embedded.h"
#include "base/toml.h"
#include "config/read.h"
#include "policy/label_attributes.h"
#include "policy/schema.h"
#include "policy/validate.h"
#include "session/grant.h"

namespace weir::config {

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
    if (server.labels_trusted)
      lines.push_back(fmt::format(
          "server {}: labels = \"trusted\": what it says of its data's labels is believed", server.name));
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
  const Upstream* other = nullptr;
  for (const Upstream& upstream : upstreams) {
    const bool takes =
        std::any_of(upstream.models.begin(), upstream.models.end(),
                    [&](const std::string& pattern) { return session::matches_pattern(model, pattern); });
    if (takes && upstream.dialect == dialect) return &upstream;
    if (takes && other == nullptr) other = &upstream;
  }
  return other;
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
  WEIR_TRY(read_root(document->root(), {file_name, sources}, *config));
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

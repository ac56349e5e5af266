// weir manifest draft, weir manifest check.
#include "cli/manifest.h"

#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/json.h"
#include "gateway/pins.h"
#include "manifest/compare.h"
#include "manifest/draft.h"
#include "manifest/pin.h"

namespace weir::cli {
namespace {

std::string painted(fmt::terminal_color color, const std::string& text) {
  static const bool on = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  return on ? fmt::format(fmt::fg(color), "{}", text) : text;
}

struct Checked {
  std::string name;      // as weir.toml has it, or what was asked
  std::string manifest;  // under which its facts were found; empty: none
  std::string verified;  // "live", "docs", or empty
  size_t tools = 0;
  std::vector<manifest::Gap> gaps = {};
  std::vector<std::string> changed = {};  // tools that say something else than was accepted
  std::optional<Error> error = {};        // it could not be asked

  bool lacks() const {
    return !changed.empty() ||
           std::any_of(gaps.begin(), gaps.end(), [](const manifest::Gap& gap) { return gap.missing(); });
  }
};

// server → tool → the definition that was accepted; empty when no weir ran here yet.
using Accepted = std::map<std::string, std::map<std::string, std::string>>;

Result<Accepted> read_accepted(const config::Config& config) {
  Accepted accepted;
  const std::string path = data_dir_path(config) + "/store.db";
  if (access(path.c_str(), R_OK) != 0) return accepted;
  WEIR_TRY_ASSIGN(store, Store::open(path));
  WEIR_TRY_ASSIGN(pins, gateway::load_pins(*store));
  for (gateway::Pin& pin : pins) {
    if (!pin.accepted.empty()) accepted[pin.server][pin.tool] = std::move(pin.accepted);
  }
  return accepted;
}

// Where its facts stand: under the name that was asked for, or the first that a manifest knows.
std::string manifest_of(const config::Config& config, const ManifestArgs& args, const FoundServer& found) {
  if (!args.manifest.empty()) return args.manifest;
  if (!found.server.name.empty()) return found.server.name;
  for (const std::string& name : found.known) {
    if (config.manifests.has_server(name)) return name;
  }
  return {};
}

Checked check_one(const config::Config& config, const ManifestArgs& args, const WhichServer& which,
                  const Accepted& accepted) {
  Checked out;
  out.name = which.name;
  auto found = find_server(config, which);
  if (!found) {
    out.error = found.error();
    return out;
  }
  if (out.name.empty()) out.name = found->from;
  out.tools = found->tools.tools.size();
  const std::string name = manifest_of(config, args, *found);
  out.gaps = manifest::compare(config.manifests, name, found->tools.tools);
  if (config.manifests.has_server(name)) {
    out.manifest = name;
    const auto tools = config.manifests.tools(name);
    if (!tools.empty()) out.verified = config.manifests.facts(name, tools.front()).verified;
    // What weir.toml's name stands for says more.
    for (const std::string& known : found->known) {
      if (args.manifest.empty() && !config.manifests.is_operators(name) && config.manifests.has_server(known))
        out.manifest = known;
    }
  }
  const auto pins = accepted.find(which.name);
  if (pins == accepted.end()) return out;
  for (const json::Value entry : found->tools.tools) {
    const auto pin = pins->second.find(std::string(entry["name"].string_or("")));
    const auto text = manifest::read_tool_text(entry);
    if (pin != pins->second.end() && text && text->definition != pin->second)
      out.changed.push_back(pin->first);
  }
  return out;
}

void write_checked(const Checked& checked, json::Writer& writer) {
  writer.begin_object().field("server", checked.name).field("manifest", checked.manifest);
  writer.field("verified", checked.verified).key("tools").integer(static_cast<int64_t>(checked.tools));
  if (checked.error) writer.field("error", checked.error->text());
  writer.key("gaps").begin_array();
  for (const manifest::Gap& gap : checked.gaps) {
    writer.begin_object()
        .field("kind", manifest::gap_name(gap.kind))
        .field("tool", gap.tool)
        .field("argument", gap.argument);
    writer.key("missing").boolean(gap.missing()).field("says", gap.says()).end_object();
  }
  writer.end_array().key("changed").begin_array();
  for (const std::string& tool : checked.changed) writer.string(tool);
  writer.end_array().end_object();
}

void print_checked(const Checked& checked) {
  using fmt::terminal_color;
  const std::string name = shown(checked.name, 100);
  if (checked.error) {
    fmt::print("{}  {}\n", name, painted(terminal_color::red, shown(checked.error->text(), 600)));
    return;
  }
  const auto missing = std::count_if(checked.gaps.begin(), checked.gaps.end(),
                                     [](const manifest::Gap& gap) { return gap.missing(); });
  const auto drifted = static_cast<std::ptrdiff_t>(checked.gaps.size()) - missing;
  std::string says = fmt::format("{} tools", checked.tools);
  if (!checked.manifest.empty())
    says += fmt::format(", described by {}{}", checked.manifest,
                        checked.verified.empty() ? "" : " (" + checked.verified + ")");
  std::string verdict = missing == 0 ? "nothing is missing" : fmt::format("{} missing", missing);
  if (drifted > 0) verdict += fmt::format(", {} drifted", drifted);
  if (!checked.changed.empty())
    verdict += fmt::format(", {} changed since it was accepted", checked.changed.size());
  fmt::print("{}  {}: {}\n", name, says,
             painted(checked.lacks() ? terminal_color::red : terminal_color::green, verdict));
  for (const manifest::Gap& gap : checked.gaps) {
    fmt::print("  {} {}\n",
               gap.missing() ? painted(terminal_color::red, "-") : painted(terminal_color::yellow, "~"),
               gap.says());
  }
  for (const std::string& tool : checked.changed)
    fmt::print("  {} {} says something else than was accepted: weir pins diff\n",
               painted(terminal_color::red, "!"), shown(tool, 100));
}

}  // namespace

int run_manifest_draft(const Common& common, const ManifestArgs& args) {
  if (args.names.size() > 1) return fail(bad_input("one server at a time"));
  auto config = load_config(common);
  if (!config) return fail(config.error());
  WhichServer which = args.which;
  if (!args.names.empty()) which.name = args.names.front();
  auto found = find_server(*config, which);
  if (!found) return fail(found.error());
  std::vector<manifest::DraftTool> tools;
  for (const json::Value entry : found->tools.tools) {
    auto tool = manifest::draft_tool(entry);
    if (!tool) return fail(tool.error());
    tools.push_back(std::move(*tool));
  }
  std::vector<std::string> names;
  if (!found->server.name.empty()) names.push_back(found->server.name);
  for (const std::string& name : found->known) {
    if (name.starts_with("npm:") || name.starts_with("pypi:") || name.starts_with("https:") || names.empty())
      names.push_back(name);
  }
  if (names.empty()) names.emplace_back("NAME");
  if (common.json) {
    fmt::print("{}\n", manifest::draft_json(names, tools));
  } else {
    fmt::print("{}", manifest::draft_toml(names, found->from, tools));
  }
  return kDone;
}

int run_manifest_check(const Common& common, const ManifestArgs& args) {
  auto config = load_config(common);
  if (!config) return fail(config.error());
  auto accepted = read_accepted(*config);
  if (!accepted) return fail(accepted.error());
  std::vector<WhichServer> wanted;
  const WhichServer& which = args.which;
  const bool direct = !which.command.empty() || !which.url.empty() || !which.list.empty();
  if (direct) wanted.push_back(which);
  for (const std::string& name : args.names) wanted.push_back({.name = name});
  if (wanted.empty()) {
    for (const config::Server& server : config->servers) {
      if (!server.command.empty() || !server.url.empty()) wanted.push_back({.name = server.name});
    }
  }
  if (wanted.empty())
    return fail(bad_input("weir.toml has no server that could be asked", config->file,
                          "weir manifest check --command PROGRAM …, or --url URL"));
  int code = kDone;
  json::Writer writer;
  writer.begin_object().key("servers").begin_array();
  for (const WhichServer& each : wanted) {
    const Checked checked = check_one(*config, args, each, *accepted);
    if (checked.error && exit_code(*checked.error) == kWrongInput) return fail(*checked.error);
    code = std::max(code, checked.error ? kEnvironment : checked.lacks() ? kNo : kDone);
    write_checked(checked, writer);
    if (!common.json) print_checked(checked);
    std::fflush(stdout);
  }
  if (common.json) fmt::print("{}\n", writer.end_array().end_object().take());
  return code;
}

}  // namespace weir::cli

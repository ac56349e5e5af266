#include "manifest/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"

namespace weir::manifest {
namespace {

bool speaks_of(const ToolFacts& facts, std::string_view argument) {
  return std::any_of(facts.args.begin(), facts.args.end(), [&](const ArgFact& arg) {
    return !arg.pointer.tokens.empty() && (arg.pointer.tokens[0] == argument || arg.pointer.tokens[0] == "*");
  });
}

// The server says that the tool does more than the manifest knows of.
bool says_worse(const ToolFacts& facts, json::Value annotations) {
  const bool destroys = annotations["destructiveHint"].boolean().value_or(false);
  const json::Value reads = annotations["readOnlyHint"];
  const bool changes = reads.exists() && !reads.boolean().value_or(false);
  // destructiveHint means something only where the tool is not read-only (MCP, ToolAnnotations).
  const bool only_reads = reads.boolean().value_or(false);
  return facts.effects.only_reads() && !only_reads && (destroys || changes);
}

void compare_tool(const ToolFacts& facts, std::string_view name, json::Value entry, std::vector<Gap>& gaps) {
  std::set<std::string_view> listed;
  for (const json::Member& property : entry["inputSchema"]["properties"].members()) {
    listed.insert(property.key);
    if (!speaks_of(facts, property.key))
      gaps.push_back({Gap::Kind::missing_argument, std::string(name), std::string(property.key)});
  }
  if (says_worse(facts, entry["annotations"]))
    gaps.push_back({Gap::Kind::worse_than_written, std::string(name)});
  for (const ArgFact& arg : facts.args) {
    if (arg.pointer.tokens.empty() || arg.pointer.tokens[0] == "*" || listed.contains(arg.pointer.tokens[0]))
      continue;
    gaps.push_back({Gap::Kind::gone_argument, std::string(name), arg.pointer.tokens[0]});
  }
}

}  // namespace

std::string_view gap_name(Gap::Kind kind) {
  switch (kind) {
    case Gap::Kind::no_manifest:
      return "no-manifest";
    case Gap::Kind::missing_tool:
      return "missing-tool";
    case Gap::Kind::missing_argument:
      return "missing-argument";
    case Gap::Kind::worse_than_written:
      return "worse-than-written";
    case Gap::Kind::gone_tool:
      return "gone-tool";
    case Gap::Kind::gone_argument:
      return "gone-argument";
  }
  return "missing-tool";
}

std::string Gap::says() const {
  const std::string name = shown(tool, 100), arg = shown(argument, 100);
  switch (kind) {
    case Kind::no_manifest:
      return "no manifest describes it: its tools are taken at their worst";
    case Kind::missing_tool:
      return fmt::format("{} is not in the manifest: it is taken at its worst", name);
    case Kind::missing_argument:
      return fmt::format("{}: argument {} has no role: it is taken for a target", name, arg);
    case Kind::worse_than_written:
      return fmt::format("{} only reads by the manifest; the server says that it does not", name);
    case Kind::gone_tool:
      return fmt::format("{} is in the manifest, and the server does not have it", name);
    case Kind::gone_argument:
      return fmt::format("{}: argument {} is in the manifest, and the server does not have it", name, arg);
  }
  return {};
}

std::vector<Gap> compare(const Manifests& manifests, std::string_view server,
                         const std::vector<json::Value>& entries) {
  if (!manifests.has_server(server)) return {{Gap::Kind::no_manifest}};
  std::vector<Gap> gaps;
  std::set<std::string_view> listed;
  for (const json::Value entry : entries) {
    const std::string_view name = entry["name"].string_or("");
    listed.insert(name);
    if (!manifests.has_tool(server, name)) {
      gaps.push_back({Gap::Kind::missing_tool, std::string(name)});
      continue;
    }
    compare_tool(manifests.facts(server, name), name, entry, gaps);
  }
  for (const std::string_view name : manifests.tools(server)) {
    if (!listed.contains(name) && !name.starts_with(kProtocolTools))
      gaps.push_back({Gap::Kind::gone_tool, std::string(name)});
  }
  std::stable_partition(gaps.begin(), gaps.end(),
                        [](const Gap& gap) { return gap.kind < Gap::Kind::gone_tool; });
  return gaps;
}

}  // namespace weir::manifest

// A server's tools/list. What is checked beyond not crashing: the draft is a manifest that loads, speaks of
// every tool that a manifest can name, and lacks nothing; it trusts nothing, and none of the server's words
// are in it as facts.
#include <cstdlib>

#include "base/limits.h"
#include "manifest/compare.h"
#include "manifest/draft.h"
#include "manifest/package.h"

namespace {

using namespace weir;

void check(bool holds) {
  if (!holds) std::abort();
}

bool can_be_named(std::string_view name) {
  for (const char c : name) {
    if (c <= ' ' || c == 0x7F) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  manifest::server_names_of({"npx", "-y", text});
  manifest::server_names_of_url(text);
  const auto document = json::parse(text);
  if (!document) return 0;
  std::vector<manifest::DraftTool> tools;
  std::vector<json::Value> entries;
  std::set<std::string_view> names;
  for (const json::Value entry : document->root().elements()) {
    auto tool = manifest::draft_tool(entry);
    if (!tool || !names.insert(entry["name"].string_or("")).second) continue;
    if (can_be_named(tool->name)) entries.push_back(entry);
    tools.push_back(std::move(*tool));
  }
  const std::string draft = manifest::draft_toml({"s"}, text, tools);
  manifest::draft_json({"s"}, tools);
  if (draft.size() > limits::kTomlBytesMax) return 0;
  manifest::Manifests manifests;
  check(manifests.add(draft, "draft.toml").has_value());
  for (const manifest::Gap& gap : manifest::compare(manifests, "s", entries)) check(!gap.missing());
  for (const manifest::DraftTool& tool : tools) {
    const manifest::ToolFacts& facts = manifests.facts("s", tool.name);
    check(facts.description.empty() && !facts.result.trusted && facts.remote);
    check(!can_be_named(tool.name) || facts.effects == tool.effects);
  }
  return 0;
}

#include "sandbox/preset_for.h"

#include <algorithm>
#include <utility>

namespace weir::sandbox {
namespace {

bool fetches(const std::vector<std::string>& command) {
  const auto word = [&](size_t i) {
    return i < command.size() ? std::string_view(command[i]) : std::string_view();
  };
  const std::string_view program = word(0).substr(word(0).rfind('/') + 1);
  for (const std::string_view name : {"npx", "uvx", "bunx", "pnpx"}) {
    if (program == name) return true;
  }
  const std::pair<std::string_view, std::string_view> verbs[] = {
      {"npm", "exec"}, {"npm", "x"},   {"pnpm", "dlx"}, {"yarn", "dlx"}, {"bun", "x"},
      {"uv", "run"},   {"uv", "tool"}, {"uv", "x"},     {"pipx", "run"}};
  return std::any_of(std::begin(verbs), std::end(verbs),
                     [&](const auto& verb) { return program == verb.first && word(1) == verb.second; });
}

}  // namespace

std::string_view preset_for(const std::vector<std::string>& command) {
  return fetches(command) ? "fetched" : "mcp-server";
}

}  // namespace weir::sandbox

#include "sandbox/preset_for.h"

#include <algorithm>
#include <utility>

namespace weir::sandbox {
namespace {

bool fetches(const std::vector<std::string>& command) {
  // `env NAME=value …` before it says nothing of what runs.
  size_t first = 0;
  if (!command.empty() && (command[0] == "env" || command[0].ends_with("/env"))) {
    ++first;
    while (first < command.size() && command[first].find('=') != std::string::npos) ++first;
  }
  const auto word = [&](size_t i) {
    return first + i < command.size() ? std::string_view(command[first + i]) : std::string_view();
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

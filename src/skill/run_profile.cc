#include "skill/run_profile.h"

#include <fmt/format.h>

#include "skill/text.h"

namespace weir::skill {

Result<sandbox::Profile> run_profile(const Permissions& granted, sandbox::Profile base,
                                     const std::string& folder) {
  // Of the profile its bounds stay: what a skill may touch, it said itself.
  base.read = granted.read;
  base.read.push_back(folder);
  base.write = granted.write;
  base.env.clear();
  base.hosts.clear();
  base.secrets.clear();
  for (const std::string& each : granted.hosts) {
    WEIR_TRY_ASSIGN(host, sandbox::parse_host(each));
    base.hosts.push_back(std::move(host));
  }
  for (const std::string& each : granted.secrets) {
    const size_t at = each.find('@');
    WEIR_TRY_ASSIGN(host, sandbox::parse_host(each.substr(at + 1)));
    const std::string name = each.substr(0, at);
    base.secrets.push_back({.name = name, .env = name, .host = std::move(host)});
  }
  base.net = base.hosts.empty() ? sandbox::Net::none : sandbox::Net::hosts;
  return base;
}

Result<std::vector<std::string>> script_command(const Package& package, const std::string& folder,
                                                std::string_view script) {
  WEIR_TRY(check_path(script));
  auto bytes = package.find(script);
  std::string path(script);
  if (!bytes && script.find('/') == std::string_view::npos) {
    path = "scripts/" + path;
    bytes = package.find(path);
  }
  if (!bytes) return Error{Code::not_found, fmt::format("the skill has no file {}", shown(script)), {}, {}};
  const std::string whole = folder + "/" + path;
  if (bytes->starts_with("#!")) return std::vector<std::string>{whole};
  if (path.ends_with(".py")) return std::vector<std::string>{"python3", whole};
  if (path.ends_with(".sh")) return std::vector<std::string>{"sh", whole};
  if (path.ends_with(".js") || path.ends_with(".mjs")) return std::vector<std::string>{"node", whole};
  return bad_input("nobody says what runs this script", path,
                   "it begins with \"#!\", or ends with .sh, .py or .js");
}

}  // namespace weir::skill

#include "skill/run_profile.h"

#include <fmt/format.h>

#include "skill/text.h"

namespace weir::skill {

Result<sandbox::Profile> run_profile(const Permissions& granted, sandbox::Profile base,
                                     const std::string& folder) {
  base.read.push_back(folder);
  base.read.insert(base.read.end(), granted.read.begin(), granted.read.end());
  base.write.insert(base.write.end(), granted.write.begin(), granted.write.end());
  // Never the whole network instead of some hosts.
  if (!granted.hosts.empty())
    return unsupported(
        fmt::format(
            "its scripts want to reach {}, and this weir's sandbox cannot let through single hosts yet",
            granted.hosts.front()),
        {}, "hosts = [] in [skills.allow] of weir.toml runs them without");
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

#include "skill/find.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "skill/limits.h"

namespace weir::skill {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> entries_of(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
    if (names.size() == kFoundMax) break;
  }
  std::sort(names.begin(), names.end());
  return names;
}

// `.agents` first, as the specification has it, then every client's own.
std::vector<std::string> roots_of(const std::string& base) {
  std::vector<std::string> roots;
  if (base.empty()) return roots;
  std::error_code error;
  const auto add = [&](const std::string& name) {
    const std::string root = base + "/" + name + "/skills";
    if (fs::is_directory(root, error) && roots.size() < kSkillFoldersMax) roots.push_back(root);
  };
  add(".agents");
  for (const std::string& name : entries_of(base)) {
    if (name.starts_with('.') && name != ".agents") add(name);
  }
  return roots;
}

}  // namespace

std::vector<Found> find_skills(const std::string& home, const std::string& project,
                               const std::vector<std::string>& further) {
  std::vector<Found> found;
  std::set<std::string> names, paths;
  const auto look = [&](const std::string& root, bool in_project) {
    for (const std::string& name : entries_of(root)) {
      const std::string path = root + "/" + name;
      std::error_code error;
      if (found.size() == kFoundMax || !fs::exists(path + "/SKILL.md", error)) continue;
      // Clients link their folders to each other's.
      if (!paths.insert(fs::weakly_canonical(path, error).string()).second) continue;
      found.push_back({name, path, in_project, !names.insert(name).second});
    }
  };
  if (project != home) {
    for (const std::string& root : roots_of(project)) look(root, true);
  }
  for (const std::string& root : roots_of(home)) look(root, false);
  for (const std::string& root : further) look(root, false);
  return found;
}

}  // namespace weir::skill

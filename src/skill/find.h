// Where skills lie: `.agents/skills`, `.claude/skills` and any other `.CLIENT/skills` of the home and of a
// project, and further folders that weir.toml names.
#pragma once

#include <string>
#include <vector>

namespace weir::skill {

struct Found {
  std::string name;  // of its folder
  std::string path;
  bool project = false;  // in a project: it wins over one of the user's with that name
  bool hidden = false;   // another of that name wins over it
};

// In order of what wins. At most kFoundMax. What cannot be read is passed over.
std::vector<Found> find_skills(const std::string& home, const std::string& project,
                               const std::vector<std::string>& further);

}  // namespace weir::skill

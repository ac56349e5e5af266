// SKILL.md by the Agent Skills specification, read strictly.
//
// Clients read front matter with parsers that differ, so what two of them could read differently is refused:
// delimiters that are not whole lines, "---" anywhere between them, anchors, tags, duplicate or unknown keys,
// a plain name that YAML may take for a number. read() says all that is wrong, for people; a skill with
// anything wrong is never used.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace weir::skill {

struct SkillMd {
  std::string name;
  std::string description;
  std::string license = {};
  std::string compatibility = {};
  std::vector<std::pair<std::string, std::string>> metadata = {};
  std::vector<std::string> allowed_tools = {};
  std::string body = {};  // behind the front matter
};

// What could be read, and each thing that is wrong, at "SKILL.md:LINE" where it has one.
struct Reading {
  SkillMd skill;
  std::vector<Error> problems = {};
};

// `folder` is the name of the folder that it lies in, which the skill's must be; empty: none to compare.
Reading read_skill_md(std::string_view text, std::string_view folder);

// The same, or the first problem.
Result<SkillMd> parse_skill_md(std::string_view text, std::string_view folder);

}  // namespace weir::skill

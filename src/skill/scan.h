// Scan: what in a skill a person may want to look at. Advice, never a gate: any two scanners agree on about a
// tenth of what they find, and whoever writes a skill can read this file. What holds is the signature, the
// pin, the permissions and the sandbox.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "skill/package.h"

namespace weir::skill {

struct Finding {
  enum class Kind : uint8_t {
    hidden,        // characters that nobody sees, letters that look like others
    instruction,   // text that speaks to the agent about its rules, its user or its secrecy
    download,      // programs from elsewhere, prerequisites
    exfiltration,  // secrets and a way out in one file
    encoded,       // what cannot be read as it stands
    persistence,   // files that run or are read later
    permissions,   // more than a skill usually needs; hosts that nobody declared
    drift,         // what changed since the last version
  };
  Kind kind = Kind::hidden;
  bool serious = false;
  std::string where = {};  // "scripts/a.sh:12"
  std::string says = {};
};

std::string_view kind_name(Finding::Kind kind);

struct Report {
  std::vector<Finding> findings = {};  // at most kFindingsMax
  size_t more = 0;                     // that were left out
};

// `before`: the version that a person accepted last, or null.
Report scan(const Package& package, const Permissions& permissions, const Package* before,
            const Permissions* permissions_before);

}  // namespace weir::skill

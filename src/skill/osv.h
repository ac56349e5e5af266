// Advisories in the OSV format (1.7), offline: which skills are known to be bad.
//
// A skill is meant by its digest ("sha256:HEX" among `versions`, whatever it is called), or by name (package
// of ecosystem "agent-skills") and version: listed in `versions`, or within `ranges` of type SEMVER or
// ECOSYSTEM. An entry that names the skill and no version at all means every one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::skill {

struct AdvisoryRange {
  std::vector<std::pair<std::string, std::string>> events =
      {};  // "introduced", "fixed", "last_affected", "limit"
};

struct Affected {
  std::string name = {};  // empty: of another ecosystem; then only digests count
  std::vector<std::string> versions = {};
  std::vector<AdvisoryRange> ranges = {};
};

struct Advisory {
  std::string id;
  std::string summary = {};
  int64_t modified_wall_ms = 0;
  bool withdrawn = false;
  std::vector<Affected> affected = {};
};

// One advisory, a list of them, or {"vulns": […]}. Nothing is kept of text with an entry that is wrong.
// Errors: bad_input with a JSON pointer, too_large.
Result<std::vector<Advisory>> parse_advisories(std::string_view json);

// The first that means the skill, or null. `digest` is hex.
const Advisory* find_advisory(const std::vector<Advisory>& advisories, std::string_view name,
                              std::string_view version, std::string_view digest);

// Numbers between dots are compared as numbers, all else as text; "1.2" < "1.10" < "2.0-rc" < "2.0".
int compare_versions(std::string_view a, std::string_view b);

}  // namespace weir::skill

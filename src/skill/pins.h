// Pins: the skills that a person accepted, each with its digest, who signed it and what it may do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "skill/osv.h"
#include "skill/package.h"
#include "skill/rules.h"

namespace weir::skill {

inline constexpr char kPinsKey[] = "skills";  // where the store keeps pins_json

struct Pin {
  std::string name;
  std::string digest;  // hex
  std::string version = {};
  std::string signer = {};   // empty: a person took it unsigned
  std::string source = {};   // where it came from: a folder, an archive, "catalogue/name"
  std::string folder = {};   // where it lies
  Permissions granted = {};  // what it declared, as far as the person said yes
  int64_t added_wall_ms = 0;
  std::string quarantined = {};  // why; it counts as unsigned, and its scripts do not run
};

std::string pins_json(const std::vector<Pin>& pins);
Result<std::vector<Pin>> parse_pins(std::string_view json);

// A pin and what is on disk now.
struct Standing {
  enum class State : uint8_t {
    trusted,      // its words and scripts count as far as it is granted
    known,        // signed by somebody known whose words are data; its scripts run
    unsigned_,    // its words are data, its scripts run with nothing
    expired,      // as unsigned, scripts do not run; so all below
    unknown,      // its signer is no longer in weir.toml
    quarantined,  // an advisory or its catalogue says so
    changed,      // the files are not those that were accepted
    missing,
  };
  State state = State::missing;
  std::string why = {};      // for all but the first two
  Skill skill = {};          // for the first six
  Permissions granted = {};  // of the pin, within what weir.toml allows; nothing where words are data
};

std::string_view state_name(Standing::State state);
// Its scripts may run.
bool runs(Standing::State state);

// Reads the pin's folder. `advisories` are all that there are.
Standing look_at(const Pin& pin, const Rules& rules, const std::vector<Advisory>& advisories,
                 int64_t wall_ms);

}  // namespace weir::skill

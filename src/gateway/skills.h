// What the gateway and `weir skill` both read about skills: the store's pins, advisories, and the text that
// trace learns.
#pragma once

#include <string>
#include <vector>

#include "session/skills.h"
#include "skill/pins.h"
#include "store/store.h"

namespace weir::gateway {

// Where the store keeps WHAT of a catalogue: seen, expires, index, advisories.
std::string catalogue_key(std::string_view catalogue, std::string_view what);

struct KnownAdvisories {
  std::vector<skill::Advisory> all;
  int64_t newest_wall_ms = 0;  // of those of weir.toml
};
// weir.toml's files, and what catalogues sent. Error: where one cannot be read.
Result<KnownAdvisories> load_advisories(Store& store, const skill::Rules& rules, const std::string& home);

// Skills that were added, as they stand, and those that lie in the folders of `home` (empty: none) and of
// weir.toml, which are nobody's. One whose files cannot be read is left out: nobody can read it to an agent
// as that skill either. Error: of the store. Blocks on the disk.
Result<std::vector<session::KnownSkill>> load_skills(Store& store, const skill::Rules& rules,
                                                     const std::string& home, int64_t wall_ms);

}  // namespace weir::gateway

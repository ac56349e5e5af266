// Rules: what weir.toml says about skills, read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "skill/permissions.h"
#include "skill/signers.h"

namespace weir::skill {

// [skills.catalogue.NAME]
struct CatalogueSource {
  std::string name;
  std::string place;  // an http(s) URL or an absolute folder
  std::string key;    // "name+id+base64", as in ledger/note.h
};

struct Rules {
  std::string folder = {};                   // where weir skill add puts them; empty: ~/.agents/skills
  std::vector<std::string> known = {};       // further folders with skills
  std::vector<std::string> advisories = {};  // OSV files, and folders of them
  int64_t advisories_age_ms = 0;             // older ones refuse new skills; 0: any age
  Bounds allow = {};
  std::vector<Signer> signers = {};
  std::vector<CatalogueSource> catalogues = {};
};

}  // namespace weir::skill

// A catalogue of skills: plain files in one folder that anybody can host, and one signed note over them.
//
//   catalogue.note    a signed note (ledger/note.h) with the text
//                       weir-skill-catalogue/v1
//                       NAME                  also the key's name
//                       version 7             one more with each change
//                       issued 2026-11-28T20:00:00Z
//                       expires 2026-12-28T20:00:00Z
//                       index.json sha256:HEX
//                       advisories.json sha256:HEX
//   index.json        Agent Skills Discovery (version 0.2), with members of weir's for each skill ("weir":
//                     {"digest", "version"}) and "revoked": [{"digest", "why"}]
//   advisories.json   OSV entries
//   NAME.tar.gz       what the index names
//
// Nothing is used of a catalogue but what the note's signature covers. Whoever has seen version 7 takes no
// version 6 and no other version 7 (rollback, fork), and nothing that has expired (freeze).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ledger/note.h"

namespace weir::skill {

inline constexpr char kNoteFile[] = "catalogue.note";
inline constexpr char kIndexFile[] = "index.json";
inline constexpr char kAdvisoriesFile[] = "advisories.json";

struct CatalogueHead {
  std::string name;
  uint64_t version = 0;
  int64_t issued_wall_ms = 0;
  int64_t expires_wall_ms = 0;
  std::string index_digest;       // hex
  std::string advisories_digest;  // hex

  std::string text() const;
  bool operator==(const CatalogueHead&) const = default;
};
Result<CatalogueHead> parse_head(std::string_view text);

// What was seen of a catalogue last; empty text: nothing yet.
struct Seen {
  uint64_t version = 0;
  std::string text_digest = {};  // hex, of the head's text
  int64_t issued_wall_ms = 0;
};
std::string seen_json(const Seen& seen);
Result<Seen> parse_seen(std::string_view json);

// The signed head, if it is the key's, of this time and no step back from what was seen. Errors: denied.
Result<CatalogueHead> open_head(std::string_view note, const ledger::VerifierKey& key, const Seen& seen,
                                int64_t wall_ms);

struct IndexEntry {
  std::string name;
  std::string description;
  std::string url;                // of the archive or SKILL.md, relative to the index or absolute
  bool archive = false;           // else SKILL.md alone
  std::string file_digest;        // hex, of the bytes there
  std::string skill_digest = {};  // hex, where the index has weir's members
  std::string version = {};
};
struct Revoked {
  std::string digest;  // hex, of a skill
  std::string why;
};
struct Index {
  std::vector<IndexEntry> skills = {};
  std::vector<Revoked> revoked = {};

  const IndexEntry* find(std::string_view name) const;
  const Revoked* revokes(std::string_view digest) const;
};

// A .well-known/agent-skills/index.json of anybody, or a catalogue's. Errors: bad_input with a JSON pointer,
// too_large.
Result<Index> parse_index(std::string_view json);
std::string index_json(const Index& index);

// Where the entry's file is: within `base` (a folder or URL of the index) or at its own absolute URL. Error:
// bad_input for a path out of it, or a scheme that is not http or https.
Result<std::string> place_of(std::string_view base, std::string_view url);

}  // namespace weir::skill

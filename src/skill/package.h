// Package: all files of one skill, as bytes in memory, and their digest.
//
// Guarantee: the digest covers the path and every byte of every file but the signatures over it; two packages
// with one digest have the same files. What is in no file (modes, times, empty folders) is not part of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "skill/permissions.h"
#include "skill/skill_md.h"

namespace weir::skill {

inline constexpr std::string_view kSkillFile = "SKILL.md";
inline constexpr std::string_view kBundleFile = "skill.oms.sig";   // OpenSSF Model Signing
inline constexpr std::string_view kMinisigFile = "skill.minisig";  // minisign, over the listing

struct File {
  std::string path;
  std::string bytes;
  bool operator==(const File&) const = default;
};

// Sorted by path; paths are those that check_path lets pass, and differ in more than case.
class Package {
 public:
  // Errors: bad_input or too_large that name the file.
  static Result<Package> make(std::vector<File> files);

  const std::vector<File>& files() const { return files_; }
  // The file's bytes, or nothing.
  std::optional<std::string_view> find(std::string_view path) const;
  // What git keeps for itself at the top, which signers leave out and nobody installs: ".git", ".gitignore",
  // …
  static bool left_out(std::string_view path);
  static bool is_signature(std::string_view path) { return path == kBundleFile || path == kMinisigFile; }

  // One line "HEX  PATH" for each file but the signatures, as sha256sum prints them.
  std::string listing() const;
  // SHA-256 of the listing.
  Digest digest() const;

 private:
  std::vector<File> files_;
};

// A skill that holds to all rules.
struct Skill {
  SkillMd md;
  Permissions permissions;
  bool declares = false;  // it has a weir-skill.toml
  Package package;
  std::string digest;  // hex

  // "pdf@1f2e3d4c5b6a7988": how its origin is named.
  std::string origin_name() const { return md.name + "@" + digest.substr(0, 16); }
};

// Errors: bad_input, too_large. `folder`: the name of the folder that it lies in; empty: none to compare.
Result<Skill> read_skill(Package package, std::string_view folder);
// The same for people: everything that is wrong.
std::vector<Error> problems_of(const Package& package, std::string_view folder);

}  // namespace weir::skill

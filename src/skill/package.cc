#include "skill/package.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "skill/limits.h"
#include "skill/text.h"

namespace weir::skill {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

// Two that a file system without upper case cannot hold beside each other; a file where another has a folder.
Status check_together(const std::vector<File>& files) {
  std::set<std::string> names, folders;
  for (const File& file : files) {
    const std::string low = lower(file.path);
    if (!names.insert(low).second)
      return bad_input("two files of that name, but for upper and lower case", shown(file.path));
    for (size_t slash = low.find('/'); slash != std::string::npos; slash = low.find('/', slash + 1))
      folders.insert(low.substr(0, slash));
  }
  for (const std::string& folder : folders) {
    if (names.contains(folder)) return bad_input("a file and a folder of one name", shown(folder));
  }
  return {};
}

}  // namespace

bool Package::left_out(std::string_view path) {
  const std::string_view top = path.substr(0, path.find('/'));
  return top == ".git" || top == ".gitignore" || top == ".gitattributes" || top == ".github";
}

Result<Package> Package::make(std::vector<File> files) {
  std::erase_if(files, [](const File& file) { return left_out(file.path); });
  if (files.size() > kFilesMax) return too_large(fmt::format("more than {} files", kFilesMax));
  size_t bytes = 0;
  for (const File& file : files) {
    WEIR_TRY(check_path(file.path));
    if (file.bytes.size() > kFileBytesMax)
      return too_large(fmt::format("more than {} bytes", kFileBytesMax), file.path);
    bytes += file.bytes.size();
  }
  if (bytes > kPackageBytesMax)
    return too_large(fmt::format("more than {} bytes in all files", kPackageBytesMax));
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.path < b.path; });
  WEIR_TRY(check_together(files));
  Package package;
  package.files_ = std::move(files);
  return package;
}

std::optional<std::string_view> Package::find(std::string_view path) const {
  const auto at = std::lower_bound(files_.begin(), files_.end(), path,
                                   [](const File& file, std::string_view name) { return file.path < name; });
  if (at == files_.end() || at->path != path) return std::nullopt;
  return at->bytes;
}

std::string Package::listing() const {
  std::string out;
  for (const File& file : files_) {
    if (!is_signature(file.path))
      out += fmt::format("{}  {}\n", to_hex(as_bytes(sha256(file.bytes))), file.path);
  }
  return out;
}

Digest Package::digest() const {
  return sha256(listing());
}

Result<Skill> read_skill(Package package, std::string_view folder) {
  const auto text = package.find(kSkillFile);
  if (!text)
    return bad_input("there is no SKILL.md", {},
                     "a skill is a folder with a file of exactly that name at its top");
  Skill skill;
  WEIR_TRY_ASSIGN(md, parse_skill_md(*text, folder));
  skill.md = std::move(md);
  if (const auto declared = package.find(kPermissionsFile)) {
    WEIR_TRY_ASSIGN(permissions, parse_permissions(*declared, kPermissionsFile));
    skill.permissions = std::move(permissions);
    skill.declares = true;
  }
  skill.digest = to_hex(as_bytes(package.digest()));
  skill.package = std::move(package);
  return skill;
}

std::vector<Error> problems_of(const Package& package, std::string_view folder) {
  std::vector<Error> problems;
  if (const auto text = package.find(kSkillFile)) {
    problems = read_skill_md(*text, folder).problems;
  } else {
    problems.push_back(bad_input("there is no SKILL.md"));
  }
  if (const auto declared = package.find(kPermissionsFile)) {
    if (auto permissions = parse_permissions(*declared, kPermissionsFile); !permissions)
      problems.push_back(permissions.error());
  }
  return problems;
}

}  // namespace weir::skill

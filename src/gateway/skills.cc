#include "gateway/skills.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/bytes.h"
#include "skill/find.h"
#include "skill/folder.h"
#include "skill/limits.h"

namespace weir::gateway {
namespace {

std::string in_home(const std::string& path, const std::string& home) {
  return path.starts_with("~/") ? home + path.substr(1) : path;
}

std::vector<std::string> json_files(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {path};
  for (const auto& each : std::filesystem::directory_iterator(path, error)) {
    if (each.path().extension() == ".json") files.push_back(each.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::string> read_bounded(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return unavailable("cannot read it", path);
  std::string bytes(skill::kAdvisoriesBytesMax + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  if (bytes.size() > skill::kAdvisoriesBytesMax)
    return too_large(fmt::format("more than {} bytes", skill::kAdvisoriesBytesMax), path);
  return bytes;
}

void add_texts(const skill::Package& package, size_t& bytes, std::vector<std::string>& texts) {
  for (const skill::File& file : package.files()) {
    if (skill::Package::is_signature(file.path) || !is_utf8(file.bytes)) continue;
    if (bytes + file.bytes.size() > skill::kTracedBytesMax) return;
    bytes += file.bytes.size();
    texts.push_back(file.bytes);
  }
}

// One that nobody added. It need not hold to any rule: what an agent can read of it is known.
session::KnownSkill stranger(const skill::Found& found, size_t& bytes) {
  auto package = skill::read_folder(found.path);
  if (!package) {
    auto text = read_bounded(found.path + "/" + std::string(skill::kSkillFile));
    if (text) package = skill::Package::make({{std::string(skill::kSkillFile), std::move(*text)}});
  }
  session::KnownSkill out{shown(found.name, skill::kNameBytesMax)};
  if (!package) return out;
  out.origin = fmt::format("{}@{}", out.name, to_hex(as_bytes(package->digest())).substr(0, 16));
  add_texts(*package, bytes, out.texts);
  return out;
}

session::KnownSkill known(const skill::Skill& skill, bool trusted, const skill::Permissions& granted,
                          size_t& bytes) {
  session::KnownSkill out{skill.md.name, skill.origin_name(), trusted,
                          granted.tools, granted.effects,     skill.md.description};
  add_texts(skill.package, bytes, out.texts);
  out.texts.push_back(skill.md.body);  // clients read it out without the front matter
  return out;
}

}  // namespace

std::string catalogue_key(std::string_view catalogue, std::string_view what) {
  return fmt::format("skill-catalogue/{}/{}", catalogue, what);
}

Result<KnownAdvisories> load_advisories(Store& store, const skill::Rules& rules, const std::string& home) {
  KnownAdvisories out;
  for (const std::string& place : rules.advisories) {
    for (const std::string& file : json_files(in_home(place, home))) {
      WEIR_TRY_ASSIGN(text, read_bounded(file));
      auto parsed = skill::parse_advisories(text);
      if (!parsed) {
        Error error = parsed.error();
        error.where = file + error.where;
        return error;
      }
      for (skill::Advisory& each : *parsed) {
        out.newest_wall_ms = std::max(out.newest_wall_ms, each.modified_wall_ms);
        out.all.push_back(std::move(each));
      }
      if (out.all.size() > skill::kAdvisoriesMax)
        return too_large(fmt::format("more than {} advisories", skill::kAdvisoriesMax), file);
    }
  }
  for (const skill::CatalogueSource& source : rules.catalogues) {
    WEIR_TRY_ASSIGN(text, store.meta(catalogue_key(source.name, "advisories")));
    if (!text) continue;
    WEIR_TRY_ASSIGN(parsed, skill::parse_advisories(*text));
    out.all.insert(out.all.end(), std::make_move_iterator(parsed.begin()),
                   std::make_move_iterator(parsed.end()));
  }
  return out;
}

Result<std::vector<session::KnownSkill>> load_skills(Store& store, const skill::Rules& rules,
                                                     const std::string& home, int64_t wall_ms) {
  WEIR_TRY_ASSIGN(stored, store.meta(skill::kPinsKey));
  WEIR_TRY_ASSIGN(pins, skill::parse_pins(stored.value_or("")));
  const auto advisories = load_advisories(store, rules, home);
  std::vector<session::KnownSkill> out;
  std::set<std::string> seen;  // origins
  size_t bytes = 0;
  using State = skill::Standing::State;
  for (const skill::Pin& pin : pins) {
    const skill::Standing standing =
        skill::look_at(pin, rules, advisories ? advisories->all : std::vector<skill::Advisory>(), wall_ms);
    if (standing.state == State::missing || standing.state == State::changed) continue;
    // Advisories that cannot be read could have meant any of them.
    const bool trusted = standing.state == State::trusted && advisories.has_value();
    out.push_back(known(standing.skill, trusted, standing.granted, bytes));
    seen.insert(out.back().origin);
  }
  std::vector<std::string> further;
  for (const std::string& path : rules.known) further.push_back(in_home(path, home));
  for (const skill::Found& found : skill::find_skills(home, "", further)) {
    session::KnownSkill other = stranger(found, bytes);
    if (!other.origin.empty() && seen.insert(other.origin).second) out.push_back(std::move(other));
  }
  return out;
}

}  // namespace weir::gateway

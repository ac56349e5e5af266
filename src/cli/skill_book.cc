// What weir knows of skills: pins, catalogues and advisories.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/json.h"
#include "cli/fetch.h"
#include "cli/skill.h"
#include "gateway/skills.h"
#include "skill/archive.h"
#include "skill/find.h"
#include "skill/folder.h"
#include "skill/limits.h"

namespace weir::cli {
namespace {

constexpr int64_t kFetchMs = 15'000;

bool is_web(std::string_view place) {
  return place.starts_with("https://") || place.starts_with("http://");
}

Status check_digest(std::string_view bytes, std::string_view hex, std::string_view what) {
  if (to_hex(as_bytes(sha256(bytes))) == hex) return {};
  return Error{Code::denied,
               fmt::format("{} is not the one that was signed", what),
               {},
               "it was changed, or is being changed: try again later"};
}

}  // namespace

std::string home_folder() {
  const char* home = std::getenv("HOME");
  return home != nullptr && home[0] == '/' ? home : "/root";
}

std::string in_home(const std::string& path) {
  return path.starts_with("~/") ? home_folder() + path.substr(1) : path;
}

std::string skills_folder(const skill::Rules& rules) {
  return rules.folder.empty() ? home_folder() + "/.agents/skills" : in_home(rules.folder);
}

Result<SkillBook> SkillBook::open(const Common& common) {
  std::vector<std::string> missing;
  WEIR_TRY_ASSIGN(config, load_config(common, &missing));
  SkillBook book(std::move(config));
  WEIR_TRY_ASSIGN(dir, cli::data_dir(book.config_));
  book.data_dir_ = std::move(dir);
  book.now_ms_ = SystemClock().now().wall_ms;
  WEIR_TRY_ASSIGN(store, Store::open(book.data_dir_ + "/store.db"));
  book.store_ = std::move(store);
  WEIR_TRY_ASSIGN(stored, book.store_->meta(skill::kPinsKey));
  WEIR_TRY_ASSIGN(pins, skill::parse_pins(stored.value_or("")));
  book.pins_ = std::move(pins);
  return book;
}

skill::Pin* SkillBook::find(std::string_view name) {
  const auto at =
      std::find_if(pins_.begin(), pins_.end(), [&](const skill::Pin& pin) { return pin.name == name; });
  return at == pins_.end() ? nullptr : &*at;
}

Status SkillBook::save() {
  if (pins_.size() > skill::kPinnedMax)
    return too_large(fmt::format("more than {} skills", skill::kPinnedMax));
  return store_->put_meta(skill::kPinsKey, skill::pins_json(pins_));
}

Result<std::vector<skill::Advisory>> SkillBook::advisories(bool fresh) {
  if (!advisories_) {
    WEIR_TRY_ASSIGN(known, gateway::load_advisories(*store_, rules(), home_folder()));
    newest_ms_ = known.newest_wall_ms;
    advisories_ = std::move(known.all);
  }
  if (fresh && rules().advisories_age_ms > 0 && now_ms_ - newest_ms_ > rules().advisories_age_ms)
    return Error{Code::denied,
                 fmt::format("the newest advisory is of {}: too old to take new skills", rfc3339(newest_ms_)),
                 {},
                 "fetch newer ones, or change advisories_max_age in weir.toml"};
  return *advisories_;
}

skill::Standing SkillBook::look_at(const skill::Pin& pin) {
  const auto known = advisories(false);
  if (!known)
    return {skill::Standing::State::quarantined,
            fmt::format("the advisories cannot be read: {}", known.error().text()),
            {},
            {}};
  return skill::look_at(pin, rules(), *known, now_ms_);
}

Status SkillBook::refresh_one(const skill::CatalogueSource& source) {
  WEIR_TRY_ASSIGN(key, ledger::VerifierKey::parse(source.key));
  WEIR_TRY_ASSIGN(stored, store_->meta(gateway::catalogue_key(source.name, "seen")));
  skill::Seen seen;
  if (stored) {
    WEIR_TRY_ASSIGN(parsed, skill::parse_seen(*stored));
    seen = parsed;
  }
  const std::string place = in_home(source.place);
  auto note = fetch_bytes(place + "/" + skill::kNoteFile, limits::kNoteBytesMax);
  if (!note) {
    // What is known is good until it expires, whoever keeps the newer one away.
    WEIR_TRY_ASSIGN(old, store_->meta(gateway::catalogue_key(source.name, "expires")));
    if (old && std::strtoll(old->c_str(), nullptr, 10) > now_ms_) return {};
    return note.error();
  }
  WEIR_TRY_ASSIGN(head, skill::open_head(*note, key, seen, now_ms_));
  WEIR_TRY_ASSIGN(index_text, fetch_bytes(place + "/" + skill::kIndexFile, skill::kIndexBytesMax));
  WEIR_TRY(check_digest(index_text, head.index_digest, "the catalogue's index"));
  WEIR_TRY_ASSIGN(advisories_text,
                  fetch_bytes(place + "/" + skill::kAdvisoriesFile, limits::kStoreValueBytesMax));
  WEIR_TRY(check_digest(advisories_text, head.advisories_digest, "the catalogue's list of advisories"));
  WEIR_TRY_ASSIGN(index, skill::parse_index(index_text));
  if (auto parsed = skill::parse_advisories(advisories_text); !parsed) return parsed.error();
  // All of it was looked at: only now it counts.
  WEIR_TRY(store_->atomically([&]() -> Status {
    const skill::Seen now{head.version, to_hex(as_bytes(sha256(head.text()))), head.issued_wall_ms};
    WEIR_TRY(store_->put_meta(gateway::catalogue_key(source.name, "seen"), skill::seen_json(now)));
    WEIR_TRY(store_->put_meta(gateway::catalogue_key(source.name, "expires"),
                              std::to_string(head.expires_wall_ms)));
    WEIR_TRY(store_->put_meta(gateway::catalogue_key(source.name, "index"), index_text));
    return store_->put_meta(gateway::catalogue_key(source.name, "advisories"), advisories_text);
  }));
  advisories_.reset();
  bool changed = false;
  for (skill::Pin& pin : pins_) {
    const skill::Revoked* revoked = index.revokes(pin.digest);
    if (revoked == nullptr || !pin.quarantined.empty()) continue;
    pin.quarantined = fmt::format("catalogue {} revoked it: {}", source.name, shown(revoked->why));
    changed = true;
  }
  return changed ? save() : Status();
}

Status SkillBook::refresh(std::string_view only) {
  for (const skill::CatalogueSource& source : rules().catalogues) {
    if (!only.empty() && source.name != only) continue;
    if (Status done = refresh_one(source); !done) {
      Error error = done.error();
      error.where =
          fmt::format("catalogue {}{}{}", source.name, error.where.empty() ? "" : ", ", error.where);
      return error;
    }
  }
  return {};
}

Result<skill::Index> SkillBook::index_of(const skill::CatalogueSource& source) {
  WEIR_TRY_ASSIGN(text, store_->meta(gateway::catalogue_key(source.name, "index")));
  if (!text) return Error{Code::not_found, "nothing is known of it yet", "catalogue " + source.name, {}};
  return skill::parse_index(*text);
}

Result<std::string> fetch_bytes(const std::string& place, size_t bytes_max) {
  if (!is_web(place)) return read_file(place, bytes_max);
  WEIR_TRY_ASSIGN(got, fetch_once("GET", place, {}, kFetchMs));
  if (got.status != 200) return unavailable(fmt::format("it answers with status {}", got.status), place);
  if (got.body.size() > bytes_max) return too_large(fmt::format("more than {} bytes", bytes_max), place);
  return std::move(got.body);
}

namespace {

Result<FetchedSkill> unpacked(std::string_view bytes, const std::string& source) {
  WEIR_TRY_ASSIGN(archive, skill::unpack(bytes));
  return FetchedSkill{std::move(archive.package), archive.folder, source, {}, {}};
}

Result<FetchedSkill> from_index(const std::string& base, const skill::Index& index, const std::string& name,
                                const std::string& source) {
  const skill::IndexEntry* entry = index.find(name);
  if (entry == nullptr)
    return Error{Code::not_found, fmt::format("it has no skill called {}", shown(name)), source, {}};
  WEIR_TRY_ASSIGN(place, skill::place_of(base, entry->url));
  WEIR_TRY_ASSIGN(bytes,
                  fetch_bytes(place, entry->archive ? skill::kArchiveBytesMax : skill::kSkillMdBytesMax));
  WEIR_TRY(check_digest(bytes, entry->file_digest, place));
  FetchedSkill out;
  if (entry->archive) {
    WEIR_TRY_ASSIGN(unpacked_skill, unpacked(bytes, source));
    out = std::move(unpacked_skill);
  } else {
    WEIR_TRY_ASSIGN(package, skill::Package::make({{std::string(skill::kSkillFile), std::move(bytes)}}));
    out.package = std::move(package);
  }
  out.source = source;
  out.folder_name = name;
  out.digest = entry->skill_digest;
  if (const skill::Revoked* revoked = index.revokes(to_hex(as_bytes(out.package.digest()))))
    return Error{Code::denied, fmt::format("it was revoked: {}", shown(revoked->why)), source, {}};
  return out;
}

}  // namespace

Result<FetchedSkill> local_skill(const std::string& path) {
  struct stat about{};
  if (stat(path.c_str(), &about) != 0)
    return Error{Code::not_found, "there is no such folder or archive", shown(path, 500), {}};
  std::error_code error;
  const std::string whole = std::filesystem::weakly_canonical(path, error).string();
  if (S_ISDIR(about.st_mode)) {
    WEIR_TRY_ASSIGN(package, skill::read_folder(whole));
    return FetchedSkill{
        std::move(package), std::filesystem::path(whole).filename().string(), whole, whole, {}};
  }
  WEIR_TRY_ASSIGN(bytes, read_file(path, skill::kArchiveBytesMax));
  return unpacked(bytes, whole);
}

Result<FetchedSkill> fetch_skill(SkillBook& book, const SkillArgs& args) {
  if (is_web(args.what)) {
    if (args.name.empty()) {
      WEIR_TRY_ASSIGN(bytes, fetch_bytes(args.what, skill::kArchiveBytesMax));
      return unpacked(bytes, args.what);
    }
    WEIR_TRY_ASSIGN(text, fetch_bytes(args.what, skill::kIndexBytesMax));
    WEIR_TRY_ASSIGN(index, skill::parse_index(text));
    return from_index(args.what.substr(0, args.what.rfind('/')), index, args.name, args.what);
  }
  const size_t slash = args.what.find('/');
  struct stat about{};
  for (const skill::CatalogueSource& source : book.rules().catalogues) {
    if (slash == std::string::npos || args.what.substr(0, slash) != source.name ||
        stat(args.what.c_str(), &about) == 0)
      continue;
    WEIR_TRY_ASSIGN(index, book.index_of(source));
    return from_index(in_home(source.place), index, args.what.substr(slash + 1), args.what);
  }
  return local_skill(args.what);
}

SkillCount count_skills(SkillBook& book) {
  SkillCount out;
  for (const skill::Pin& pin : book.pins()) {
    const skill::Standing standing = book.look_at(pin);
    ++out.added;
    if (standing.state == skill::Standing::State::trusted) ++out.trusted;
    if (!skill::runs(standing.state))
      out.wrong.push_back(
          fmt::format("{}: {}, {}", pin.name, skill::state_name(standing.state), shown(standing.why, 300)));
  }
  std::vector<std::string> known;
  for (const std::string& path : book.rules().known) known.push_back(in_home(path));
  std::error_code error;
  for (const skill::Found& found : skill::find_skills(home_folder(), "", known)) {
    const bool added = std::any_of(book.pins().begin(), book.pins().end(), [&](const skill::Pin& pin) {
      return std::filesystem::equivalent(pin.folder, found.path, error);
    });
    if (!added) ++out.strangers;
  }
  return out;
}

}  // namespace weir::cli

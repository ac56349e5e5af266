// weir skill: what is common to its verbs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/command.h"
#include "skill/catalogue.h"
#include "skill/pins.h"
#include "skill/scan.h"
#include "store/store.h"

namespace CLI {
class App;
}

namespace weir::cli {

struct SkillArgs {
  std::string what = {};  // a folder, an archive, an installed skill's name, or CATALOGUE/NAME
  std::string name = {};  // of one in an index
  std::string script = {};
  std::vector<std::string> words = {};  // what follows "--"
  std::string key = {};
  std::string chain = {};
  std::string out = {};
  std::vector<std::string> folders = {};
  std::vector<std::string> revoke = {};
  std::vector<std::string> advisories = {};
  std::string lasts = "720h";
  std::string listen = "127.0.0.1:7460";
  bool yes = false;
  bool without_signature = false;
  bool in_place = false;
  bool explain = false;
};

int run_skill_verify(const Common& common, const SkillArgs& args);
int run_skill_listing(const Common& common, const SkillArgs& args);
int run_skill_sign(const Common& common, const SkillArgs& args);
int run_skill_list(const Common& common, const SkillArgs& args);
int run_skill_show(const Common& common, const SkillArgs& args);
int run_skill_scan(const Common& common, const SkillArgs& args);
int run_skill_add(const Common& common, const SkillArgs& args);
int run_skill_update(const Common& common, const SkillArgs& args);
int run_skill_remove(const Common& common, const SkillArgs& args);
int run_skill_run(const Common& common, const SkillArgs& args);
int run_skill_catalogue_key(const Common& common, const SkillArgs& args);
int run_skill_catalogue_make(const Common& common, const SkillArgs& args);
int run_skill_catalogue_serve(const Common& common, const SkillArgs& args);

// Puts the verbs below `app`. `args` and `code` outlive the parse.
void add_skill_verbs(CLI::App& app, Common& common, SkillArgs& args, int& code);

// What weir knows of skills: weir.toml, and what the store keeps.
class SkillBook {
 public:
  static Result<SkillBook> open(const Common& common);

  const config::Config& config() const { return config_; }
  const skill::Rules& rules() const { return config_.skills; }
  int64_t now_ms() const { return now_ms_; }
  const std::string& data_dir() const { return data_dir_; }
  std::vector<skill::Pin>& pins() { return pins_; }
  skill::Pin* find(std::string_view name);
  // Durable. Error: too_large past kPinnedMax.
  Status save();

  // All that are known here: weir.toml's, and those of catalogues as last seen. With `fresh`, an error where
  // they are too old for new skills.
  Result<std::vector<skill::Advisory>> advisories(bool fresh);
  // Asks every catalogue, or the one of that name; marks what they revoke. Error: the first that gave none,
  // unless what is known of it has not expired.
  Status refresh(std::string_view only = {});
  Result<skill::Index> index_of(const skill::CatalogueSource& source);

  // What the pin's files are now.
  skill::Standing look_at(const skill::Pin& pin);

 private:
  SkillBook(config::Config config) : config_(std::move(config)) {}
  Status refresh_one(const skill::CatalogueSource& source);

  config::Config config_;
  std::string data_dir_;
  std::unique_ptr<Store> store_;
  std::vector<skill::Pin> pins_;
  std::optional<std::vector<skill::Advisory>> advisories_ = {};
  int64_t now_ms_ = 0;
  int64_t newest_ms_ = 0;  // of the local advisories
};

// For `weir doctor` and `weir status`.
struct SkillCount {
  size_t added = 0, trusted = 0;
  size_t strangers = 0;            // in the home's folders, added by nobody
  std::vector<std::string> wrong;  // one line for each that was added and does not run
};
SkillCount count_skills(SkillBook& book);

// A skill from somewhere: the package as it is, not yet checked.
struct FetchedSkill {
  skill::Package package;
  std::string folder_name = {};  // that it must be called; empty: none
  std::string source = {};       // for the pin
  std::string path = {};         // of a folder
  std::string digest = {};       // that a catalogue says it has
};
// A folder or archive here, an archive at a URL, CATALOGUE/NAME, or NAME of an index.json at a URL.
Result<FetchedSkill> fetch_skill(SkillBook& book, const SkillArgs& args);
// The same for what lies on this machine alone; no weir.toml is needed.
Result<FetchedSkill> local_skill(const std::string& path);

// A file of a folder, or what a URL answers.
Result<std::string> fetch_bytes(const std::string& place, size_t bytes_max);

// "~" and the home's folder for skills.
std::string home_folder();
std::string in_home(const std::string& path);
std::string skills_folder(const skill::Rules& rules);

}  // namespace weir::cli

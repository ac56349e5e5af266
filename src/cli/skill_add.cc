// weir skill add, update, remove: what a person accepts of skills.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "base/json.h"
#include "cli/skill.h"
#include "skill/find.h"
#include "skill/folder.h"
#include "skill/limits.h"
#include "skill/text.h"

namespace weir::cli {
namespace {

using skill::Signature;

constexpr size_t kShown = 400;

Error denied(std::string why, std::string hint = {}) {
  return {Code::denied, std::move(why), {}, std::move(hint)};
}

struct Candidate {
  skill::Skill skill;
  Signature signature;
  std::string source;
  std::string path;  // where it lies already
};

Result<Candidate> check(SkillBook& book, FetchedSkill fetched, const SkillArgs& args) {
  Candidate out;
  out.source = fetched.source;
  out.path = fetched.path;
  WEIR_TRY_ASSIGN(read, skill::read_skill(std::move(fetched.package), fetched.folder_name));
  if (!fetched.digest.empty() && read.digest != fetched.digest)
    return denied("its files are not those that the catalogue names");
  WEIR_TRY_ASSIGN(advisories, book.advisories(true));
  if (const skill::Advisory* bad =
          skill::find_advisory(advisories, read.md.name, read.permissions.version, read.digest))
    return denied(fmt::format("{} is known to be bad: {} {}", read.md.name, bad->id, shown(bad->summary)));
  for (const skill::CatalogueSource& source : book.rules().catalogues) {
    const auto index = book.index_of(source);
    const skill::Revoked* revoked = index ? index->revokes(read.digest) : nullptr;
    if (revoked != nullptr)
      return denied(fmt::format("catalogue {} revoked it: {}", source.name, shown(revoked->why)));
  }
  if (read.permissions.expired(book.now_ms()))
    return denied(fmt::format("it expired on {}", rfc3339(*read.permissions.expires_wall_ms)));
  WEIR_TRY_ASSIGN(signature, skill::check_signature(read, book.rules().signers, book.now_ms()));
  if (signature.state != Signature::State::good && !args.without_signature) {
    return signature.state == Signature::State::none
               ? denied(
                     "nobody signed it",
                     "--unsigned takes it as data: its words count for nothing, its scripts run with nothing")
               : denied(fmt::format("nobody whom you know signed it ({}, {})", signature.form,
                                    shown(signature.key, kShown)),
                        "[skills.signer.NAME] in weir.toml, or --unsigned");
  }
  out.skill = std::move(read);
  out.signature = std::move(signature);
  return out;
}

// Another that a person would take for it.
Status check_name(SkillBook& book, const std::string& name) {
  const std::string key = skill::look_alike_key(name);
  std::vector<std::string> known = {skills_folder(book.rules())};
  for (const std::string& path : book.rules().known) known.push_back(in_home(path));
  std::vector<std::string> names;
  for (const skill::Pin& pin : book.pins()) names.push_back(pin.name);
  for (const skill::Found& found : skill::find_skills(home_folder(), "", known)) names.push_back(found.name);
  for (const std::string& other : names) {
    if (other != name && skill::look_alike_key(other) == key)
      return denied(fmt::format("\"{}\" looks like \"{}\", which is there already", name, shown(other)),
                    fmt::format("weir skill remove {}", shown(other)));
  }
  return {};
}

bool ask(const std::string& question) {
  fmt::print("{} [y/N] ", question);
  std::fflush(stdout);
  std::string line;
  return std::getline(std::cin, line) && (line == "y" || line == "yes");
}

// A person says yes, or there is none to ask.
Status confirm(const SkillArgs& args, const std::string& question) {
  if (args.yes) return {};
  if (isatty(STDIN_FILENO) != 1)
    return denied("nobody is here to say yes to this", "look at what it asks for, then --yes");
  return ask(question) ? Status() : Status(denied("not accepted"));
}

void show(const Candidate& candidate, const skill::Bounds& bounds) {
  const skill::Skill& skill = candidate.skill;
  const skill::Permissions& asked = skill.permissions;
  fmt::print("{} {} sha256:{}\n  {}\n", skill.md.name, asked.version, skill.digest,
             shown(skill.md.description, 1'200));
  if (candidate.signature.state == Signature::State::good) {
    fmt::print("  signed by {}, whose words {}\n", shown(candidate.signature.signer),
               candidate.signature.trusted ? "you trust" : "are data to you");
  } else {
    fmt::print("  signed by nobody whom you know: its words are data, its scripts run with nothing\n");
  }
  const std::vector<std::string> kept = skill::in_words(skill::within(asked, bounds));
  for (const std::string& line : skill::in_words(asked)) {
    const bool cut = std::find(kept.begin(), kept.end(), line) == kept.end();
    fmt::print("  {}{}\n", line, cut ? "   (not allowed by [skills.allow])" : "");
  }
  if (asked.nothing()) fmt::print("  it asks for no permission\n");
  if (asked.expires_wall_ms) fmt::print("  until {}\n", rfc3339(*asked.expires_wall_ms));
}

void show_scan(const skill::Skill& skill, const skill::Package* before,
               const skill::Permissions* permissions_before) {
  const skill::Report report = skill::scan(skill.package, skill.permissions, before, permissions_before);
  size_t shown_count = 0;
  for (const skill::Finding& each : report.findings) {
    if (!each.serious) continue;
    if (++shown_count <= 10)
      fmt::print("  ! {}: {}: {}\n", skill::kind_name(each.kind), shown(each.where, kShown),
                 shown(each.says, kShown));
  }
  if (shown_count > 10) fmt::print("  ! and {} more: weir skill scan\n", shown_count - 10);
}

Status install(SkillBook& book, const Candidate& candidate, const std::string& folder) {
  std::error_code error;
  if (candidate.path.empty() || !std::filesystem::equivalent(candidate.path, folder, error)) {
    WEIR_TRY(skill::write_folder(folder, candidate.skill.package));
  }
  const skill::Skill& skill = candidate.skill;
  skill::Pin pin{skill.md.name,
                 skill.digest,
                 skill.permissions.version,
                 candidate.signature.signer,
                 candidate.source,
                 folder,
                 skill.permissions,
                 book.now_ms(),
                 {}};
  if (candidate.signature.state != Signature::State::good)
    pin.granted = {.version = skill.permissions.version,
                   .expires_wall_ms = skill.permissions.expires_wall_ms};
  if (skill::Pin* old = book.find(pin.name)) {
    *old = std::move(pin);
  } else {
    book.pins().push_back(std::move(pin));
  }
  return book.save();
}

void say_done(const Common& common, const skill::Pin& pin, std::string_view what) {
  if (common.json) {
    json::Writer out;
    out.begin_object()
        .field("name", pin.name)
        .field("digest", "sha256:" + pin.digest)
        .field("version", pin.version)
        .field("folder", pin.folder);
    fmt::print("{}\n", out.field("signer", pin.signer).field("done", what).end_object().take());
  } else {
    fmt::print("{}: {}\n", what, pin.folder);
  }
}

Result<std::string> add(SkillBook& book, const Common& common, const SkillArgs& args) {
  if (!book.rules().catalogues.empty()) WEIR_TRY(book.refresh());
  WEIR_TRY_ASSIGN(fetched, fetch_skill(book, args));
  WEIR_TRY_ASSIGN(candidate, check(book, std::move(fetched), args));
  const std::string name = candidate.skill.md.name;
  if (const skill::Pin* pin = book.find(name)) {
    if (pin->digest == candidate.skill.digest && pin->quarantined.empty() &&
        skill::runs(book.look_at(*pin).state))
      return name;
    return denied(fmt::format("{} is there already", name),
                  fmt::format("weir skill update {}, or remove it first", name));
  }
  WEIR_TRY(check_name(book, name));
  std::string folder = skills_folder(book.rules()) + "/" + name;
  std::error_code error;
  if (args.in_place) {
    if (candidate.path.empty()) return bad_input("an archive has no place to stay in", args.what);
    folder = candidate.path;
  } else if (std::filesystem::exists(std::filesystem::symlink_status(folder, error)) &&
             !(!candidate.path.empty() && std::filesystem::equivalent(folder, candidate.path, error))) {
    return denied("something is there that was not added",
                  fmt::format("weir skill add {} --in-place, or move it away", folder));
  }
  if (!common.json) {
    show(candidate, book.rules().allow);
    show_scan(candidate.skill, nullptr, nullptr);
  }
  WEIR_TRY(confirm(args, "Add it with these permissions?"));
  WEIR_TRY(install(book, candidate, folder));
  return name;
}

// A newer one from where it came from. False: there is none.
Result<bool> update(SkillBook& book, const Common& common, const std::string& name, const SkillArgs& args) {
  const skill::Pin pin = *book.find(name);
  SkillArgs from = args;
  from.what = pin.source;
  from.without_signature = pin.signer.empty() || args.without_signature;
  if (pin.source.ends_with("/index.json")) from.name = name;
  WEIR_TRY_ASSIGN(fetched, fetch_skill(book, from));
  WEIR_TRY_ASSIGN(candidate, check(book, std::move(fetched), from));
  const skill::Skill& fresh = candidate.skill;
  if (fresh.md.name != name) return denied(fmt::format("it is called {} now", shown(fresh.md.name)));
  const bool whole = skill::runs(book.look_at(pin).state);
  if (fresh.digest == pin.digest && whole) return false;
  if (!pin.version.empty() && skill::compare_versions(fresh.permissions.version, pin.version) < 0)
    return denied(
        fmt::format("version {} of it, and you have {}", shown(fresh.permissions.version), pin.version),
        "a step back: remove it first");
  if (!pin.signer.empty() && candidate.signature.signer != pin.signer)
    return denied(
        fmt::format("{} signed it, and {} the one that you have",
                    candidate.signature.signer.empty() ? "nobody" : shown(candidate.signature.signer),
                    pin.signer),
        "remove it first, then add it");
  const bool data = candidate.signature.state != Signature::State::good;
  const std::vector<std::string> wider =
      data ? std::vector<std::string>{} : skill::widened(pin.granted, fresh.permissions);
  std::optional<skill::Package> before;
  if (auto old = skill::read_folder(pin.folder)) before = std::move(*old);
  if (!common.json) {
    fmt::print("{} {} -> {}\n", name, pin.version.empty() ? "-" : pin.version,
               fresh.permissions.version.empty() ? "-" : fresh.permissions.version);
    for (const std::string& line : wider) fmt::print("  new: {}\n", line);
    show_scan(fresh, before ? &*before : nullptr, &pin.granted);
  }
  // Words of nobody's may have changed to anything.
  if (!wider.empty() || data)
    WEIR_TRY(confirm(args, wider.empty() ? "Take the new version, which nobody signed?"
                                         : "Take it with the new permissions?"));
  WEIR_TRY(install(book, candidate, pin.folder));
  book.find(name)->source = pin.source;
  WEIR_TRY(book.save());
  return true;
}

}  // namespace

int run_skill_add(const Common& common, const SkillArgs& args) {
  auto book = SkillBook::open(common);
  if (!book) return fail(book.error());
  const auto added = add(*book, common, args);
  if (!added) return fail(added.error());
  say_done(common, *book->find(*added), "added");
  return kDone;
}

int run_skill_update(const Common& common, const SkillArgs& args) {
  auto book = SkillBook::open(common);
  if (!book) return fail(book.error());
  if (!args.what.empty() && book->find(args.what) == nullptr)
    return fail(Error{
        Code::not_found, fmt::format("no skill {} was added", shown(args.what)), {}, "weir skill list"});
  if (const Status refreshed = book->refresh(); !refreshed) return fail(refreshed.error());
  std::vector<std::string> names;
  for (const skill::Pin& pin : book->pins()) {
    if (args.what.empty() || pin.name == args.what) names.push_back(pin.name);
  }
  int code = kDone;
  for (const std::string& name : names) {
    const auto updated = update(*book, common, name, args);
    if (!updated) {
      Error error = updated.error();
      error.where = name + (error.where.empty() ? "" : ": ") + error.where;
      code = fail(error);
    } else {
      say_done(common, *book->find(name), *updated ? "updated" : "unchanged");
    }
  }
  return code;
}

int run_skill_remove(const Common& common, const SkillArgs& args) {
  auto book = SkillBook::open(common);
  if (!book) return fail(book.error());
  skill::Pin* found = book->find(args.what);
  if (found == nullptr)
    return fail(Error{
        Code::not_found, fmt::format("no skill {} was added", shown(args.what)), {}, "weir skill list"});
  const skill::Pin pin = *found;
  const auto state = book->look_at(pin).state;
  const bool ours = std::filesystem::path(pin.folder).parent_path() == skills_folder(book->rules());
  std::erase_if(book->pins(), [&](const skill::Pin& each) { return each.name == pin.name; });
  if (const Status saved = book->save(); !saved) return fail(saved.error());
  // What somebody changed, or what was only looked at where it lay, is theirs.
  const bool remove =
      ours && state != skill::Standing::State::changed && state != skill::Standing::State::missing;
  if (remove) {
    if (const Status removed = skill::remove_folder(pin.folder); !removed) return fail(removed.error());
  }
  say_done(common, pin, remove ? "removed" : "no longer known; its folder stays");
  return kDone;
}

}  // namespace weir::cli

// weir skill run: a script of an accepted skill, in the sandbox, with what it was granted and nothing else.
#include <fmt/format.h>

#include <algorithm>

#include "cli/skill.h"
#include "egress/start.h"
#include "sandbox/around.h"
#include "sandbox/explain.h"
#include "skill/folder.h"
#include "skill/run_profile.h"

namespace weir::cli {
namespace {

using skill::Standing;

struct Prepared {
  sandbox::Plan plan;
  sandbox::Command command;
  std::map<std::string, std::string> env;
};

Result<Prepared> prepare(SkillBook& book, const Standing& standing, const std::string& folder,
                         const SkillArgs& args) {
  WEIR_TRY_ASSIGN(base, sandbox::find_profile(book.config().sandboxes, "skill"));
  WEIR_TRY_ASSIGN(profile, skill::run_profile(standing.granted, base, folder));
  WEIR_TRY_ASSIGN(words, skill::script_command(standing.skill.package, folder, args.script));
  words.insert(words.end(), args.words.begin(), args.words.end());
  const sandbox::Around around = sandbox::this_machine({book.data_dir(), book.config().file});
  WEIR_TRY_ASSIGN(cwd, sandbox::working_folder());
  // Where it may touch nothing of the folder that it was called in, that is not there.
  const auto is_here = [](const std::string& path) { return path == "." || path.starts_with("./"); };
  const auto uses = [&](const std::vector<std::string>& paths) {
    return std::any_of(paths.begin(), paths.end(), is_here);
  };
  if (!uses(profile.read) && !uses(profile.write)) cwd = folder;
  Prepared out;
  out.env = sandbox::make_env(profile, around, {{"SKILL_DIR", folder}});
  out.command = {.words = words, .cwd = cwd};
  WEIR_TRY_ASSIGN(program, sandbox::find_program(words.front(), out.env["PATH"], cwd));
  out.command.program = program;
  WEIR_TRY_ASSIGN(plan, sandbox::make_plan(profile, around, out.command));
  out.plan = std::move(plan);
  return out;
}

}  // namespace

int run_skill_run(const Common& common, const SkillArgs& args) {
  auto book = SkillBook::open(common);
  if (!book) return fail(book.error());
  const skill::Pin* pin = book->find(args.what);
  if (pin == nullptr)
    return fail(Error{Code::not_found,
                      fmt::format("no skill {} was added", shown(args.what)),
                      {},
                      "weir skill add FOLDER"});
  const Standing standing = book->look_at(*pin);
  if (!skill::runs(standing.state))
    return fail(Error{Code::denied,
                      fmt::format("{} does not run: {}, {}", pin->name, skill::state_name(standing.state),
                                  shown(standing.why, 400)),
                      {},
                      fmt::format("weir skill update {}", pin->name)});
  // Exactly the bytes that were checked: what lies in its folder may change while this runs.
  auto folder = skill::TemporaryFolder::make(standing.skill.package);
  if (!folder) return fail(folder.error());
  const auto prepared = prepare(*book, standing, folder->path(), args);
  if (!prepared) return fail(prepared.error());
  if (args.explain) {
    fmt::print("{}", sandbox::explain(prepared->plan));
    return kDone;
  }
  std::string record;
  if (prepared->plan.net == sandbox::Net::hosts) record = book->data_dir() + "/" + egress::kRecordName;
  return egress::run_and_say(prepared->plan, prepared->command, prepared->env, record);
}

}  // namespace weir::cli

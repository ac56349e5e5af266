#include "cli/sandbox.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "base/toml.h"
#include "cli/data_place.h"
#include "cli/init.h"
#include "egress/start.h"
#include "sandbox/around.h"
#include "sandbox/explain.h"

namespace weir::cli {
namespace {

struct Prepared {
  sandbox::Plan plan;
  sandbox::Command command;
  std::map<std::string, std::string> env;
  std::string record;  // of what it reaches; empty where it reaches nothing
};

Result<Prepared> prepare(const Common& common, const SandboxArgs& args) {
  WEIR_TRY_ASSIGN(found, find_sandbox(common, args.profile));
  const sandbox::Profile& profile = found.profile;
  const sandbox::Around around = sandbox::this_machine(found.secrets);
  WEIR_TRY_ASSIGN(cwd, sandbox::working_folder());
  Prepared out;
  out.env = sandbox::make_env(profile, around, {});
  out.command = {.words = args.command, .cwd = cwd};
  if (!args.command.empty()) {
    WEIR_TRY_ASSIGN(program, sandbox::find_program(args.command.front(), out.env["PATH"], cwd));
    out.command.program = program;
  }
  WEIR_TRY_ASSIGN(plan, sandbox::make_plan(profile, around, out.command));
  out.plan = std::move(plan);
  if (out.plan.net == sandbox::Net::hosts && !args.command.empty()) {
    WEIR_TRY_ASSIGN(folder, make_data_place(found.data_dir));
    out.record = folder + "/" + egress::kRecordName;
  }
  return out;
}

}  // namespace

// Only [sandbox] is read of weir.toml: most of the rest takes longer to read than the command to run, and
// needs keys that this terminal may not have.
Result<FoundProfile> find_sandbox(const Common& common, const std::string& name) {
  FoundProfile out;
  WEIR_TRY_ASSIGN(place, find_config(common));
  out.secrets.push_back(place.path);
  if (const char* set = std::getenv("WEIR_DATA"); set != nullptr && set[0] == '/')
    out.secrets.emplace_back(set);
  sandbox::Profiles own;
  if (place.text) {
    WEIR_TRY_ASSIGN(document, toml::parse(*place.text, place.path));
    WEIR_TRY_ASSIGN(read, sandbox::read_profiles(document.root()["sandbox"]));
    own = std::move(read);
    WEIR_TRY(document.root().read("data_dir", out.data_dir));
    if (out.data_dir.starts_with('/')) out.secrets.push_back(out.data_dir);
  }
  WEIR_TRY_ASSIGN(profile, sandbox::find_profile(own, name));
  out.profile = std::move(profile);
  return out;
}

int run_sandbox(const Common& common, const SandboxArgs& args) {
  if (args.command.empty())
    return fail(bad_input("no command is given", {}, "weir sandbox [--profile P] -- CMD…"));
  const auto prepared = prepare(common, args);
  if (!prepared) return fail(prepared.error());
  return egress::run_and_say(prepared->plan, prepared->command, prepared->env, prepared->record);
}

int run_sandbox_explain(const Common& common, const SandboxArgs& args) {
  const auto prepared = prepare(common, args);
  if (!prepared) return fail(prepared.error());
  fmt::print("{}", sandbox::explain(prepared->plan));
  return kDone;
}

}  // namespace weir::cli

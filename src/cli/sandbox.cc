#include "cli/sandbox.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "base/toml.h"
#include "cli/init.h"
#include "sandbox/around.h"
#include "sandbox/enclose.h"
#include "sandbox/explain.h"

namespace weir::cli {
namespace {

struct Found {
  sandbox::Profile profile;
  std::vector<std::string> secrets;  // weir's own places
};

// Only [sandbox] is read of weir.toml: most of the rest takes longer to read than the command to run, and
// needs keys that this terminal may not have.
Result<Found> find_profile(const Common& common, const std::string& name) {
  Found out;
  WEIR_TRY_ASSIGN(place, find_config(common));
  out.secrets.push_back(place.path);
  if (const char* set = std::getenv("WEIR_DATA"); set != nullptr && set[0] == '/')
    out.secrets.emplace_back(set);
  sandbox::Profiles own;
  if (place.text) {
    WEIR_TRY_ASSIGN(document, toml::parse(*place.text, place.path));
    WEIR_TRY_ASSIGN(read, sandbox::read_profiles(document.root()["sandbox"]));
    own = std::move(read);
    std::string data_dir;
    WEIR_TRY(document.root().read("data_dir", data_dir));
    if (data_dir.starts_with('/')) out.secrets.push_back(std::move(data_dir));
  }
  WEIR_TRY_ASSIGN(profile, sandbox::find_profile(own, name));
  out.profile = std::move(profile);
  return out;
}

struct Prepared {
  sandbox::Plan plan;
  sandbox::Command command;
  std::map<std::string, std::string> env;
};

Result<Prepared> prepare(const Common& common, const SandboxArgs& args) {
  WEIR_TRY_ASSIGN(found, find_profile(common, args.profile));
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
  return out;
}

}  // namespace

int run_sandbox(const Common& common, const SandboxArgs& args) {
  if (args.command.empty())
    return fail(bad_input("no command is given", {}, "weir sandbox [--profile P] -- CMD…"));
  const auto prepared = prepare(common, args);
  if (!prepared) return fail(prepared.error());
  return sandbox::run_and_say(prepared->plan, prepared->command, prepared->env);
}

int run_sandbox_explain(const Common& common, const SandboxArgs& args) {
  const auto prepared = prepare(common, args);
  if (!prepared) return fail(prepared.error());
  fmt::print("{}", sandbox::explain(prepared->plan));
  return kDone;
}

}  // namespace weir::cli

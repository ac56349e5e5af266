#include "egress/start.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/bytes.h"
#include "egress/process.h"
#include "sandbox/around.h"
#include "sandbox/enclose.h"

namespace weir::egress {
namespace {

constexpr int kRefused = 3;

int refuse(const Error& error) {
  fmt::print(stderr, "weir: {}\n", error.text());
  return kRefused;
}

}  // namespace

Result<sandbox::Outcome> run(const sandbox::Plan& plan, const sandbox::Command& command,
                             std::map<std::string, std::string> env, const std::string& record,
                             sandbox::Beside beside) {
  if (plan.net != sandbox::Net::hosts) return sandbox::run(plan, command, env, beside);
  WEIR_TRY_ASSIGN(process, Process::start({.profile = plan.profile,
                                           .program = command.program,
                                           .record = record,
                                           .hosts = plan.hosts,
                                           .secrets = plan.secrets}));
  for (const auto& [name, value] : process.env()) env[name] = value;
  beside.way = &process.way();
  return sandbox::run(plan, command, env, beside);
}

int run_and_say(const sandbox::Plan& plan, const sandbox::Command& command,
                const std::map<std::string, std::string>& env, const std::string& record,
                const sandbox::Beside& beside) {
  const auto outcome = run(plan, command, env, record, beside);
  if (!outcome) return refuse(outcome.error());
  if (outcome->kind == sandbox::Outcome::Kind::over_limit)
    fmt::print(stderr, "weir: {} was stopped: {} ([sandbox.{}] limits)\n", shown(command.words.front()),
               outcome->limit, plan.profile);
  for (const std::string& name : outcome->held)
    fmt::print(stderr,
               "weir: the command made what would run later; it was moved aside: {} (name it in `write` "
               "of [sandbox.{}] if it should be made)\n",
               shown(name, 300), plan.profile);
  return outcome->exit_code();
}

int enclose(int argc, char** argv) {
  return enclose({argv, argv + argc}, {});
}

int enclose(const std::vector<std::string>& words, const sandbox::Beside& beside) {
  if (words.size() < 3) return refuse(bad_input("enclose is not for people", {}, "weir sandbox"));
  auto plan = sandbox::parse_plan(words[0]);
  if (!plan) return refuse(plan.error());
  const sandbox::Command command{
      .words = {words.begin() + 2, words.end()}, .program = words[1], .cwd = plan->cwd};
  auto env = sandbox::this_environment();
  std::string record;
  if (const auto at = env.find(kRecordVariable); at != env.end()) {
    record = at->second;
    env.erase(at);
  }
  for (const sandbox::Secret& secret : plan->secrets) env.erase(secret_variable(secret));
  return run_and_say(*plan, command, env, record, beside);
}

}  // namespace weir::egress
